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
)

// Folder keeps the results of classes as they are finished, so that an evaluation that was stopped
// goes on where it was.
type Folder struct {
	Path string
	// Settings is everything that the results depend on besides the class: of anything that JSON
	// can hold.
	Settings any
}

// kept is a finished class in its file.
type kept struct {
	Fingerprint string          `json:"fingerprint"` // of settings, images and masks
	Settings    json.RawMessage `json:"settings"`
	Result      *Result         `json:"result"`
}

// fingerprint identifies what a class's result depends on: the settings, and each image and mask by
// path, label, size and time of change.
func (f *Folder) fingerprint(class *labelled.Class) (string, []byte, error) {
	settings, err := json.Marshal(f.Settings)
	if err != nil {
		return "", nil, err
	}
	type identity struct {
		Path, Label string
		Bytes, Time int64
	}
	var files []identity
	for _, image := range class.Test {
		for _, path := range []string{image.Path, image.Mask} {
			file := identity{Path: path, Label: image.Label}
			if info, err := os.Stat(path); err == nil {
				file.Bytes, file.Time = info.Size(), info.ModTime().UnixNano()
			}
			files = append(files, file)
		}
	}
	text, err := json.Marshal([]any{files, class.Normal, string(settings)})
	if err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), settings, nil
}

// ClassFolder is where files of a class are kept.
func (f *Folder) ClassFolder(class *labelled.Class) string {
	return filepath.Join(f.Path, class.Name)
}

func (f *Folder) file(class *labelled.Class) string {
	return filepath.Join(f.ClassFolder(class), "result.json")
}

// Load returns the finished result of a class, or nil if there is none. One that was made with
// other settings or files is an error of kind fault.Output.
func (f *Folder) Load(class *labelled.Class) (*Result, error) {
	path := f.file(class)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
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
	fingerprint, _, err := f.fingerprint(class)
	if err != nil {
		return nil, err
	}
	if found.Fingerprint != fingerprint {
		return nil, fault.New(fault.Output, "%s is of an earlier run with other settings or images; "+
			"give --overwrite to replace it or choose another folder with -o", path)
	}
	return found.Result, nil
}

// Save keeps the result of a class.
func (f *Folder) Save(class *labelled.Class, result *Result) error {
	fingerprint, settings, err := f.fingerprint(class)
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
