package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/engine/filelock"
)

// Unfinished is the pattern of the folder, within the output folder, that results are written to
// before they take their place.
const Unfinished = ".musc-new-*"

// leftovers are the patterns of what killed runs leave in an output folder, besides the temporary
// files that atomicfile knows.
var leftovers = []string{Unfinished, ".musc-probe-*", ".musc-spill-*"}

// Options of Prepare.
type Options struct {
	Overwrite bool     // results of an earlier run may be replaced
	Inputs    []string // files that the run reads: none may be where results go
	Command   []string // what another run is told
}

// Folder is an output folder that this run has for itself until Close.
type Folder struct {
	Path string
	// Note is what the user should know if nothing keeps other runs out, else "".
	Note string

	overwrite bool
	lock      *filelock.Folder
}

// Lock makes the folder and takes it for this run, removes what killed runs left in it, and checks,
// before any work is done, that files can be written there. Errors are of kind fault.Output; one
// names the run that has the folder.
func Lock(path string, command []string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fault.New(fault.Output, "cannot make the output folder %s: %w; choose another "+
			"with -o", path, err)
	}
	lock, err := lockSoon(path, command)
	var held *filelock.HeldError
	if errors.As(err, &held) {
		return nil, fault.New(fault.Output, "cannot write into the output folder %s: %w; wait for it "+
			"or choose another with -o", path, err)
	}
	if err != nil {
		return nil, fault.New(fault.Output, "cannot write into the output folder: %w; choose another "+
			"with -o", err)
	}
	f := &Folder{Path: path, Note: lock.Note, lock: lock}
	if f.Note == "" { // else what looks left behind may be another run's
		err = f.removeLeftovers()
	}
	if err == nil {
		err = f.probe()
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// lockSoon is filelock.Lock, tried for a while: a run that was killed holds its lock until the system has
// taken its memory back.
func lockSoon(path string, command []string) (*filelock.Folder, error) {
	const tries, pause = 20, 100 * time.Millisecond
	for try := 1; ; try++ {
		lock, err := filelock.Lock(path, filelock.Here(command))
		var held *filelock.HeldError
		if !errors.As(err, &held) || try == tries {
			return lock, err
		}
		time.Sleep(pause)
	}
}

// Prepare is Lock for the results of a scored batch. A folder with the results of an earlier run is
// refused unless Overwrite; they are replaced only when the new ones are at hand. What is not musc's
// is never replaced, nor is an input.
func Prepare(path string, options Options) (*Folder, error) {
	f, err := Lock(path, options.Command)
	if err != nil {
		return nil, err
	}
	f.overwrite = options.Overwrite
	if err = f.checkInputs(options.Inputs); err == nil {
		err = f.checkNames()
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Close gives the folder back.
func (f *Folder) Close() error { return f.lock.Unlock() }

func (f *Folder) removeLeftovers() error {
	atomicfile.RemoveLeftovers(f.Path)
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return fault.New(fault.Output, "cannot list the output folder: %w; check its permissions", err)
	}
	for _, entry := range entries {
		for _, pattern := range leftovers {
			if left, _ := filepath.Match(pattern, entry.Name()); !left {
				continue
			}
			if err := os.RemoveAll(filepath.Join(f.Path, entry.Name())); err != nil {
				return fault.New(fault.Output, "cannot remove what an earlier run left: %w; remove it by hand",
					err)
			}
		}
	}
	return nil
}

func (f *Folder) probe() error {
	probe, err := os.CreateTemp(f.Path, ".musc-probe-*")
	if err != nil {
		return fault.New(fault.Output, "cannot write into the output folder: %w; choose another "+
			"with -o", err)
	}
	probe.Close()
	return os.Remove(probe.Name())
}

// checkNames refuses what the results would replace and may not.
func (f *Folder) checkNames() error {
	ours := Recognise(f.Path) == Scored
	for _, name := range Names {
		path := filepath.Join(f.Path, name)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if !f.overwrite {
			return fault.New(fault.Output, "%s is there already, from an earlier run; give "+
				"--overwrite to replace it or choose another folder with -o", path)
		}
		if !ours {
			return fault.New(fault.Output, "cannot replace %s: no %s of musc beside it says that it is "+
				"of an earlier run; move it away or choose another folder with -o", path, RunFile)
		}
	}
	return nil
}

// Fresh makes the folder that new results are written to first.
func (f *Folder) Fresh() (string, error) {
	fresh, err := os.MkdirTemp(f.Path, Unfinished)
	if err != nil {
		return "", fault.New(fault.Output, "cannot write into the output folder: %w; choose another "+
			"with -o", err)
	}
	return fresh, nil
}

// Replace moves the fresh results into place, scores.csv last, so that its presence says that they
// are complete. Those of an earlier run go. If somebody else has put results there since Prepare,
// those stay unless they may be overwritten: the fresh ones get a folder beside them, which the
// error names.
func (f *Folder) Replace(fresh string) error {
	if err := f.checkNames(); err != nil {
		return f.aside(fresh, err)
	}
	for _, name := range Names {
		if err := os.RemoveAll(filepath.Join(f.Path, name)); err != nil {
			return fault.New(fault.Output, "cannot remove earlier results: %w; remove them by hand, or choose "+
				"another folder with -o", err)
		}
	}
	for k := range Names {
		name := Names[len(Names)-1-k]
		err := os.Rename(filepath.Join(fresh, name), filepath.Join(f.Path, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // not all of them are asked for
			return fault.New(fault.Output, "cannot move the results into place: %w; choose another folder "+
				"with -o", err)
		}
	}
	return nil
}

// aside keeps results that cannot take their place.
func (f *Folder) aside(fresh string, why error) error {
	for k := 2; ; k++ {
		kept := filepath.Join(f.Path, fmt.Sprintf("results-%d", k))
		if _, err := os.Lstat(kept); err == nil {
			continue
		}
		if err := os.Rename(fresh, kept); err != nil {
			return fault.New(fault.Output, "%w; and the new results cannot be kept: %w", why, err)
		}
		return fault.New(fault.Output, "while this run worked something else came into its place: %w; "+
			"the new results are in %s", why, kept)
	}
}

// Mark says in run.json what kind of results is in the folder, before any is, and may add to it once
// they are. A run of the same kind may have said so before. The tool's name is filled in.
func (f *Folder) Mark(record Record) error {
	path := filepath.Join(f.Path, RunFile)
	if _, err := os.Lstat(path); err == nil && Recognise(f.Path) != record.Kind {
		return fault.New(fault.Output, "cannot write %s: there is one already that is not of musc %s; "+
			"choose another folder with -o", path, record.Kind)
	}
	record.Tool.Name = Tool
	text, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(path, append(text, '\n'))
}

// Watch is Lock for the results of a watched folder, which grow from run to run: those of an earlier watch
// stay. Results of another kind, and files of others under their names, are refused.
func Watch(path, version string, command []string) (*Folder, error) {
	f, err := Lock(path, command)
	if err != nil {
		return nil, err
	}
	if Recognise(path) != Watched {
		err = f.checkNames()
	}
	if err == nil {
		err = f.Mark(Record{Tool: RecordTool{Version: version}, Kind: Watched, Command: command})
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
