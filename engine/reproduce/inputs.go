package reproduce

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/results"
)

// Inputs is how what a run read is now. Paths are as the record has them.
type Inputs struct {
	Checked int      `json:"checked"`
	Changed []string `json:"changed"`
	Missing []string `json:"missing"`
	New     []string `json:"new"` // in the folders and lists of photos now, and not then
}

// Same says that all is as it was.
func (in *Inputs) Same() bool { return len(in.Changed)+len(in.Missing)+len(in.New) == 0 }

// CheckInputs reads all that a run read again, and calls advance, one call at a time, for each file. Relative
// paths start in folder. A file that is there and cannot be read is of kind fault.Input.
func CheckInputs(ctx context.Context, folder string, sums []results.Sum, advance func(n int)) (*Inputs, error) {
	const same, changed, missing = 0, 1, 2
	found := make([]int, len(sums))
	var telling sync.Mutex
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k, sum := range sums {
		if working.Err() != nil {
			break
		}
		group.Go(func() error {
			at := At(folder, sum.Path)
			info, err := os.Stat(at)
			digest := "" // of what is a pipe or a device now, which might have no end
			if err == nil && (info.Mode().IsRegular() || info.IsDir()) {
				digest, err = engine.Digest(at)
			}
			switch {
			case errors.Is(err, fs.ErrNotExist):
				found[k] = missing
			case err != nil:
				return fault.New(fault.Input, "cannot read what the run read: %w; check its permissions", err)
			case digest != hex.EncodeToString(sum.SHA256[:]):
				found[k] = changed
			}
			telling.Lock()
			defer telling.Unlock()
			advance(1)
			return nil
		})
	}
	if err := errors.Join(group.Wait(), ctx.Err()); err != nil {
		return nil, err
	}
	in := &Inputs{Checked: len(sums), Changed: []string{}, Missing: []string{}, New: []string{}}
	for k, sum := range sums {
		switch found[k] {
		case changed:
			in.Changed = append(in.Changed, sum.Path)
		case missing:
			in.Missing = append(in.Missing, sum.Path)
		}
	}
	return in, nil
}

// FindNew adds the photos that are found now and were not read then, nor left out.
func (in *Inputs) FindNew(folder string, sums []results.Sum, skipped []report.Skipped, now []string) {
	known := make(map[string]bool, len(sums)+len(skipped))
	for _, sum := range sums {
		known[At(folder, sum.Path)] = true
	}
	for _, image := range skipped {
		known[At(folder, image.Image)] = true
	}
	for _, path := range now {
		if at := At(folder, path); !known[at] {
			known[at] = true
			if inside, err := filepath.Rel(folder, at); err == nil && filepath.IsLocal(inside) {
				path = inside
			}
			in.New = append(in.New, path)
		}
	}
	slices.Sort(in.New)
}

// At is a path that starts in folder unless it is absolute.
func At(folder, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(folder, path)
}

// Present says whether there is a file or folder.
func Present(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
