package watch

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"musc/engine/dataset"
	"musc/engine/results"
)

// found is a photo that a scan came upon.
type found struct {
	name           string // relative to the folder, as the system has it, with slashes
	size, modified int64
}

// scanner walks through the folder. Links to photos are followed, links to folders are not. What begins with
// a dot waits for its rename, the output folder and other results of musc are passed by.
type scanner struct {
	root   string
	output fs.FileInfo // of the output folder
	// folder is told each folder before it is read, so that nothing that comes into it is missed.
	folder func(path string)
	// wanted says whether a photo is news.
	wanted func(f found) bool
	keep   int // photos that a scan returns at most: those that changed first

	// notes are what was passed by and why, by folder or link: each is told once.
	notes map[string]string
}

// scan returns the news below a folder, in the order of the time of change and then of the name; more says
// that there are others. An error is about the folder itself, what cannot be read in it is noted.
func (s *scanner) scan(ctx context.Context, below string) (list []found, more bool, err error) {
	worst := &latest{}
	err = s.walk(ctx, below, func(f found) {
		if !s.wanted(f) {
			return
		}
		heap.Push(worst, f)
		if worst.Len() > s.keep {
			heap.Pop(worst)
			more = true
		}
	})
	if err != nil {
		return nil, false, err
	}
	list = make([]found, worst.Len())
	for k := len(list) - 1; k >= 0; k-- {
		list[k] = heap.Pop(worst).(found)
	}
	return list, more, nil
}

// batchOfEntries is how many entries of a folder are held at a time.
const batchOfEntries = 1024

func (s *scanner) walk(ctx context.Context, path string, each func(f found)) error {
	if s.folder != nil {
		s.folder(path)
	}
	handle, err := os.Open(path)
	if err != nil {
		return err
	}
	defer handle.Close()
	kind := results.Recognise(path)
	var folders []string
	for {
		entries, err := handle.ReadDir(batchOfEntries)
		for _, entry := range entries {
			switch at := filepath.Join(path, entry.Name()); {
			case ctx.Err() != nil:
				return ctx.Err()
			case kind.Owns(path, entry.Name()):
				s.note(path, "results of musc in "+path+" are passed by")
			case entry.IsDir():
				if s.enters(at) {
					folders = append(folders, at)
				}
			default:
				if f, is := s.photo(at); is {
					each(f)
				}
			}
		}
		if len(entries) == 0 || err != nil { // io.EOF, or the folder went
			break
		}
	}
	for _, folder := range folders {
		if err := s.walk(ctx, folder, each); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if !errors.Is(err, fs.ErrNotExist) {
				s.note(folder, "the folder "+folder+" cannot be read: "+bare(err)+"; check its permissions")
			}
		}
	}
	return nil
}

// enters says whether photos are looked for in a folder.
func (s *scanner) enters(path string) bool {
	if strings.HasPrefix(filepath.Base(path), ".") {
		return false
	}
	info, err := os.Lstat(path)
	return err == nil && info.IsDir() && !(s.output != nil && os.SameFile(info, s.output))
}

// photo looks at a file by its path.
func (s *scanner) photo(path string) (f found, is bool) {
	switch base := filepath.Base(path); {
	case strings.HasPrefix(base, "."):
		return f, false
	case dataset.IsUnread(base):
		s.note(path, path+" is passed by: photos of that ending are not read; have the camera write PNG or "+
			"JPEG, or convert it")
		return f, false
	case !dataset.IsImage(base):
		return f, false
	}
	name, err := filepath.Rel(s.root, path)
	if err != nil {
		return f, false
	}
	info, err := os.Stat(path)
	if err != nil {
		if link, lerr := os.Lstat(path); lerr == nil && link.Mode()&fs.ModeSymlink != 0 {
			s.note(path, "the link "+path+" leads nowhere yet")
		}
		return f, false
	}
	if info.IsDir() {
		s.note(path, "the link "+path+" leads to a folder and is not followed")
	}
	return found{filepath.ToSlash(name), info.Size(), info.ModTime().UnixNano()}, info.Mode().IsRegular()
}

// mostNotes bounds what is kept of things that were passed by.
const mostNotes = 1000

func (s *scanner) note(about, text string) {
	if _, is := s.notes[about]; !is && len(s.notes) < mostNotes {
		s.notes[about] = text
	}
}

// bare is an error without the path that the message has already.
func bare(err error) string {
	var where *fs.PathError
	if errors.As(err, &where) {
		return where.Err.Error()
	}
	return err.Error()
}

// earlier orders photos by their time of change, then by name.
func earlier(a, b found) int {
	return cmp.Or(cmp.Compare(a.modified, b.modified), cmp.Compare(a.name, b.name))
}

// latest is a heap with the photo that changed last on top.
type latest []found

func (h latest) Len() int           { return len(h) }
func (h latest) Less(i, j int) bool { return earlier(h[i], h[j]) > 0 }
func (h latest) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *latest) Push(f any)        { *h = append(*h, f.(found)) }
func (h *latest) Pop() any {
	last := len(*h) - 1
	f := (*h)[last]
	*h = (*h)[:last]
	return f
}
