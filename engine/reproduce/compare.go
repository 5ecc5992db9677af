package reproduce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/fault"
	"musc/engine/plain"
	"musc/engine/results"
	"musc/engine/wholefile"
)

// Comparison is what came of comparing the results of two runs.
type Comparison struct {
	Files       int          `json:"files"` // that are the same
	Differences []Difference `json:"differences"`
	Scores      *Scores      `json:"scores,omitempty"` // if they differ
}

// Difference is what is not the same in a file, or in the files of a folder.
type Difference struct {
	Name string `json:"name"` // as results.Names has it, or a path
	Text string `json:"text"`
}

// Same says that all files are.
func (c *Comparison) Same() bool { return len(c.Differences) == 0 }

// Compare compares each file that the runs wrote. run.json and report.html are compared without what
// differs by nature. Errors are of kind fault.Input: a file cannot be read.
func Compare(ctx context.Context, then, now *Record) (*Comparison, error) {
	c := &comparer{then: then, now: now, differing: map[string][]string{}, absent: map[string][]string{},
		added: map[string][]string{}, counts: map[string]int{}}
	for _, of := range []struct {
		record *Record
		found  *[]string
	}{{then, &c.olds}, {now, &c.news}} {
		var err error
		if *of.found, err = written(of.record); err != nil {
			return nil, err
		}
	}
	for _, name := range c.olds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := c.file(name); err != nil {
			return nil, err
		}
	}
	for _, name := range c.news {
		if _, known := slices.BinarySearch(c.olds, name); !known {
			c.added[group(name)] = append(c.added[group(name)], name)
			c.counts[group(name)]++
		}
	}
	return c.result()
}

// comparer is one call of Compare. Names of files are relative to the folders, with slashes.
type comparer struct {
	then, now  *Record
	olds, news []string // sorted
	same       int

	// By group: those that differ, those that only the former or only the new run has, and how many there are.
	differing, absent, added map[string][]string
	counts                   map[string]int
}

// group is what the files of a folder are told together as.
func group(name string) string {
	first, _, nested := strings.Cut(name, "/")
	if nested {
		return first + "/"
	}
	return first
}

// written are the files that a run wrote, sorted. The user's verdicts and what is not musc's are left out.
func written(r *Record) (names []string, err error) {
	skip := []string{results.VerdictsFile, results.InputsFile}
	err = filepath.WalkDir(r.Folder, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || at == r.Folder {
			return err
		}
		name, err := filepath.Rel(r.Folder, at)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if !r.owns(name) || slices.Contains(skip, name) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.Type().IsRegular() {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return nil, fault.New(fault.Input, "cannot list the results: %w", err)
	}
	slices.Sort(names)
	return names, nil
}

// owns says whether musc writes a file or folder of that name, relative to the folder of the results.
func (r *Record) owns(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	if r.Kind == results.Scored {
		return slices.Contains(results.Names, first)
	}
	if strings.HasPrefix(path.Base(name), ".") {
		return false
	}
	return first == results.RunFile || r.Kind.Owns(r.Folder, first) ||
		name == first && strings.TrimSuffix(name, path.Ext(name)) == "metrics"
}

// file compares one file of the former run.
func (c *comparer) file(name string) error {
	c.counts[group(name)]++
	if _, there := slices.BinarySearch(c.news, name); !there {
		c.absent[group(name)] = append(c.absent[group(name)], name)
		return nil
	}
	old, new := filepath.Join(c.then.Folder, name), filepath.Join(c.now.Folder, name)
	same, err := sameBytes(old, new)
	if err == nil && !same && c.naturally(name) {
		same, err = c.sameMeaning(name, old, new)
	}
	if err != nil {
		return fault.New(fault.Input, "cannot compare the results: %w", err)
	}
	if same {
		c.same++
	} else {
		c.differing[group(name)] = append(c.differing[group(name)], name)
	}
	return nil
}

// naturally says whether a file has dates, timings, a command line, the version of musc or whole paths in it.
func (c *comparer) naturally(name string) bool {
	switch path.Base(name) {
	case results.RunFile, results.ReportFile:
		return true
	}
	return group(name) == results.ExportFolder+"/"
}

// mostCompared bounds what is compared by what it says, in bytes: it is the bound of a report.html.
const mostCompared = 4 << 30

// sameMeaning compares files without that.
func (c *comparer) sameMeaning(name, old, new string) (bool, error) {
	var texts [2][]byte
	for k, file := range []string{old, new} {
		text, err := wholefile.ReadRegular(file, mostCompared)
		if err != nil {
			return false, err
		}
		switch path.Base(name) {
		case results.RunFile:
			texts[k], err = lastingRun(text)
		case results.ReportFile:
			texts[k], err = lastingReport(text)
		default:
			texts[k] = text
		}
		if err != nil {
			return false, nil // it was changed, and is none any more
		}
	}
	texts[0] = bytes.ReplaceAll(texts[0], quoted(results.Tool+" "+c.then.Run.Tool.Version),
		quoted(results.Tool+" "+c.now.Run.Tool.Version))
	if then, now := workedIn(c.then), workedIn(c.now); then != now && then != "" && now != "" {
		texts[0] = bytes.ReplaceAll(texts[0], quoted(then+"/"), quoted(now+"/"))
	}
	return bytes.Equal(texts[0], texts[1]), nil
}

// workedIn is the working folder of a run, which is in the paths of photos; "" if it is not known.
func workedIn(r *Record) string {
	if r.Run.Repeat == nil {
		return ""
	}
	return r.Run.Repeat.Folder
}

// quoted is a text as it stands in JSON.
func quoted(text string) []byte {
	marshalled, _ := json.Marshal(text) // strings are always encoded
	return marshalled[1 : len(marshalled)-1]
}

// sameBytes compares two files.
func sameBytes(old, new string) (bool, error) {
	one, err := os.Open(old)
	if err != nil {
		return false, err
	}
	defer one.Close()
	other, err := os.Open(new)
	if err != nil {
		return false, err
	}
	defer other.Close()
	a, b := make([]byte, 1<<16), make([]byte, 1<<16)
	for {
		n, errOne := io.ReadFull(one, a)
		m, errOther := io.ReadFull(other, b)
		if !bytes.Equal(a[:n], b[:m]) {
			return false, nil
		}
		for _, err := range []error{errOne, errOther} {
			if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) {
				return false, err
			}
		}
		if errOne != nil {
			return true, nil
		}
	}
}

