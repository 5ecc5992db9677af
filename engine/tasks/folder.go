package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/engine/wholefile"
)

// RunFolder is the folder within the output folder that holds the work of a run.
const RunFolder = ".musc-run"

// DefaultWait is how long a task waits for the files of the tasks before it: network file systems
// show them to other machines after some seconds.
const DefaultWait = time.Minute

// Folder is the work of a run in an output folder.
type Folder struct {
	Output string        // the output folder
	Wait   time.Duration // for files that are not there yet; 0 in one process

	// Waits, if it is not nil, is told once of a wait that lasts for more than a moment.
	Waits func(text string)
}

// Path is that of a file or a folder in it.
func (f Folder) Path(elements ...string) string {
	return filepath.Join(append([]string{f.Output, RunFolder}, elements...)...)
}

// Images and References are the lists of photos.
func (f Folder) Images() string     { return f.Path("photos.csv") }
func (f Folder) References() string { return f.Path("references.csv") }

// extensions are those of the files that the phases leave in the folders of their names.
var extensions = map[Phase]string{PhaseDepth: ".json", PhaseScore: ".npz", PhaseNearest: ".npz",
	PhaseDraw: ".json"}

// File is what a phase leaves under a number: that of a task, of a subset for the phase score.
func (f Folder) File(phase Phase, number int) string {
	if phase == PhaseMerge {
		return f.Path("merged.json")
	}
	return f.Path(string(phase), fmt.Sprintf("%06d", number)+extensions[phase])
}

// present are the numbers of the files that a phase has left, ascending. The folder is read, not the
// files: they may be damaged or another plan's.
func (f Folder) present(phase Phase) (numbers []int, err error) {
	if phase == PhaseMerge {
		if _, err := os.Stat(f.File(phase, 0)); err == nil {
			return []int{0}, nil
		}
		return nil, nil
	}
	names, err := namesIn(f.Path(string(phase)))
	for _, name := range names {
		digits, ours := strings.CutSuffix(name, extensions[phase])
		if number, err := strconv.Atoi(digits); ours && err == nil {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers, err
}

// namesIn lists a folder, which need not be there.
func namesIn(path string) ([]string, error) {
	folder, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return names, nil
}

// await asks look for what is missing until nothing is, or for f.Wait: it says what is missing then.
func (f Folder) await(ctx context.Context, look func() (missing []int, err error)) ([]int, error) {
	const most = 5 * time.Second
	deadline, pause := time.Now().Add(f.Wait), 50*time.Millisecond
	told := f.Waits == nil
	for {
		missing, err := look()
		left := time.Until(deadline)
		if err != nil || len(missing) == 0 || left <= 0 {
			return missing, err
		}
		select {
		case <-ctx.Done():
			return missing, ctx.Err()
		case <-time.After(min(pause, left)):
		}
		if pause = min(2*pause, most); pause > time.Second && !told {
			told = true
			f.Waits(fmt.Sprintf("what is needed of other tasks is not in %s yet: it is looked for until %s "+
				"have passed (--wait)", f.Path(), f.Wait))
		}
	}
}

// Await waits for what a phase leaves under each number. What is still missing is an error of kind
// fault.Input that says which tasks to run again, and what needed them.
func (p *Plan) Await(ctx context.Context, f Folder, phase Phase, numbers []int, needs string) error {
	missing, err := f.await(ctx, func() (missing []int, err error) {
		there, err := f.present(phase)
		for _, number := range numbers {
			if _, found := slices.BinarySearch(there, number); !found {
				missing = append(missing, number)
			}
		}
		return missing, err
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	return p.missing(f, phase, missing, needs, nil)
}

// each waits for what a phase leaves under each number, and calls read for each until it gives no
// error, several at a time. What cannot be read is missing; the error names the first such file.
func (p *Plan) each(ctx context.Context, f Folder, phase Phase, numbers []int, needs string,
	read func(number int) error) error {
	todo, problems := numbers, map[int]error{}
	missing, err := f.await(ctx, func() ([]int, error) {
		there, err := f.present(phase) // this also brings the system's view of the folder up to date
		if err != nil {
			return nil, err
		}
		var mutex sync.Mutex
		var group errgroup.Group
		group.SetLimit(readers)
		var left []int
		for _, number := range todo {
			if ctx.Err() != nil {
				break
			}
			if _, found := slices.BinarySearch(there, number); !found {
				mutex.Lock()
				left = append(left, number)
				mutex.Unlock()
				continue
			}
			group.Go(func() error {
				if err := read(number); err != nil {
					mutex.Lock()
					defer mutex.Unlock()
					left, problems[number] = append(left, number), err
				}
				return nil
			})
		}
		group.Wait() // no function has an error
		slices.Sort(left)
		todo = left
		return left, ctx.Err()
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	for _, number := range missing {
		if problems[number] != nil {
			return p.missing(f, phase, missing, needs, problems[number])
		}
	}
	return p.missing(f, phase, missing, needs, nil)
}

// readers is how many small files are read at a time: on a network each takes some milliseconds.
const readers = 8

// missing is the error that files of a phase are not there, or why one cannot be read.
func (p *Plan) missing(f Folder, phase Phase, numbers []int, needs string, why error) error {
	tasks := numbers
	if phase == PhaseScore {
		tasks = nil
		for _, subset := range numbers {
			tasks = append(tasks, p.Cuts.Score.Task(subset))
		}
		tasks = slices.Compact(tasks)
	}
	text := Expression(tasks)
	if why != nil {
		text += fmt.Sprintf(" (%v)", why)
	}
	return fault.New(fault.Input, "cannot %s: %d of %d tasks of the phase %s are not done: %s; run "+
		"them again, as in: musc task %s %s %d; musc status %s says which failed, and why", needs,
		len(tasks), p.Tasks(phase), phase, text, f.Output, phase, tasks[0], f.Output)
}

// save is atomicfile.Save into a folder that need not be there.
func save(path string, write func(w io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fault.New(fault.Output, "cannot make the folder of %s: %w; free some space or choose "+
			"another output folder with -o", path, err)
	}
	return atomicfile.Save(path, write)
}

// saveJSON writes a value as indented JSON.
func saveJSON(path string, value any) error {
	return save(path, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	})
}

// mostJSON bounds what loadJSON reads, in bytes: a plan of a million photos has a tenth of that.
const mostJSON = 1 << 30

// loadJSON reads what saveJSON wrote.
func loadJSON(path string, value any) error {
	text, err := wholefile.ReadRegular(path, mostJSON)
	if err != nil {
		return unreadable(path, err)
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fault.New(fault.Input, "cannot read %s: %w; it was cut short or is damaged", path, err)
	}
	return nil
}

func unreadable(path string, err error) error {
	var where *fs.PathError
	if errors.As(err, &where) { // the path is in the message already
		err = where.Err
	}
	return fault.New(fault.Input, "cannot read %s: %w; check the path and its permissions", path, err)
}
