package frame

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/imageio"
)

// writeMask writes a PNG of 2 x 1 pixels.
func writeMask(t *testing.T, path string, left, right color.Color) string {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	picture.Set(0, 0, left)
	picture.Set(1, 0, right)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := png.Encode(file, picture); err != nil {
		t.Fatal(err)
	}
	return path
}

func grey(level uint8) color.Color { return color.Gray{Y: level} }

func TestAMaskIsBlackOrWhite(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		name        string
		left, right color.Color
		want        [2]uint8
	}{
		{"white", grey(0), grey(255), [2]uint8{0, 255}},
		{"the border", grey(127), grey(128), [2]uint8{0, 255}},
		{"a colour", color.NRGBA{255, 0, 0, 255}, color.NRGBA{255, 255, 0, 255}, [2]uint8{0, 255}},
		{"transparent", color.NRGBA{255, 255, 255, 100}, color.NRGBA{255, 255, 255, 200}, [2]uint8{0, 255}},
	} {
		roi, err := ReadROI(writeMask(t, filepath.Join(folder, c.name+".png"), c.left, c.right),
			imageio.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		mask, err := roi.Of("any")
		if err != nil || [2]uint8(mask.Pixels.Pix) != c.want {
			t.Errorf("%s: %v, %v", c.name, mask, err)
		}
	}
}

func TestAMaskThatLeavesNothingSaysSo(t *testing.T) {
	path := writeMask(t, filepath.Join(t.TempDir(), "ones.png"), grey(0), grey(1))
	_, err := ReadROI(path, imageio.Options{})
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) ||
		!strings.Contains(err.Error(), "brightest pixel is 1") {
		t.Error(err)
	}
}

func TestWhatIsNoRegionOfInterest(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text.txt")
	if err := os.WriteFile(text, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(folder, "none"), text, folder} {
		if _, err := ReadROI(path, imageio.Options{}); fault.KindOf(err) != fault.Input ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestMasksOfAFolderBelongToPhotosByName(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"one.png", "line1/two.png", "line1/three_mask.png", "line2/three.png",
		"line2/ö <b>'7.png", ".hidden/four.png", "five.v2.png"} {
		writeMask(t, filepath.Join(folder, name), grey(0), grey(255))
	}
	if err := os.WriteFile(filepath.Join(folder, "one.txt"), []byte("notes"), 0o644); err != nil {
		t.Fatal(err)
	}
	roi, err := ReadROI(folder, imageio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for photo, want := range map[string]string{
		"one.jpg": "one.png", "a/b/one.bmp": "one.png", "two.png": "line1/two.png",
		"line1/two.png": "line1/two.png", "x/line1/two.png": "line1/two.png",
		"line1/three.png": "line1/three_mask.png", "line2/three.png": "line2/three.png",
		"ö <b>'7.tiff": "line2/ö <b>'7.png", "five.v2.png": "five.v2.png",
	} {
		mask, err := roi.Of(photo)
		if err != nil || mask.Name != filepath.Join(folder, filepath.FromSlash(want)) {
			t.Errorf("%s: %+v, %v", photo, mask, err)
		}
	}
	// A mask of another folder's photo is nobody else's.
	for _, photo := range []string{"line2/two.png", "four.png", "five.png", "three.v2.png", ""} {
		if mask, err := roi.Of(photo); fault.KindOf(err) != fault.Input {
			t.Errorf("%q: %+v, %v", photo, mask, err)
		}
	}
	writeMask(t, filepath.Join(folder, "line3/two.png"), grey(0), grey(255))
	if roi, err = ReadROI(folder, imageio.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := roi.Of("two.png"); err == nil || !strings.Contains(err.Error(), "several") {
		t.Errorf("two masks: %v", err)
	}
}

func TestTheChecksumOfAFolderFollowsNamesAndBytes(t *testing.T) {
	sum := func(files map[string]uint8) string {
		folder := t.TempDir()
		for name, level := range files {
			writeMask(t, filepath.Join(folder, name), grey(level), grey(255))
		}
		roi, err := ReadROI(folder, imageio.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return roi.SHA256()
	}
	first := sum(map[string]uint8{"a.png": 0, "b.png": 255})
	if again := sum(map[string]uint8{"b.png": 255, "a.png": 0}); again != first {
		t.Error("the same masks have two checksums")
	}
	for _, other := range []map[string]uint8{{"a.png": 255, "b.png": 0}, {"a.png": 0, "c.png": 255},
		{"a.png": 0}} {
		if sum(other) == first {
			t.Errorf("%v has the checksum of other masks", other)
		}
	}
}

func TestTheChecksumOfAMaskIsThatOfWhatItMeans(t *testing.T) {
	folder := t.TempDir()
	sums := map[string]bool{}
	for name, level := range map[string]uint8{"a.png": 200, "b.png": 255} {
		roi, err := ReadROI(writeMask(t, filepath.Join(folder, name), grey(0), grey(level)), imageio.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sums[roi.SHA256()] = true
	}
	if len(sums) != 1 {
		t.Error("equal masks have two checksums")
	}
}

func TestNoRegionOfInterestIsInNonesWay(t *testing.T) {
	var roi *ROI
	if mask, err := roi.Of("photo.png"); mask != nil || err != nil || roi.SHA256() != "" {
		t.Errorf("%v, %v", mask, err)
	}
}
