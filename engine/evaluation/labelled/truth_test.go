package labelled

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Masks are found by their image's stem, exact names first; a suffix goes once.
func TestMasksOfImages(t *testing.T) {
	for name, c := range map[string]struct {
		images, masks []string
		want          map[string]string // masks by image, joined by blanks
		problems      []string          // parts of them, in order
	}{
		"the same name":    {[]string{"a.png", "b.jpg"}, []string{"A.PNG", "b.png"}, map[string]string{"a.png": "A.PNG", "b.jpg": "b.png"}, nil},
		"a suffix":         {[]string{"a.png", "b.png", "c.png", "d.png", "e.png"}, []string{"a_mask.png", "b-GT.png", "c.label.png", "d seg.png", "e_ground_truth.tif"}, map[string]string{"a.png": "a_mask.png", "b.png": "b-GT.png", "c.png": "c.label.png", "d.png": "d seg.png", "e.png": "e_ground_truth.tif"}, nil},
		"images end in it": {[]string{"a_label.png", "b_mask.png"}, []string{"a_label.png", "b_mask.png"}, map[string]string{"a_label.png": "a_label.png", "b_mask.png": "b_mask.png"}, nil},
		"and masks again":  {[]string{"a_label.png", "b_gt.png"}, []string{"a_label_mask.png", "b_gt_gt.png"}, map[string]string{"a_label.png": "a_label_mask.png", "b_gt.png": "b_gt_gt.png"}, nil},
		"never two":        {[]string{"a.png"}, []string{"a_label_mask.png"}, nil, []string{"without an image"}},
		"with and without": {[]string{"a.png", "a_gt.png"}, []string{"a_gt.png", "a_gt_mask.png"}, map[string]string{"a_gt.png": "a_gt.png"}, []string{"several masks"}},
		"each its own":     {[]string{"a.png", "a_gt.png"}, []string{"a.png", "a_gt.png"}, map[string]string{"a.png": "a.png", "a_gt.png": "a_gt.png"}, nil},
		"several":          {[]string{"a.png"}, []string{"a.png", "a_mask.png"}, map[string]string{"a.png": "a.png"}, []string{"several masks: truth/a.png, truth/a_mask.png; the first is taken"}},
		"two of a stem":    {[]string{"a.jpg", "a.png"}, []string{"a.png"}, map[string]string{"a.jpg": "a.png"}, []string{"could be the mask of a.jpg or of a.png"}},
		"folders":          {[]string{"x/a.png", "y/a.png"}, []string{"x/a.png", "y/a_mask.png"}, map[string]string{"x/a.png": "x/a.png", "y/a.png": "y/a_mask.png"}, nil},
		"a folder each":    {[]string{"000.png", "001.png"}, []string{"000/000.png", "000/001.png", "001/000.png"}, map[string]string{"000.png": "000/000.png 000/001.png", "001.png": "001/000.png"}, nil},
		"a folder too":     {[]string{"000.png"}, []string{"000.png", "000/000.png"}, map[string]string{"000.png": "000.png"}, []string{"without an image"}},
		"nobody's":         {[]string{"a.png"}, []string{"b.png", "c/a.png"}, nil, []string{"truth/b.png: a mask without", "truth/c/a.png: a mask without"}},
		"none":             {[]string{"a.png"}, nil, nil, nil},
	} {
		d := &Dataset{}
		truth := newTruth("truth", c.masks)
		found := map[string]string{}
		for i, masks := range d.match(truth, "nut", "images", c.images) {
			for k := range masks {
				masks[k] = strings.TrimPrefix(filepath.ToSlash(masks[k]), "truth/")
			}
			if len(masks) > 0 {
				found[c.images[i]] = strings.Join(masks, " ")
			}
		}
		d.orphans("nut", truth)
		if c.want == nil {
			c.want = map[string]string{}
		}
		if !reflect.DeepEqual(found, c.want) {
			t.Errorf("%s: %v, want %v", name, found, c.want)
		}
		var said []string
		for i, p := range d.problems {
			said = append(said, p.Path+": "+p.Text)
			if p.Class != "nut" || i >= len(c.problems) || !strings.Contains(said[i], c.problems[i]) {
				t.Errorf("%s: %v, want %q", name, p, c.problems)
			}
		}
		if len(said) != len(c.problems) {
			t.Errorf("%s: %q, want %q", name, said, c.problems)
		}
	}
	if !slices.Contains(maskSuffixes, "_mask") || len(maskSuffixes) != 40 {
		t.Errorf("suffixes %q", maskSuffixes)
	}
}
