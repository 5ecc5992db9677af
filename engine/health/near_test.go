package health

import (
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/imageio"
)

// washers are ten photos of look-alikes, with class tokens.
func washers(t *testing.T) *Batch {
	t.Helper()
	paths, err := filepath.Glob("../../testdata/washer/images/*.png")
	if err != nil || len(paths) < 10 {
		t.Fatal(paths, err)
	}
	b := batchWith(product(1, 10))
	for i := range b.Photos {
		b.Photos[i].Path = paths[i]
	}
	return b
}

// savedAgain writes a photo as JPEG of some size, moved to the right, and returns the path.
func savedAgain(t *testing.T, path string, side, shift int) string {
	t.Helper()
	photo, _, err := imageio.Decode(path, imageio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	photo = photo.Resize(side, side, imageio.Bicubic)
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		x := max(i%side-shift, 0)
		at := photo.Pix[3*(i-i%side+x):]
		m.SetRGBA(i%side, i/side, color.RGBA{at[0], at[1], at[2], 255})
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "again.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := jpeg.Encode(file, m, &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

func TestNearDuplicates(t *testing.T) {
	if findings := Check(washers(t)); len(findings) != 0 {
		t.Errorf("look-alikes: %+v", findings)
	}
	for _, test := range []struct {
		name        string
		side, shift int
	}{{"saved as JPEG", 256, 0}, {"moved", 256, 2}, {"saved smaller", 224, 0}} {
		b := washers(t)
		b.Photos = append(b.Photos, Photo{Name: "again", Path: savedAgain(t, b.Photos[3].Path, test.side,
			test.shift)})
		b.Class = append(b.Class, b.Class[3*width:][:width]...)
		found := only(t, test.name, b, NearDuplicates)
		want := "2 photos show the same thing again: 03.png, again; each hides the other's defects, keep one of each"
		if len(found.Groups) != 1 || !slices.Equal(found.Groups[0], []int{3, 10}) || found.Text != want {
			t.Errorf("%s: %+v", test.name, found)
		}
	}
}

// Files with the same bytes are told as such alone; photos that are gone are passed over.
func TestNearDuplicatesOfOddBatches(t *testing.T) {
	b := washers(t)
	b.Photos = append(b.Photos, b.Photos[3])
	b.Class = append(b.Class, b.Class[3*width:][:width]...)
	b.Photos[3].Digest, b.Photos[10].Digest = "same", "same"
	only(t, "copies", b, Duplicates)

	for i := range b.Photos {
		b.Photos[i].Digest = ""
		b.Photos[i].Path = strings.Replace(b.Photos[i].Path, "images", "gone", 1)
	}
	if findings := Check(b); len(findings) != 0 {
		t.Errorf("photos that are gone: %+v", findings)
	}
}

// flat is a picture of 224 x 224 pixels by a rule.
func flat(shade func(x, y int) uint8) picture {
	grey := &imageio.Grey{Width: pictureSide, Height: pictureSide,
		Pix: make([]uint8, pictureSide*pictureSide)}
	for i := range grey.Pix {
		grey.Pix[i] = shade(i%pictureSide, i/pictureSide)
	}
	return pictureOf(grey)
}

func TestAlike(t *testing.T) {
	noise := func(seed uint32) func(x, y int) uint8 {
		return func(x, y int) uint8 {
			h := (uint32(x)*2654435761 + uint32(y)*40503 + seed) * 2246822519
			return uint8((h ^ h>>15) * 3266489917 >> 27)
		}
	}
	one := noise(1)
	for _, test := range []struct {
		name      string
		a, b      picture
		low, high float64
	}{
		{"itself", flat(one), flat(one), .999, 1.001},
		{"moved by 2 and 3", flat(one), flat(func(x, y int) uint8 { return one(x+2, y-3) }), .98, 1.001},
		{"moved too far", flat(one), flat(func(x, y int) uint8 { return one(x+9, y) }), 0, .2},
		{"lighter", flat(one), flat(func(x, y int) uint8 { return 100 + one(x, y) }), .999, 1.001},
		{"in another light", flat(one), flat(func(x, y int) uint8 { return one(x, y) + uint8(x/2) }), .98, 1.001},
		{"other noise", flat(one), flat(noise(7)), -.1, .2},
		{"the same edge, other noise", flat(func(x, y int) uint8 { return one(x, y) + 200*uint8(x/112) }),
			flat(func(x, y int) uint8 { return noise(7)(x, y) + 200*uint8(x/112) }), -.1, .3},
		{"one shade", flat(func(int, int) uint8 { return 9 }), flat(one), 0, 0},
	} {
		if r := alike(test.a, test.b); r < test.low || r > test.high {
			t.Errorf("%s: %v, not from %v to %v", test.name, r, test.low, test.high)
		}
	}
}
