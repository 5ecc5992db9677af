package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/shell"

	"musc/engine/fault"
	"musc/engine/verdict"
)

// Exec is a command that is run for photos, one after the other, in their order.
type Exec struct {
	// Command is split into words as a shell does. In each word {image}, {verdict}, {score}, {threshold},
	// {margin}, {sequence}, {overlay} and {mask} are replaced after that, so that no name is taken for more
	// than a part of a word. With Shell, sh reads it, and all of these are in its environment only, as
	// MUSC_IMAGE and so on.
	Command string
	Shell   bool
	On      ExecOn
	Timeout time.Duration // then it and what it started are killed
	Output  io.Writer     // what the command writes, line by line

	words  []string
	folder string // of overlays and masks
}

// ExecOn says for which photos a command runs.
type ExecOn string

// The choices of ExecOn.
const (
	OnDefective ExecOn = "defective"
	OnReview    ExecOn = "review" // and for defective ones
	OnAll       ExecOn = "all"
)

const (
	// DefaultExecTimeout is how long a command may take.
	DefaultExecTimeout = 30 * time.Second
	// execGrace is how long a command may go on when the watch ends.
	execGrace = 5 * time.Second
	// execBehind is how many photos a command may lie behind.
	execBehind = 10_000
	// longestLine bounds a line of a command's output.
	longestLine = 1000
)

// check reads the command. Errors are of kind fault.Usage.
func (x *Exec) check() error {
	if x.On == "" {
		x.On = OnDefective
	}
	if x.Timeout == 0 {
		x.Timeout = DefaultExecTimeout
	}
	switch {
	case x.On != OnDefective && x.On != OnReview && x.On != OnAll:
		return fault.New(fault.Usage, "--exec-on %q is not one of defective, review, all", x.On)
	case x.Timeout < 0:
		return fault.New(fault.Usage, "--exec-timeout cannot be negative")
	case x.Shell:
		for _, v := range x.valuesOf(&Entry{}) {
			if strings.Contains(x.Command, v.placeholder()) {
				return fault.New(fault.Usage, "--exec has %s, which is not replaced where a shell would read "+
					"it; write \"$%s\" with --shell", v.placeholder(), v.variable())
			}
		}
		x.words = []string{"sh", "-c", x.Command}
	default:
		words, err := shell.Fields(x.Command, nil)
		if err != nil {
			return fault.New(fault.Usage, "--exec %q is not one command with its arguments: %w; give --shell "+
				"to have sh read it", x.Command, err)
		}
		x.words = words
		if option, ok := readsProgram(words); ok && x.replaced(words[option+1:]) {
			return fault.New(fault.Usage, "--exec %q has a file's name replaced in a program that %s reads: the "+
				"name could be a command; give the program itself with --shell, and write \"$MUSC_IMAGE\"",
				x.Command, words[0])
		}
	}
	if strings.TrimSpace(x.Command) == "" || len(x.words) == 0 {
		return fault.New(fault.Usage, "--exec is empty; give a command")
	}
	if _, err := exec.LookPath(x.words[0]); err != nil {
		return fault.New(fault.Usage, "--exec %q cannot be run: %w", x.Command, err)
	}
	return nil
}

// readers take a program in the argument behind an option.
var readers = map[string][]string{"sh": {"-c"}, "bash": {"-c"}, "dash": {"-c"}, "ash": {"-c"}, "ksh": {"-c"},
	"zsh": {"-c"}, "fish": {"-c"}, "python": {"-c"}, "python3": {"-c"}, "perl": {"-e", "-E"}, "ruby": {"-e"},
	"node": {"-e", "-p"}}

// readsProgram says whether a word of a command names a shell or the like that is given a program, and where
// the option before the program stands; env, nice, timeout and others may come first.
func readsProgram(words []string) (option int, ok bool) {
	for k, word := range words {
		options, known := readers[filepath.Base(word)]
		if !known {
			continue
		}
		for at := k + 1; at < len(words); at++ {
			// Options may stand together, as in bash -ec.
			if word := words[at]; strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--") &&
				slices.ContainsFunc(options, func(o string) bool { return strings.Contains(word, o[1:]) }) {
				return at, true
			}
		}
	}
	return 0, false
}

// replaced says whether a file's name would be replaced in the first of words, the program. What comes
// behind it is its arguments, which nobody reads as one.
func (x *Exec) replaced(words []string) bool {
	for _, v := range x.valuesOf(&Entry{}) {
		if len(words) > 0 && strings.Contains(words[0], v.placeholder()) {
			return true
		}
	}
	return false
}