// result puts the differences into words, in the order of results.Names, other groups behind.
func (c *comparer) result() (*Comparison, error) {
	found := &Comparison{Files: c.same, Differences: []Difference{}}
	for _, group := range c.groups() {
		name := strings.TrimSuffix(group, "/")
		text := c.inWords(group)
		if len(c.differing[group]) > 0 && name == results.ScoresFile {
			scores, err := compareScores(filepath.Join(c.then.Folder, name), filepath.Join(c.now.Folder, name))
			if err != nil {
				text = err.Error()
			} else {
				found.Scores, text = scores, scores.String()
			}
		}
		found.Differences = append(found.Differences, Difference{name, text})
	}
	return found, nil
}

// groups are those with differences.
func (c *comparer) groups() (list []string) {
	for group := range c.counts {
		if len(c.differing[group])+len(c.absent[group])+len(c.added[group]) > 0 {
			list = append(list, group)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		place := func(group string) int {
			if at := slices.Index(results.Names, strings.TrimSuffix(group, "/")); at >= 0 {
				return at
			}
			return len(results.Names)
		}
		if by := place(a) - place(b); by != 0 {
			return by
		}
		return strings.Compare(a, b)
	})
	return list
}

// inWords says what is not the same in a group.
func (c *comparer) inWords(group string) string {
	differing, absent, added := c.differing[group], c.absent[group], c.added[group]
	if !strings.HasSuffix(group, "/") {
		switch {
		case len(absent) > 0:
			return "only the recorded run has it"
		case len(added) > 0:
			return "only the new run has it"
		case group == results.RunFile:
			return c.runInWords()
		}
		return c.edited(group, "other bytes")
	}
	var parts []string
	if len(differing) > 0 {
		part := fmt.Sprintf("%d of %d files differ, such as %s", len(differing), c.counts[group], plain.InSentence(differing[0]))
		if by := c.mapsDiffer(differing); by != "" {
			part += by
		}
		parts = append(parts, part)
	}
	if len(absent) > 0 {
		parts = append(parts, fmt.Sprintf("%d only the recorded run has, such as %s", len(absent), plain.InSentence(absent[0])))
	}
	if len(added) > 0 {
		parts = append(parts, fmt.Sprintf("%d only the new run has, such as %s", len(added), plain.InSentence(added[0])))
	}
	return strings.Join(parts, "; ")
}

// edited adds to a text that a file is not any more what the run wrote.
func (c *comparer) edited(name, text string) string {
	if c.then.wasEdited(name) {
		text += " (it was changed after the run)"
	}
	return text
}
