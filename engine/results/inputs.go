package results

import (
	"io/fs"
	"os"
	"path/filepath"

	"musc/engine/fault"
	"musc/engine/realpath"
)

// checkInputs refuses results that would take the place of what the run reads. Inputs may be many:
// each folder of theirs is looked at, and what is known of it holds for all in it.
func (f *Folder) checkInputs(inputs []string) error {
	taken := f.taken()
	if len(taken.places) == 0 {
		return nil
	}
	for _, input := range inputs {
		if place := taken.by(input); place != "" {
			return fault.New(fault.Output, "cannot write results to %s: the input %s is there and "+
				"would be lost; choose another folder with -o", place, input)
		}
	}
	return nil
}

// taken are the places in an output folder that have something in them.
type taken struct {
	files   *realpath.Cache
	places  []place
	holders map[*realpath.Folder]string // the place that a folder of inputs is, or is in, or ""
}

type place struct {
	path string
	info fs.FileInfo
	file realpath.File // to which the path leads
}

func (f *Folder) taken() *taken {
	t := &taken{files: realpath.New(), holders: map[*realpath.Folder]string{}}
	for _, name := range Names {
		path := filepath.Join(f.Path, name)
		if info, err := os.Stat(path); err == nil {
			t.places = append(t.places, place{path, info, t.files.File(path)})
		}
	}
	return t
}

// by is the place that an input is, or is in; "" if results cost it nothing.
func (t *taken) by(input string) string {
	file, base := t.files.File(input), filepath.Base(input)
	for _, place := range t.places {
		if place.file == file {
			return place.path
		}
		if base != filepath.Base(place.path) {
			continue
		}
		// The folder may be mounted in two places.
		if info, err := os.Stat(input); err == nil && os.SameFile(info, place.info) {
			return place.path
		}
	}
	holder, known := t.holders[file.Folder]
	if !known {
		for _, place := range t.places {
			if file.Folder.Below(t.files.Folder(place.file.Path())) {
				holder = place.path
			}
		}
		t.holders[file.Folder] = holder
	}
	return holder
}
