package evaluation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"musc/engine/atomicfile"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
	"musc/engine/wholefile"
)

// Folder keeps the results of classes as they are finished, so that an evaluation that was stopped
// goes on where it was.
type Folder struct {
	Path string
	// Settings is everything that the results depend on besides the class: of anything that JSON
	// can hold.
	Settings any
	// Inputs are the files that a class's result depends on besides its test images and masks: maps,
	// scores, reference images. nil: none.
	Inputs func(class *labelled.Class) ([]string, error)
	// Overwrite takes no earlier result.
	Overwrite bool
	// Contents remember checksums across folders; nil: this one's alone.
	Contents *Contents

	prints map[string]string // fingerprints by class, as they were when first asked for
}

// kept is a finished class in its file.
type kept struct {
	Fingerprint string          `json:"fingerprint"` // of settings, images, masks and inputs
	Settings    json.RawMessage `json:"settings"`
	Result      *Result         `json:"result"`
}

// measuring counts the changes of how masks are read and figures computed: results of other ways of
// measuring are not taken.
const measuring = 2

// fingerprint identifies what a class's result depends on: the settings, each image by name, label
// and contents, and the contents of its masks and of the further inputs. Where the files lie does not
// matter. It is taken once: what changes while a class is measured is noticed by the next run.
func (f *Folder) fingerprint(class *labelled.Class) (string, error) {
	if known, ok := f.prints[class.Name]; ok {
		return known, nil
	}
	if f.Contents == nil {
		f.Contents = &Contents{}
	}
	var paths []string
	type identity struct {
		Name, Label string
		Masks       int
	}
	var images []identity
	for _, image := range class.Test {
		images = append(images, identity{image.Name, image.Label, len(image.Masks)})
		paths = append(append(paths, image.Path), image.Masks...)
	}
	if f.Inputs != nil {
		more, err := f.Inputs(class)
		if err != nil {
			return "", err
		}
		paths = append(paths, more...)
	}
	sums, err := f.Contents.Of(paths)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal([]any{measuring, images, sums, f.Settings})
	if err != nil {
		return "", err
	}
	if f.prints == nil {
		f.prints = map[string]string{}
	}
	all := sha256.Sum256(text)
	f.prints[class.Name] = hex.EncodeToString(all[:])
	return f.prints[class.Name], nil
}

// ClassFolder is where files of a class are kept.
func (f *Folder) ClassFolder(class *labelled.Class) string {
	return filepath.Join(f.Path, class.Name)
}

func (f *Folder) file(class *labelled.Class) string {
	return filepath.Join(f.ClassFolder(class), "result.json")
}

// mostResult bounds the record of a class, in bytes: a row an image.
const mostResult = 1 << 28

// Load returns the finished result of a class, or nil if there is none or it is to be overwritten. One
// that was made with other settings or files is an error of kind fault.Output. It is called before
// the class is measured, so that Save knows what the files were then.
func (f *Folder) Load(class *labelled.Class) (*Result, error) {
	fingerprint, err := f.fingerprint(class)
	if err != nil {
		return nil, err
	}
	path := f.file(class)
	text, err := wholefile.ReadRegular(path, mostResult)
	if errors.Is(err, fs.ErrNotExist) || f.Overwrite {
		return nil, nil
	}
	var found kept
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	if err != nil {
		return nil, fault.New(fault.Output, "cannot read the earlier result %s: %w; give --overwrite "+
			"to replace it", path, err)
	}
	if found.Fingerprint != fingerprint {
		return nil, fault.New(fault.Output, "%s is of an earlier run with other settings, or its images, "+
			"masks, maps or the like have changed since; give --overwrite to replace it or choose another "+
			"folder with -o", path)
	}
	return found.Result, nil
}

// Save keeps the result of a class.
func (f *Folder) Save(class *labelled.Class, result *Result) error {
	fingerprint, err := f.fingerprint(class)
	if err != nil {
		return err
	}
	settings, err := json.Marshal(f.Settings)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(kept{fingerprint, settings, result}, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.ClassFolder(class), 0o755); err != nil {
		return fault.New(fault.Output, "cannot make the class's folder: %w; choose another with -o", err)
	}
	return atomicfile.WriteFile(f.file(class), append(text, '\n'))
}
