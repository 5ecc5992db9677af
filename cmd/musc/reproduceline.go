package main

import (
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/reproduce"
	"musc/engine/results"
)

// recordedLine is a command line of a record, read by this version of musc.
type recordedLine struct {
	*cli.Context
	command string // score, plan or eval
}

// lineOf reads the command line of a record.
func lineOf(record *reproduce.Record) (*recordedLine, error) {
	args := record.Run.Command[1:]
	if record.Run.Repeat != nil {
		args = record.Run.Repeat.Arguments
	}
	if len(args) == 0 {
		return nil, fault.New(fault.Input, "cannot repeat what %s records: no command is in it",
			record.Folder)
	}
	if record.Kind == results.Scored && args[0] == "eval" {
		return nil, fault.New(fault.Input, "%s holds the pictures of one class of musc eval; give the folder "+
			"of the whole evaluation", record.Folder)
	}
	line := &recordedLine{command: args[0]}
	app := &cli.App{Name: "musc", Writer: io.Discard, ErrWriter: io.Discard, HideHelpCommand: true,
		ExitErrHandler: func(*cli.Context, error) {}, OnUsageError: usageError}
	for _, command := range withoutFalse([]*cli.Command{scoreCommand(), planCommand(), evalCommand()}) {
		command.Flags = append(command.Flags, settingsFlags()...) // older records may have these
		command.Action = func(c *cli.Context) error { line.Context = c; return nil }
		app.Commands = append(app.Commands, command)
	}
	if findCommand(app.Commands, args[0]) == nil {
		return nil, fault.New(fault.Input, "cannot repeat musc %s: musc reproduce repeats score, plan with "+
			"merge, and eval", args[0])
	}
	err := app.Run(flagsFirst(app, append([]string{"musc"}, args...)))
	if err == nil && line.Context == nil {
		err = fault.New(fault.Input, "it asks for help")
	}
	if err != nil {
		return nil, fault.New(fault.Input, "cannot repeat the recorded command, musc %s: %w; the run was made "+
			"by musc %s: repeat it with that version", strings.Join(args, " "), err, record.Run.Tool.Version)
	}
	return line, nil
}

// libraryOption names a file whose code would run. A record may come from anybody: it does not choose that.
const libraryOption = "library"

// notRepeated are options that do not decide results, or decide where they go.
var notRepeated = []string{"output", "overwrite", "resume", "keep-tokens", "fail-on", "tasks", "top",
	libraryOption}

// arguments are those of the new run in front of the output folder: a plan is run in one process.
func (l *recordedLine) arguments(output string, more ...string) (args []string) {
	command := l.command
	if command == "plan" {
		command = "score"
	}
	recorded := argumentsOf(l.Context, command)
	at := slices.Index(recorded, "--")
	for _, arg := range recorded[:at] {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if !slices.Contains(notRepeated, name) {
			args = append(args, arg)
		}
	}
	if file := l.String(configOption); file != "" {
		args = append(args, "--"+configOption+"="+file, "--"+libraryOption+"=") // whatever is in the file
	}
	args = append(args, "--output="+output)
	return slices.Concat(args, more, recorded[at:])
}

// photos are the photos and references that the line names now, as far as they are there. Relative paths start
// in folder.
func (l *recordedLine) photos(folder string) (paths []string) {
	options := dataset.Options{}
	if root := l.String("root"); root != "" {
		options.Root = reproduce.At(folder, root)
	}
	for _, names := range [][]string{l.Args().Slice(), l.StringSlice("reference")} {
		var located []string
		for _, name := range names {
			located = append(located, reproduce.At(folder, name))
		}
		if len(located) == 0 {
			continue
		}
		items, _, err := dataset.Collect(located, options)
		if err != nil {
			continue // the run itself says why
		}
		for _, item := range items {
			paths = append(paths, item.Path)
		}
	}
	return paths
}
