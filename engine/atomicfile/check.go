package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"musc/engine/fault"
)

// Check tells before any work whether Save may write to path: nothing is there, or an empty file, or
// overwrite is given, or it is written through; it is none of the inputs, under whatever name; and its folder can
// be written. Errors are of kind fault.Output. What killed processes left beside it is removed.
func Check(path string, overwrite bool, inputs ...string) error {
	t, info, err := locate(path)
	if err != nil {
		return err
	}
	defer t.close()
	if t.through != nil {
		if info, err = t.through.Stat(); err != nil {
			return describe(path, err)
		}
	}
	if err := checkInputs(path, info, inputs); err != nil {
		return err
	}
	if t.through != nil || info != nil && !info.Mode().IsRegular() {
		return nil
	}
	if t.there && info.Size() > 0 && !overwrite { // an empty one, as mktemp makes, loses nothing
		return fault.New(fault.Output, "%s is there already; give --overwrite to replace it or choose "+
			"another place with -o", path)
	}
	RemoveLeftovers(t.folder())
	probe, err := create(t.folder())
	if err != nil {
		return describe(path, err)
	}
	probe.Close()
	return orDescribe(path, os.Remove(probe.Name()))
}

// checkInputs refuses an output that is one of the inputs. A terminal may be both.
func checkInputs(path string, output fs.FileInfo, inputs []string) error {
	if output == nil || output.Mode()&fs.ModeCharDevice != 0 {
		return nil
	}
	for _, input := range inputs {
		if info, err := os.Stat(input); err == nil && os.SameFile(info, output) {
			return fault.New(fault.Output, "cannot write %s: it is the input %s, which would be lost; "+
				"choose another place with -o", path, input)
		}
	}
	return nil
}

// InPlace says that the content of path would go to a new or an existing file, not through a device
// or a pipe; and the folder of that file.
func InPlace(path string) (folder string, ok bool) {
	t, info, err := locate(path)
	if err != nil {
		return "", false
	}
	defer t.close()
	return t.folder(), t.through == nil && (info == nil || info.Mode().IsRegular())
}

// describe says what is wrong with a file that cannot be written, and the way out.
func describe(path string, err error) error {
	advice := "choose another place with -o"
	switch {
	case errors.Is(err, syscall.ENOSPC):
		advice = "free some space or choose another place with -o"
	case errors.Is(err, syscall.EPIPE):
		advice = "whoever reads it stopped reading"
	case errors.Is(err, syscall.ENAMETOOLONG):
		advice = "choose a shorter name"
	case errors.Is(err, fs.ErrPermission):
		advice = "check the permissions or choose another place with -o"
	}
	return fault.New(fault.Output, "cannot write %s: %w; %s", path, err, advice)
}

// orDescribe is describe if there is an error.
func orDescribe(path string, err error) error {
	if err == nil {
		return nil
	}
	return describe(path, err)
}