// value is what a command is told of a photo.
type value struct{ name, text string }

func (v value) placeholder() string { return "{" + v.name + "}" }
func (v value) variable() string    { return "MUSC_" + strings.ToUpper(v.name) }

// valuesOf are those of a photo. Paths are absolute, so that they never look like options.
func (x *Exec) valuesOf(e *Entry) []value {
	number := func(x *float64) string {
		if x == nil {
			return ""
		}
		return shortest(*x)
	}
	within := func(file string) string {
		if file == "" {
			return ""
		}
		return filepath.Join(x.folder, filepath.FromSlash(file))
	}
	return []value{{"image", e.Path}, {"verdict", string(e.Verdict)}, {"score", number(e.Score)},
		{"threshold", number(e.Threshold)}, {"margin", number(e.Margin)},
		{"sequence", strconv.FormatUint(e.Sequence, 10)}, {"overlay", within(e.Overlay)},
		{"mask", within(e.Mask)}}
}

// wants says whether the command runs for an entry.
func (x *Exec) wants(e *Entry) bool {
	switch {
	case e.Kind != Photo:
		return false
	case x.On == OnAll, e.Verdict == verdict.Defective:
		return true
	}
	return x.On == OnReview && e.Verdict == verdict.Review
}

// follower runs the command for the entries of a watch.
func (x *Exec) follower(w *watcher) *follower {
	x.folder = w.Output
	return &follower{name: execName, every: 1, longest: execBehind,
		dropped: func(e *Entry) {
			if !x.wants(e) {
				return
			}
			w.whole(e)
			w.count(func(s *Summary) { s.Commands.Dropped++ })
			w.note("exec", fmt.Sprintf("the command was not run for %s: more than %d photos wait for it", e.Path,
				execBehind))
		},
		deliver: func(ctx context.Context, e *Entry) error {
			if !x.wants(e) {
				return nil
			}
			w.whole(e)
			err := x.run(ctx, e)
			switch {
			case err == nil:
				w.count(func(s *Summary) { s.Commands.Done++ })
			case ctx.Err() != nil:
				return err // the next run does it
			default:
				w.count(func(s *Summary) { s.Commands.Failed++ })
				w.note("exec", fmt.Sprintf("the command failed for %s: %v", e.Path, err))
			}
			return nil
		}}
}

// run runs the command for a photo. Once ctx is done it has a few seconds to end.
func (x *Exec) run(ctx context.Context, e *Entry) error {
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), x.Timeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(min(execGrace, x.Timeout), cancel) })
	defer stop()

	values := x.valuesOf(e)
	words := x.words
	if !x.Shell {
		words = fill(x.words, values)
	}
	command := exec.CommandContext(limit, words[0], words[1:]...)
	command.Env = os.Environ()
	for _, v := range values {
		command.Env = append(command.Env, v.variable()+"="+v.text)
	}
	output := &lines{to: x.Output}
	command.Stdout, command.Stderr = output, output
	ownGroup(command)
	command.WaitDelay = time.Second // for those that hold its output open
	err := command.Run()
	output.end()
	switch {
	case errors.Is(limit.Err(), context.DeadlineExceeded):
		return fmt.Errorf("it took longer than %s and was killed", x.Timeout)
	case errors.Is(err, exec.ErrWaitDelay):
		return nil // it ended well, and left others behind
	}
	return err
}

// fill replaces the placeholders in each word, all at once: what a value holds is not looked at again.
func fill(words []string, values []value) []string {
	var pairs []string
	for _, v := range values {
		pairs = append(pairs, v.placeholder(), v.text)
	}
	replacer := strings.NewReplacer(pairs...)
	filled := make([]string, len(words))
	for k, word := range words {
		filled[k] = replacer.Replace(word)
	}
	return filled
}

// lines writes whole lines, none longer than longestLine.
type lines struct {
	to   io.Writer
	line []byte
}

func (l *lines) Write(text []byte) (int, error) {
	written := len(text)
	for len(text) > 0 {
		piece, rest, ended := bytes.Cut(text, []byte("\n"))
		l.line = append(l.line, piece[:min(len(piece), longestLine-len(l.line))]...)
		if ended {
			l.flush()
		}
		text = rest
	}
	return written, nil
}

func (l *lines) flush() {
	if l.to != nil {
		fmt.Fprintf(l.to, "exec: %s\n", strings.ToValidUTF8(string(l.line), "\ufffd"))
	}
	l.line = l.line[:0]
}

// end writes a last line without an end.
func (l *lines) end() {
	if len(l.line) > 0 {
		l.flush()
	}
}
