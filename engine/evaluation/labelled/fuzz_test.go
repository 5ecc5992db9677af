package labelled

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"musc/engine/dataset"
	"musc/engine/evaluation/labelled/labelledtest"
	"musc/engine/fault"
)

// encoded is a picture as a PNG.
func encoded(f testing.TB, picture image.Image) []byte {
	var text bytes.Buffer
	if err := png.Encode(&text, picture); err != nil {
		f.Fatal(err)
	}
	return text.Bytes()
}

// checkDataset fails unless classes and images have names that folders can have and no two the same, good ones
// and only those have the label good, and no photo is also a mask, nor a mask that of two photos.
func checkDataset(t *testing.T, d *Dataset) {
	t.Helper()
	local := func(name string) bool { return filepath.IsLocal(filepath.FromSlash(name)) && name != "." }
	classes, owner := map[string]bool{}, map[string]string{}
	for _, class := range d.Classes {
		if classes[class.Name] || !local(class.Name) {
			t.Fatalf("the class %q", class.Name)
		}
		classes[class.Name] = true
		names := map[string]bool{}
		for _, image := range class.Test {
			if names[image.Name] || !local(image.Name) || image.Defective != (image.Label != Good) || image.Label == "" {
				t.Fatalf("the image %+v of %q", image, class.Name)
			}
			names[image.Name] = true
			for _, mask := range image.Masks {
				if other, taken := owner[mask]; taken && d.Layout != CSV && d.Layout != VisA {
					t.Fatalf("%s is the mask of %s and of %s", mask, other, image.Path)
				}
				owner[mask] = image.Path
			}
		}
		for _, item := range class.Normal {
			if !local(item.Name) || item.Label == "" && d.Layout != CSV {
				t.Fatalf("the normal image %+v of %q", item, class.Name)
			}
		}
	}
	if d.Layout == CSV || d.Layout == VisA { // which say themselves what is a mask
		return
	}
	for _, class := range d.Classes {
		for _, image := range class.Test {
			if _, mask := owner[image.Path]; mask {
				t.Fatalf("%s is a photo and a mask", image.Path)
			}
		}
	}
}

// Whatever files a folder has, it is a data set in some layout, the same whenever it is opened, or it is refused
// with its name.
func FuzzTree(f *testing.F) {
	for _, list := range []string{
		"test/good/0.png\ntest/hole/1.png\nground_truth/hole/1_mask.png\ntrain/good/2.png",
		"nut/test/good/0.png\nnut/test/logical/1.png\nnut/ground_truth/logical/1/0.png\nnut/validation/good/3.png",
		"nut/test/hole/rgb/0.png\nnut/test/hole/gt/0.png\nnut/train/good/rgb/1.png",
		"nut/test_public/bad/0.png\nnut/test_public/good/1.png\nnut/test_public/ground_truth/bad/0_mask.png",
		"nut/test/ok/0.png\nnut/test/ko/1.png\nnut/ground_truth/ko/1.png",
		"test/1.png\ntest/1_GT.png\ntrain/2.png\ntrain/2_GT.png",
		"kos01/Part0.jpg\nkos01/Part0_label.png\nkos01/Part1.jpg",
		"images/a.png\nimages/b/a.png\nmasks/a_mask.png\nmasks/b/a.png\ntrain/c.png",
		"images/a.png\nimages/a_gt.png\nlabels/a_gt.png\nlabels/a_gt_mask.png\nimages/.hidden.png",
		"Test/NOT good/x.png\ntest/\xff/y.png\ntest/z.png\nGT/x.png",
	} {
		f.Add(list, uint8(255))
	}
	mask, empty := encoded(f, picture(1)), encoded(f, picture(0))
	top := f.TempDir()
	f.Fuzz(func(t *testing.T, list string, layout uint8) {
		files := strings.Split(list, "\n")
		if len(files) > 24 || len(list) > 1000 {
			return
		}
		root := filepath.Join(top, "set") // its name is a class's
		if err := os.RemoveAll(root); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(root, 0o755); err != nil {
			t.Fatal(err)
		}
		for k, file := range files {
			if !filepath.IsLocal(file) || strings.Contains(file, "\x00") {
				continue
			}
			path := filepath.Join(root, file)
			if os.MkdirAll(filepath.Dir(path), 0o755) == nil {
				_ = os.WriteFile(path, [][]byte{mask, empty}[k%2], 0o644) // it may be a folder already
			}
		}
		var name Layout
		if names := Layouts(); int(layout) < len(names) {
			name = Layout(names[layout])
		}
		d, err := Open(root, name)
		if err != nil {
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), root) {
				t.Fatal(err)
			}
			return
		}
		checkDataset(t, d)
		if again, err := Open(root, name); err != nil || !reflect.DeepEqual(again, d) {
			t.Fatalf("opened again: %+v, not %+v, %v", again, d, err)
		}
	})
}

