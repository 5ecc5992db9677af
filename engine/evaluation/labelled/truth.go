package labelled

import (
	"path"
	"path/filepath"
	"strings"
)

// maskSuffixes are what masks are called after their image's stem: 000_mask.png, 000-GT.png.
var maskSuffixes = func() (list []string) {
	for _, word := range []string{"mask", "masks", "gt", "label", "labels", "seg", "segmentation",
		"groundtruth", "ground_truth", "annotation"} {
		for _, separator := range []string{"_", "-", ".", " "} {
			list = append(list, separator+word)
		}
	}
	return list
}()

// truth are the masks of a folder.
type truth struct {
	folder   string
	files    []string            // slash-separated, by name
	byStem   map[string][]string // by stem
	byFolder map[string][]string // by the folder that holds them, in lower case
	owner    map[string]string   // the image that claimed the file
}

// masksIn lists the masks of a folder and its subfolders; a folder "" has none.
func (d *Dataset) masksIn(class, folder string) (*truth, error) {
	var files []string
	if folder != "" {
		var err error
		if files, err = d.photos(class, folder); err != nil {
			return nil, err
		}
	}
	return newTruth(folder, files), nil
}

func newTruth(folder string, files []string) *truth {
	t := &truth{folder: folder, files: files, byStem: map[string][]string{},
		byFolder: map[string][]string{}, owner: map[string]string{}}
	for _, file := range files {
		parent := strings.ToLower(path.Dir(file))
		t.byStem[stem(file)] = append(t.byStem[stem(file)], file)
		t.byFolder[parent] = append(t.byFolder[parent], file)
	}
	return t
}

// stem is a slash-separated path without its extension, in lower case.
func stem(file string) string {
	return strings.ToLower(strings.TrimSuffix(file, path.Ext(file)))
}

// match finds the masks of the images of a folder, whose paths within it the masks repeat. A mask has
// its image's stem, or that and one suffix; an image that has neither may have a folder of that name,
// whose masks add up. What is odd is noted for the class.
func (d *Dataset) match(t *truth, class, folder string, images []string) (masks [][]string) {
	masks = make([][]string, len(images))
	claim := func(i int, files []string) {
		for _, file := range files {
			switch other, taken := t.owner[file]; {
			case !taken:
				t.owner[file] = images[i]
				masks[i] = append(masks[i], t.path(file))
			case stem(other) == stem(images[i]):
				d.problem(class, t.path(file), "it could be the mask of "+other+" or of "+images[i]+
					"; it is taken for the first's, name them differently")
			}
		}
	}
	for i, image := range images { // exact names first: an image may end in a suffix itself
		claim(i, t.byStem[stem(image)])
	}
	for i, image := range images {
		for _, suffix := range maskSuffixes {
			claim(i, t.byStem[stem(image)+suffix])
		}
		if len(masks[i]) > 1 {
			d.problem(class, filepath.Join(folder, filepath.FromSlash(image)), "it has several masks: "+
				strings.Join(masks[i], ", ")+"; the first is taken, remove the others")
			masks[i] = masks[i][:1]
		}
	}
	for i, image := range images {
		if len(masks[i]) == 0 {
			claim(i, t.byFolder[stem(image)])
		}
	}
	return masks
}

func (t *truth) path(file string) string {
	return filepath.Join(t.folder, filepath.FromSlash(file))
}

// orphans notes the masks that no image claimed.
func (d *Dataset) orphans(class string, t *truth) {
	for _, file := range t.files {
		if t.owner[file] == "" {
			d.problem(class, t.path(file), "a mask without an image; remove it, or restore the image")
		}
	}
}
