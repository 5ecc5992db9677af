package filelock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Name is the file in a folder that says which run has it. It is there as long as the run.
const Name = ".musc-lock"

// Holder is who has a folder.
type Holder struct {
	Host    string    `json:"host"`
	Process int       `json:"process"`
	Started time.Time `json:"started"`
	Command []string  `json:"command"`
}

// Here is this process, holding something from now on.
func Here(command []string) Holder {
	host, _ := os.Hostname() // without one there is no name to tell
	return Holder{host, os.Getpid(), time.Now().UTC().Truncate(time.Second), command}
}

func (h Holder) String() string {
	if h.Process == 0 {
		return "another run"
	}
	text := fmt.Sprintf("process %d on %s since %s", h.Process, h.Host,
		h.Started.Format(time.RFC3339))
	if len(h.Command) > 0 {
		text += " (" + strings.Join(h.Command, " ") + ")"
	}
	return text
}

// HeldError says that another run has the folder.
type HeldError struct {
	File   string // the lock
	Holder Holder
}

func (e *HeldError) Error() string { return "it is in use by " + e.Holder.String() }

// Folder is a folder that this run has for itself.
type Folder struct {
	file *os.File
	// Note is what the user should know if the file system has no locks, else "".
	Note string
}

// Lock takes a folder for one run, or fails at once with a *HeldError if another has it. The lock
// of a run that died is no obstacle. On a file system without locks the run goes on, with a note.
func Lock(folder string, holder Holder) (*Folder, error) {
	path := filepath.Join(folder, Name)
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		held, err := Try(file)
		if errors.Is(err, ErrUnsupported) {
			return unsupported(file, holder)
		}
		if err == nil && held {
			return write(file, holder, "")
		}
		other := read(file)
		named, statErr := os.Stat(path)
		own, ownErr := file.Stat()
		file.Close()
		if err != nil {
			return nil, err
		}
		if statErr == nil && ownErr == nil && os.SameFile(named, own) {
			return nil, &HeldError{path, other}
		}
		// The holder finished and removed it between our opening and locking: once more.
	}
}

// unsupported is Lock where there are no locks: only what the file says tells whether it is held.
func unsupported(file *os.File, holder Holder) (*Folder, error) {
	note := "the file system of " + filepath.Dir(file.Name()) + " has no locks: musc cannot keep " +
		"another run from writing into the same folder"
	if other := read(file); other.Process != 0 {
		note += "; " + other.String() + " has not given it back; if that still runs, stop one of them"
	}
	return write(file, holder, note)
}

// write says in the lock who has it.
func write(file *os.File, holder Holder, note string) (*Folder, error) {
	text, err := json.Marshal(holder)
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = file.WriteAt(append(text, '\n'), 0)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &Folder{file, note}, nil
}

// read is who the lock says has it; the zero Holder if it does not say so, or not yet.
func read(file *os.File) (holder Holder) {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 1<<16))
	if err != nil || json.Unmarshal(text, &holder) != nil {
		return Holder{}
	}
	return holder
}

// Unlock gives the folder back. The file goes before the lock, so that nobody holds a file that has
// lost its name and takes it for the folder's.
func (f *Folder) Unlock() error {
	return errors.Join(os.Remove(f.file.Name()), f.file.Close())
}