// Whatever a list of labels says, it is the list of a data set, or it is refused with its name.
func FuzzList(f *testing.F) {
	f.Add("image,label,mask,class,split\na.png,good,,nut,train\nb.png,scratch,b_mask.png,nut,test\n", false)
	f.Add("file;label;defect\na.png;0;-\n../a.png;1,0;hole\n..;ng;\n", false)
	f.Add("object,split,label,image,mask\nnut,train,normal,nut/a.png,\nnut,test,anomaly,nut/b.png,nut/c.png\n", true)
	f.Add("image\tlabel\nC:\\a.png\tgood\n/a.png\tbad\n", false)
	f.Add("image,label,class\n\"a\nb.png\",OK,..\n", false)
	top := f.TempDir()
	f.Fuzz(func(t *testing.T, text string, visa bool) {
		root := filepath.Join(top, "list.csv")
		path := root
		if visa {
			root = filepath.Join(top, "visa")
			path = filepath.Join(root, "split_csv", "1cls.csv")
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		d, err := Open(root, "")
		if err != nil {
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), root) {
				t.Fatal(err)
			}
			return
		}
		checkDataset(t, d)
		images := 0
		for _, class := range d.Classes {
			images += len(class.Test) + len(class.Normal)
		}
		if lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1; images >= lines && images > 0 {
			t.Fatalf("%d images in a list of %d lines, of which one is the header", images, lines)
		}
	})
}

// Whatever the file of a ground truth holds, it is a mask of its own size, whose marks are those that it has at
// any other size that is asked for, or it is refused with its name. A second one of it adds nothing.
func FuzzTruth(f *testing.F) {
	for _, white := range []int{0, 1, 11, 12} {
		f.Add(encoded(f, picture(white)))
	}
	soft := image.NewGray16(image.Rect(0, 0, 5, 4))
	for k := range 20 {
		soft.SetGray16(k%5, k/5, color.Gray16{Y: uint16(3000 * k)})
	}
	f.Add(encoded(f, soft))
	see := image.NewNRGBA(image.Rect(0, 0, 3, 3))
	see.Set(1, 1, color.NRGBA{0, 0, 0, 200})
	f.Add(encoded(f, see))
	few := image.NewPaletted(image.Rect(0, 0, 4, 2), color.Palette{color.White, color.RGBA{200, 0, 0, 255}, color.Black})
	few.SetColorIndex(1, 1, 1)
	f.Add(encoded(f, few))
	lossy := filepath.Join(f.TempDir(), "a.jpg")
	labelledtest.Save(f, picture(5), lossy)
	content, err := os.ReadFile(lossy)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	path := filepath.Join(f.TempDir(), "a_mask.png")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		one := &Image{Item: dataset.Item{Path: "a.png"}, Masks: []string{path}}
		found, err := one.readMasks()
		if err != nil {
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
				t.Fatal(err)
			}
			return
		}
		if len(found.Pix) != found.Width*found.Height || found.marked > len(found.Pix) {
			t.Fatalf("%d of %d pixels of %d x %d are marked", found.marked, len(found.Pix), found.Width, found.Height)
		}
		if len(found.Pix) > 1<<14 {
			return
		}
		own, err := one.ReadMask(found.Width, found.Height)
		marked := 0
		for _, is := range own {
			if is {
				marked++
			}
		}
		if err != nil || marked != found.marked {
			t.Fatalf("at its own size %d pixels are marked, not %d, %v", marked, found.marked, err)
		}
		if other, err := one.ReadMask(7, 3); err != nil || len(other) != 21 ||
			found.marked == 0 && slices.Contains(other, true) && !slices.ContainsFunc(found.Pix, func(p uint8) bool { return p > 0 }) {
			t.Fatalf("at 7 x 3 it is %v, %v", other, err)
		}
		twice := &Image{Masks: []string{path, path}}
		if sum, err := twice.readMasks(); err != nil || !bytes.Equal(sum.Pix, found.Pix) {
			t.Fatalf("twice the mask is another: %v", err)
		}
	})
}
