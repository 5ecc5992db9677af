package frame

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/fault"
	"musc/engine/imageio"
)

// ROI is a region of interest: one mask for all photos, or a folder of masks, one a photo.
type ROI struct {
	path string
	one  *Mask // nil of a folder
	opts imageio.Options
	sum  string

	// Of a folder: paths by the file's own path within it, slash-separated and without extension, and by
	// the last parts of that; several is where several have them.
	whole, tails map[string]string
}

// ReadROI reads a mask's picture, or lists a folder of them with its subfolders. White takes part, black
// and transparent pixels do not. A mask belongs to the photo of its name: one of them may have more
// folders before it, extensions may differ, and the mask's name may end in _mask.
//
// A mask that cannot be read, or leaves nothing, is of kind fault.Input; those of a folder are read when
// Of asks for them. opts are those of the photos: their orientation tags turn masks likewise.
func ReadROI(file string, opts imageio.Options) (*ROI, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read the region of interest %s: %w; name a picture, white "+
			"where photos are looked at, or a folder of them", file, bare(err))
	}
	r := &ROI{path: file, opts: opts}
	if info.IsDir() {
		return r, r.list()
	}
	if r.one, err = readMask(file, opts); err != nil {
		return nil, err
	}
	r.sum = sumOf(r.one.Pixels)
	return r, nil
}

// NewROI is the region of interest of a mask that was read already; name stands for it in messages.
func NewROI(name string, pixels *imageio.Grey) *ROI {
	return &ROI{path: name, one: &Mask{Name: name, Pixels: pixels}, sum: sumOf(pixels)}
}

// Path is where it came from.
func (r *ROI) Path() string { return r.path }

// One is the mask of all photos; nil of a folder.
func (r *ROI) One() *Mask { return r.one }

// SHA256 is the checksum of what was read: of a mask's size and its pixels, white or black, or of the
// names and bytes of a folder's files. It is "" of nil.
func (r *ROI) SHA256() string {
	if r == nil {
		return ""
	}
	return r.sum
}

// several stands for the path of a name that several files have.
const several = "\x00"

// maskSuffix may follow the photo's name.
const maskSuffix = "_mask"

// Of is the mask of the photo of that name in the batch; nil, which is in none's way, if r is. A photo
// that has no mask in the folder, or a choice of several, is of kind fault.Input.
func (r *ROI) Of(name string) (*Mask, error) {
	if r == nil {
		return nil, nil
	}
	if r.one != nil {
		return r.one, nil
	}
	key := stem(filepath.ToSlash(name))
	switch file := r.find(key); file {
	case "":
		return nil, fault.New(fault.Input, "the folder %s has no mask for %s; add %s.png, white where the "+
			"photo is looked at, or leave the photo out", r.path, name, key)
	case several:
		return nil, fault.New(fault.Input, "the folder %s has several masks for %s; name one of them %s.png",
			r.path, name, key)
	default:
		return readMask(file, r.opts)
	}
}

// find is the path of the mask for a photo, several, or "".
func (r *ROI) find(key string) string {
	for rest, more := key, true; more; _, rest, more = strings.Cut(rest, "/") {
		if file := cmp.Or(r.whole[rest], r.whole[rest+maskSuffix]); file != "" {
			return file
		}
	}
	return cmp.Or(r.tails[key], r.tails[key+maskSuffix])
}

// stem is a path without its extension.
func stem(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// pictures are the extensions of files that are masks even if they turn out to be unreadable.
var pictures = []string{".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp"}

// list finds the masks of the folder.
func (r *ROI) list() error {
	r.whole, r.tails = map[string]string{}, map[string]string{}
	sum := sha256.New()
	err := filepath.WalkDir(r.path, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(entry.Name(), ".") && file != r.path {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := os.Stat(file) // links are followed, to files only
		if err != nil || !info.Mode().IsRegular() {
			return nil
		}
		if _, err := imageio.ReadHead(file); err != nil &&
			!slices.Contains(pictures, strings.ToLower(filepath.Ext(file))) {
			return nil
		}
		name, err := filepath.Rel(r.path, file)
		if err != nil {
			return err
		}
		r.add(stem(filepath.ToSlash(name)), file)
		return addTo(sum, filepath.ToSlash(name), file)
	})
	if err != nil {
		return fault.New(fault.Input, "cannot read the masks in %s: %w; check the folder and its permissions",
			r.path, bare(err))
	}
	if len(r.whole) == 0 {
		return fault.New(fault.Input, "there is no mask in the folder %s; it has a picture for every photo, "+
			"of the photo's name, white where that is looked at", r.path)
	}
	r.sum = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// add enters the file of a key.
func (r *ROI) add(key, file string) {
	enter := func(index map[string]string, key string) {
		if index[key] != "" {
			index[key] = several
		} else {
			index[key] = file
		}
	}
	enter(r.whole, key)
	for _, rest, more := strings.Cut(key, "/"); more; _, rest, more = strings.Cut(rest, "/") {
		enter(r.tails, rest)
	}
}

// addTo adds the name, the length and the bytes of a file.
func addTo(sum io.Writer, name, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	fmt.Fprintf(sum, "%q %d\n", name, info.Size())
	_, err = io.Copy(sum, file)
	return err
}

// bare is err without the path that the message around it names already.
func bare(err error) error {
	var where *fs.PathError
	if errors.As(err, &where) {
		return where.Err
	}
	return err
}
