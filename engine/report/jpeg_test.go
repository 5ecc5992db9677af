package report

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"path/filepath"
	"testing"

	"musc/engine/fault"
	"musc/engine/imageio"
)

func TestSurroundingsAreThreePatchesWithinThePhoto(t *testing.T) {
	at := func(x, y int) int { return 16*y + x }
	cases := []struct {
		width, height, patch int
		want                 image.Rectangle
	}{
		{320, 320, at(5, 7), image.Rect(80, 120, 140, 180)}, // patches of 20 pixels, around (110,150)
		{320, 320, at(0, 0), image.Rect(0, 0, 60, 60)},
		{320, 320, at(15, 0), image.Rect(260, 0, 320, 60)},
		{320, 320, at(0, 15), image.Rect(0, 260, 60, 320)},
		{320, 160, at(15, 15), image.Rect(260, 130, 320, 160)},
		{64, 64, at(8, 8), image.Rect(22, 22, 46, 46)}, // 12 pixels are too few
		{5, 5000, at(3, 15), image.Rect(0, 4063, 5, 5000)},
		{1, 1, at(9, 9), image.Rect(0, 0, 1, 1)},
	}
	for _, c := range cases {
		if got := surroundings(c.width, c.height, 16, 16, c.patch); got != c.want {
			t.Errorf("patch %d of %d x %d: %v, want %v", c.patch, c.width, c.height, got, c.want)
		}
	}
}

// In every photo the patch's middle pixel is in its crop, and the crop in the photo.
func TestSurroundingsHoldThePatch(t *testing.T) {
	for _, side := range []int{1, 2, 7, 23, 24, 25, 97, 448, 4001} {
		for _, grid := range []int{1, 2, 3, 16, 37} {
			for patch := range grid * grid {
				area := surroundings(side, side+5, grid, grid, patch)
				middle := image.Pt((2*(patch%grid)+1)*side/(2*grid),
					(2*(patch/grid)+1)*(side+5)/(2*grid))
				if !middle.In(area) || !area.In(image.Rect(0, 0, side, side+5)) {
					t.Fatalf("%d pixels, %d patches: patch %d has %v", side, grid, patch, area)
				}
			}
		}
	}
}

func TestPagePhotosAreGreyOrColoured(t *testing.T) {
	grey := &imageio.RGB{Width: 2, Height: 1, Pix: []uint8{7, 7, 7, 200, 200, 200}}
	coloured := &imageio.RGB{Width: 2, Height: 1, Pix: []uint8{7, 7, 7, 200, 200, 201}}
	for photo, want := range map[*imageio.RGB]color.Model{
		grey: color.GrayModel, coloured: color.YCbCrModel,
	} {
		path := filepath.Join(t.TempDir(), "x.jpg")
		if err := WritePagePhoto(path, photo); err != nil {
			t.Fatal(err)
		}
		header, err := jpeg.DecodeConfig(bytes.NewReader([]byte(read(t, path))))
		if err != nil || header.ColorModel != want || header.Width != 2 || header.Height != 1 {
			t.Errorf("got %v, %v", header, err)
		}
	}
}

func TestPageCropShowsItsPatch(t *testing.T) {
	m := &imageio.RGB{Width: 640, Height: 320, Pix: make([]uint8, 3*640*320)}
	for y := 160; y < 180; y++ { // patch (8,4) of 20 x 40 pixels
		for i := 3 * (640*y + 160); i < 3*(640*y+200); i++ {
			m.Pix[i] = 255
		}
	}
	path := filepath.Join(t.TempDir(), "x.jpg")
	if err := WritePageCrop(path, m, 16, 16, 8*16+4); err != nil {
		t.Fatal(err)
	}
	crop, err := jpeg.Decode(bytes.NewReader([]byte(read(t, path))))
	if err != nil || crop.Bounds() != image.Rect(0, 0, 120, 60) {
		t.Fatalf("%v, %v", crop, err)
	}
	for _, c := range []struct {
		x, y  int
		white bool
	}{
		{45, 25, true}, {75, 35, true},
		{35, 30, false}, {85, 30, false}, {60, 15, false}, {60, 45, false},
	} {
		if r, _, _, _ := crop.At(c.x, c.y).RGBA(); (r > 0x8000) != c.white {
			t.Errorf("pixel (%d,%d) is %x", c.x, c.y, r)
		}
	}
	if err := WritePageCrop(path, m, 16, 16, 256); fault.KindOf(err) != fault.Input {
		t.Errorf("patch 256: %v", err)
	}
}
