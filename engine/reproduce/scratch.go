package reproduce

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"musc/engine/filelock"
)

// scratchPattern is what a Scratch is called: hidden, so that a folder of photos around it has no more photos
// than before.
const scratchPattern = ".musc-reproduce-*"

// Scratch is a folder for results that go once they have been compared.
type Scratch struct {
	// Results is the folder that they are written to, which is not there yet.
	Results string

	folder string
	lock   *filelock.Folder
}

// NewScratch makes one inside a folder, and removes those that killed processes have left there. command is
// what another process is told of who has it. Errors are those of the file system.
func NewScratch(inside string, command []string) (*Scratch, error) {
	removeScratches(inside)
	for {
		folder, err := os.MkdirTemp(inside, scratchPattern)
		if err != nil {
			return nil, err
		}
		lock, err := filelock.Lock(folder, filelock.Here(command))
		if err == nil {
			return &Scratch{scratchResults(folder), folder, lock}, nil
		}
		var held *filelock.HeldError
		if !errors.As(err, &held) && !errors.Is(err, fs.ErrNotExist) {
			os.RemoveAll(folder)
			return nil, err
		}
		// Another process took it for one that was left, before it was locked: once more.
	}
}

// scratchResults is beside the lock: the run that writes there takes a lock of its own.
func scratchResults(folder string) string { return filepath.Join(folder, "results") }

// Remove removes all of it.
func (s *Scratch) Remove() error {
	return errors.Join(os.RemoveAll(s.folder), ignoreAbsent(s.lock.Unlock()))
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) { // went with the folder
		return nil
	}
	return err
}

// removeScratches removes those that no living process has: neither the one that made it nor the run that it
// started, which goes on if only the first was killed. What cannot be removed only takes space.
func removeScratches(inside string) {
	entries, _ := os.ReadDir(inside)
	for _, entry := range entries {
		if ours, _ := filepath.Match(scratchPattern, entry.Name()); !ours || !entry.IsDir() {
			continue
		}
		folder := filepath.Join(inside, entry.Name())
		if os.Remove(folder) == nil { // it was empty: killed before it was locked
			continue
		}
		own, err := takeLock(folder)
		if err != nil {
			continue
		}
		run, err := takeLock(scratchResults(folder))
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			os.RemoveAll(folder)
		}
		if run != nil {
			run.Close()
		}
		own.Close()
	}
}

var errTaken = errors.New("a living process has it, or there is no telling")

// takeLock takes the lock that a process left in a folder. One that was never locked is fs.ErrNotExist.
func takeLock(folder string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(folder, filelock.Name), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if held, err := filelock.Try(file); err != nil || !held {
		file.Close()
		return nil, errTaken
	}
	return file, nil
}
