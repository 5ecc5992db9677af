package labelled

import (
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/dataset"
	"musc/engine/evaluation/labelled/labelledtest"
)

// save draws masks of 4 x 3 pixels with so many white ones and gives their paths.
func save(t *testing.T, white ...int) (paths []string) {
	t.Helper()
	folder := t.TempDir()
	for i, n := range white {
		path := filepath.Join(folder, string(rune('a'+i))+".png")
		labelledtest.Save(t, picture(n), path)
		paths = append(paths, path)
	}
	return paths
}

func TestMasksAddUp(t *testing.T) {
	m := &Image{Masks: save(t, 1, 3, 2)}
	mask, err := m.ReadMask(4, 3)
	want := []bool{true, true, true, false, false, false, false, false, false, false, false, false}
	if err != nil || !slices.Equal(mask, want) {
		t.Errorf("%v, %v", mask, err)
	}
	if mask, err := (&Image{}).ReadMask(4, 3); mask != nil || err != nil {
		t.Errorf("no mask: %v, %v", mask, err)
	}
	large := filepath.Join(t.TempDir(), "large.png")
	labelledtest.Save(t, image.NewGray(image.Rect(0, 0, 5, 3)), large)
	high := filepath.Join(t.TempDir(), "high.png")
	labelledtest.Save(t, image.NewGray(image.Rect(0, 0, 4, 4)), high)
	for _, other := range []string{large, high} {
		m.Masks = append(save(t, 1), other)
		if _, err := m.ReadMask(4, 3); err == nil || !strings.Contains(err.Error(), other) ||
			!strings.Contains(err.Error(), "the same size") {
			t.Errorf("of different sizes: %v", err)
		}
	}
}

// A mask is resized by Pillow's bilinear filter (imageio's tests compare it), then cut at one half.
func TestMasksAreResized(t *testing.T) {
	for white, want := range map[int][]bool{0: {false, false}, 4: {false, false}, 6: {true, false}, 7: {true, true},
		8: {true, true}, 12: {true, true}} {
		m := &Image{Masks: save(t, white)}
		if got, err := m.ReadMask(2, 1); err != nil || !slices.Equal(got, want) {
			t.Errorf("%d white pixels: %v, %v", white, got, err)
		}
	}
}

func TestWhatIsOddAboutMasksIsSaid(t *testing.T) {
	small, wrong := save(t, 1)[0], filepath.Join(t.TempDir(), "wrong.png")
	if err := os.WriteFile(wrong, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	photo := save(t, 0)[0]
	large := filepath.Join(t.TempDir(), "large.png")
	labelledtest.Save(t, image.NewGray(image.Rect(0, 0, 40, 30)), large)
	tenth := filepath.Join(t.TempDir(), "tenth.png") // 91 and 90 % are white
	for i, name := range []string{"ninety", "more"} {
		p := image.NewGray(image.Rect(0, 0, 10, 10))
		for k := range 90 + i {
			p.Pix[k] = 255
		}
		labelledtest.Save(t, p, tenth+name+".png")
	}
	dim := filepath.Join(t.TempDir(), "dim.JPG")
	grey := image.NewGray(image.Rect(0, 0, 4, 3))
	for k := range 2 {
		grey.Pix[k] = 90
	}
	file, err := os.Create(dim)
	if err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(file, grey, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	file.Close()
	for name, c := range map[string]struct {
		image Image
		want  []string
	}{
		"none":      {Image{Item: dataset.Item{Path: photo}, Defective: true}, nil},
		"fine":      {Image{Item: dataset.Item{Path: photo}, Defective: true, Masks: []string{small}}, nil},
		"no photo":  {Image{Item: dataset.Item{Path: wrong}, Defective: true, Masks: []string{small}}, nil},
		"wide":      {Image{Item: dataset.Item{Path: large}, Defective: true, Masks: []string{small}}, []string{"it is 4 x 3 pixels, its image 40 x 30"}},
		"empty":     {Image{Item: dataset.Item{Path: photo, Label: "dent"}, Defective: true, Masks: save(t, 0)}, []string{"it is empty, though its image is labelled dent"}},
		"of a good": {Image{Item: dataset.Item{Path: photo}, Masks: []string{small}}, []string{"it shows a defect, though its image is labelled good"}},
		"whole":     {Image{Item: dataset.Item{Path: photo}, Defective: true, Masks: save(t, 12)}, []string{"it marks the whole picture"}},
		"most":      {Image{Item: dataset.Item{Path: wrong}, Defective: true, Masks: []string{tenth + "more.png"}}, []string{"it marks 91 % of the picture; if its white"}},
		"much":      {Image{Item: dataset.Item{Path: wrong}, Defective: true, Masks: []string{tenth + "ninety.png"}}, nil},
		"damaged":   {Image{Item: dataset.Item{Path: photo}, Defective: true, Masks: []string{wrong}}, []string{"cannot read"}},
		"dim":       {Image{Item: dataset.Item{Path: photo}, Defective: true, Masks: []string{dim}}, []string{"its brightest value is"}},
	} {
		var texts []string
		for _, p := range c.image.MaskFindings() {
			texts = append(texts, p.Text)
			if p.Path != strings.Join(c.image.Masks, " + ") {
				t.Errorf("%s: %+v", name, p)
			}
		}
		if len(texts) != len(c.want) || len(texts) > 0 && !strings.Contains(texts[0], c.want[0]) {
			t.Errorf("%s: %q, want %q", name, texts, c.want)
		}
	}
}

func TestSummary(t *testing.T) {
	got := Summary([]Problem{{"nut", "a", "is empty"}, {"nut", "b", "has alpha"}, {"nut", "c", "is empty"},
		{"nut", "d", "is empty"}})
	want := []string{"a: is empty (3 like it)", "b: has alpha"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// What alone says whether an image is defective must be read; what cannot is left out, and said.
func TestMasksThatLabel(t *testing.T) {
	root := t.TempDir()
	draw(t, root, "images/a.png", "images/b.png", "images/c.png", "masks/a.png")
	labelledtest.Save(t, picture(0), root, "masks", "c.png")
	bad := write(t, "no picture", root, "masks", "b.png")
	d, err := Open(root, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := describe(t, &d.Classes[0]); !slices.Equal(got, []string{"a.png defective+", "c.png good"}) {
		t.Errorf("got %q", got)
	}
	if len(d.problems) != 1 || !strings.Contains(d.problems[0].Text, bad) ||
		!strings.Contains(d.problems[0].Text, "it is left out") {
		t.Errorf("got %+v", d.problems)
	}
}
