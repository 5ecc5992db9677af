package frame

import (
	"bytes"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/imageio"
)

// small is a model of 4 x 4 patches of 3 pixels.
var small = Model{ImageSize: 12, Patch: 3, Height: 4, Width: 4}

// noise is a photo of random pixels.
func noise(width, height int) *imageio.RGB {
	random := rand.New(rand.NewPCG(uint64(width), uint64(height)))
	m := imageio.Plain(width, height, [3]uint8{})
	for i := range m.Pix {
		m.Pix[i] = uint8(random.Uint32())
	}
	return m
}

func cut(t *testing.T, o Options, photo *imageio.RGB, m Model, mask *Mask) ([]View, Place) {
	t.Helper()
	if err := o.Check(m); err != nil {
		t.Fatal(err)
	}
	views, place, err := o.Cut(photo, m, mask)
	if err != nil {
		t.Fatal(err)
	}
	return views, place
}

func TestZeroOptionsAreTheResizedPhoto(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 50}, {12, 12}, {13, 7}, {40, 30}} {
		photo := noise(size[0], size[1])
		views, place := cut(t, Options{}, photo, small, nil)
		want := photo.Resize(12, 12, imageio.Bicubic)
		if len(views) != 1 || !bytes.Equal(views[0].Pixels.Pix, want.Pix) || views[0].Active != nil ||
			views[0].Tile != 0 || views[0].Turn != 0 || place != (Place{}) {
			t.Errorf("%v: %+v at %+v", size, views, place)
		}
	}
}

func TestTilesAreCutFromOneResizedPhotoAtPatchBorders(t *testing.T) {
	o := Options{Tiles: Tiles{Rows: 2, Columns: 3, Overlap: 1}}
	height, width := o.Canvas(small)
	if height != 7 || width != 10 {
		t.Fatalf("the canvas is %d x %d patches", height, width)
	}
	photo := noise(50, 20)
	views, place := cut(t, o, photo, small, nil)
	canvas := photo.Resize(30, 21, imageio.Bicubic)
	if len(views) != o.Views() || place != (Place{}) {
		t.Fatalf("%d views at %+v", len(views), place)
	}
	for k, view := range views {
		want := canvas.Crop(k%3*9, k/3*9, 12, 12)
		if view.Tile != k || view.Active != nil || !bytes.Equal(view.Pixels.Pix, want.Pix) {
			t.Errorf("tile %d is another part of the canvas", k)
		}
	}
}

func TestPlace(t *testing.T) {
	crop := Rect{10, 20, 30, 40}
	for _, c := range []struct {
		name          string
		o             Options
		width, height int
		want          Place
	}{
		{"the whole photo", Options{}, 100, 50, Place{}},
		{"a crop", Options{Crop: crop}, 40, 60, Place{Area: crop}},
		{"a crop of everything", Options{Crop: Rect{0, 0, 30, 40}}, 30, 40, Place{}},
		{"a square one keeps its aspect anyway", Options{KeepAspect: true}, 70, 70, Place{}},
		{"a wide one", Options{KeepAspect: true}, 100, 50, Place{Top: 1, Rows: 2, Columns: 4}},
		{"a high one", Options{KeepAspect: true}, 50, 100, Place{Left: 1, Rows: 4, Columns: 2}},
		{"halves of a patch are rounded up", Options{KeepAspect: true}, 80, 50,
			Place{Top: 0, Rows: 3, Columns: 4}},
		{"nearly square fills the canvas", Options{KeepAspect: true}, 100, 95, Place{}},
		{"an extreme one has a patch", Options{KeepAspect: true}, 1000, 1,
			Place{Top: 1, Rows: 1, Columns: 4}},
		{"the aspect is the crop's", Options{Crop: Rect{0, 0, 10, 20}, KeepAspect: true}, 40, 40,
			Place{Area: Rect{0, 0, 10, 20}, Left: 1, Rows: 4, Columns: 2}},
		{"the canvas has the photo's aspect", Options{KeepAspect: true, Tiles: Tiles{Rows: 1, Columns: 2}},
			200, 100, Place{}},
	} {
		got, err := c.o.Place(small, c.width, c.height)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v instead of %+v", c.name, got, err, c.want)
		}
	}
}

func TestACropOutsideThePhotoIsAnInputError(t *testing.T) {
	for _, crop := range []Rect{{0, 0, 41, 10}, {31, 0, 10, 10}, {0, 26, 10, 5}, {40, 0, 1, 1},
		{math.MaxInt, 0, math.MaxInt, 1}} {
		_, err := Options{Crop: crop}.Place(small, 40, 30)
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "40 x 30") {
			t.Errorf("%v: %v", crop, err)
		}
	}
}

func TestContentIsCutFromTheScoresOfACanvas(t *testing.T) {
	scores := make([]float64, 16)
	for i := range scores {
		scores[i] = float64(i)
	}
	sub, rows, columns := Place{Top: 1, Left: 1, Rows: 2, Columns: 3}.Cut(scores, 4, 4)
	if rows != 2 || columns != 3 || !slices.Equal(sub, []float64{5, 6, 7, 9, 10, 11}) {
		t.Errorf("%v, %d x %d", sub, rows, columns)
	}
	place := Place{Top: 1, Left: 1, Rows: 2, Columns: 3}
	for patch, want := range map[int]int{5: 0, 7: 2, 9: 3, 11: 5, 0: 0, 3: 2, 15: 5, 4: 0} {
		if got := place.Patch(patch, 4, 4); got != want {
			t.Errorf("patch %d is %d of the content instead of %d", patch, got, want)
		}
	}
	if all, rows, columns := (Place{}).Cut(scores, 4, 4); rows != 4 || columns != 4 || len(all) != 16 {
		t.Errorf("%v, %d x %d", all, rows, columns)
	}
}

func TestLetterboxedPhotoIsScaledByOneFactorAndItsBordersTakeNoPart(t *testing.T) {
	photo := noise(40, 20)
	views, place := cut(t, Options{KeepAspect: true}, photo, small, nil)
	if place != (Place{Top: 1, Rows: 2, Columns: 4}) || len(views) != 1 {
		t.Fatalf("%d views at %+v", len(views), place)
	}
	for p, active := range views[0].Active {
		if want := p/4 == 1 || p/4 == 2; active != want {
			t.Errorf("patch %d is active: %v", p, active)
		}
	}
	middle := views[0].Pixels.Crop(0, 3, 12, 6)
	if !bytes.Equal(middle.Pix, photo.Resize(12, 6, imageio.Bicubic).Pix) {
		t.Error("the content is not the resized photo")
	}
	if above := views[0].Pixels.Crop(0, 0, 12, 3); !bytes.Equal(above.Pix,
		imageio.Plain(12, 3, padding).Pix) {
		t.Error("there is something above the content")
	}
}

func TestQuartersOfASquareMovePatches(t *testing.T) {
	photo := noise(12, 12)
	mask := &Mask{Name: "m", Pixels: &imageio.Grey{Width: 4, Height: 4, Pix: make([]uint8, 16)}}
	for _, p := range []int{1, 4, 5, 11} {
		mask.Pixels.Pix[p] = 255
	}
	views, _ := cut(t, Options{Turns: 4}, photo, small, mask)
	if len(views) != 4 {
		t.Fatalf("%d views", len(views))
	}
	for turn, view := range views {
		for i := range 12 {
			for j := range 12 {
				y, x := i, j
				for range turn { // back by a quarter
					y, x = 11-x, y
				}
				if [3]uint8(view.Pixels.Pix[3*(12*i+j):]) != [3]uint8(photo.Pix[3*(12*y+x):]) {
					t.Fatalf("turn %d: pixel %d,%d is not that at %d,%d", turn, i, j, y, x)
				}
				if view.Active[i/3*4+j/3] != (mask.Pixels.Pix[y/3*4+x/3] > 0) {
					t.Fatalf("turn %d: patch of %d,%d", turn, i, j)
				}
			}
		}
	}
}

func TestOtherTurnsLeaveOutWhatTheyDoNotShow(t *testing.T) {
	m := Model{ImageSize: 60, Patch: 10, Height: 6, Width: 6}
	views, _ := cut(t, Options{Turns: 8}, noise(60, 60), m, nil)
	if len(views) != 8 || views[1].Turn != 1 || views[2].Active != nil {
		t.Fatalf("%d views", len(views))
	}
	corners, middle := []int{0, 5, 30, 35}, []int{14, 15, 20, 21}
	for _, p := range corners {
		if views[1].Active[p] {
			t.Errorf("the corner %d takes part at an eighth of a turn", p)
		}
	}
	for _, p := range middle {
		if !views[1].Active[p] {
			t.Errorf("patch %d in the middle takes no part at an eighth of a turn", p)
		}
	}
}

func TestAPlainPhotoStaysPlainAtEveryTurn(t *testing.T) {
	colour := [3]uint8{10, 200, 77}
	m := Model{ImageSize: 40, Patch: 4, Height: 10, Width: 10}
	views, _ := cut(t, Options{Turns: 7}, imageio.Plain(9, 9, colour), m, nil)
	for _, view := range views {
		for p := range m.Height * m.Width {
			if view.Active != nil && !view.Active[p] {
				continue
			}
			part := view.Pixels.Crop(p%10*4, p/10*4, 4, 4)
			if !bytes.Equal(part.Pix, imageio.Plain(4, 4, colour).Pix) {
				t.Fatalf("turn %d: patch %d has another colour", view.Turn, p)
			}
		}
	}
}

func TestTilesOutsideTheMaskAreLeftOut(t *testing.T) {
	o := Options{Tiles: Tiles{Rows: 2, Columns: 2}}
	mask := &Mask{Name: "m", Pixels: &imageio.Grey{Width: 8, Height: 8, Pix: make([]uint8, 64)}}
	mask.Pixels.Pix[8*6+1] = 255 // of the third tile
	views, _ := cut(t, o, noise(30, 30), small, mask)
	if len(views) != 1 || views[0].Tile != 2 || !views[0].Active[2*4+1] {
		t.Errorf("%+v", views)
	}
}

func TestAPatchIsActiveIfHalfOfItsPixelsAreInTheMask(t *testing.T) {
	m := Model{ImageSize: 8, Patch: 4, Height: 2, Width: 2}
	pixels := &imageio.Grey{Width: 8, Height: 8, Pix: make([]uint8, 64)}
	for i := range 8 {
		pixels.Pix[i] = 128 // rows 0 and 1 of both upper patches but one pixel
	}
	copy(pixels.Pix[8:], bytes.Repeat([]uint8{128}, 7))
	views, _ := cut(t, Options{}, noise(8, 8), m, &Mask{"m", pixels})
	if !slices.Equal(views[0].Active, []bool{true, false, false, false}) {
		t.Errorf("%v", views[0].Active)
	}
}

func TestMasksOfAnotherSizeAndAspect(t *testing.T) {
	left := func(width, height int) *Mask { // the left half is white
		pixels := &imageio.Grey{Width: width, Height: height, Pix: make([]uint8, width*height)}
		for i := range pixels.Pix {
			if i%width < width/2 {
				pixels.Pix[i] = 255
			}
		}
		return &Mask{"mask.png", pixels}
	}
	for _, size := range [][2]int{{40, 30}, {400, 300}, {8, 6}, {41, 30}, {10, 7}} {
		views, _ := cut(t, Options{}, noise(40, 30), small, left(size[0], size[1]))
		for p, active := range views[0].Active {
			if active != (p%4 < 2) {
				t.Errorf("%v: patch %d is active: %v", size, p, active)
			}
		}
	}
	for _, size := range [][2]int{{30, 40}, {40, 40}, {400, 200}} {
		_, _, err := Options{}.Cut(noise(40, 30), small, left(size[0], size[1]))
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "mask.png") {
			t.Errorf("%v: %v", size, err)
		}
	}
	crop := Options{Crop: Rect{20, 0, 20, 30}}
	_, _, err := crop.Cut(noise(40, 30), small, left(40, 30))
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "crop 20,0,20,30") {
		t.Errorf("nothing is left: %v", err)
	}
}

func TestResolve(t *testing.T) {
	vit := Model{ImageSize: 518, Patch: 14, Height: 37, Width: 37}
	base := Model{ImageSize: 224, Patch: 16, Height: 14, Width: 14}
	auto := Options{Tiles: Tiles{Auto: true, Overlap: 2}}
	photo := image.Pt(4000, 3000)
	for _, c := range []struct {
		name  string
		o     Options
		m     Model
		sizes []image.Point
		want  string
	}{
		{"a few large tiles", auto, vit, []image.Point{photo}, "3x4"},
		{"no more than 8 along an axis, at the photo's aspect", auto, base, []image.Point{photo}, "6x8"},
		{"small photos are seen whole", auto, vit, []image.Point{{900, 700}}, "1x1"},
		{"the median counts", auto, vit, []image.Point{{9000, 9000}, photo, photo, {10, 10}, photo}, "3x4"},
		{"the crop counts", Options{Crop: Rect{0, 0, 900, 3000}, Tiles: auto.Tiles}, vit,
			[]image.Point{photo}, "3x1"},
		{"no photo", auto, vit, nil, "1x1"},
		{"a line", auto, vit, []image.Point{{100000, 1}}, "1x8"},
		{"asked for", Options{Tiles: Tiles{Rows: 2, Columns: 5}}, vit, []image.Point{photo}, "2x5"},
	} {
		got, why := Resolve(c.o, c.sizes, c.m)
		if got.Tiles.Auto || got.Tiles.String() != c.want || (why != "") != c.o.Tiles.Auto {
			t.Errorf("%s: %s, %q instead of %s", c.name, got.Tiles, why, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, o := range []Options{
		{Crop: Rect{-1, 0, 5, 5}}, {Crop: Rect{0, 0, 0, 5}}, {Tiles: Tiles{Rows: -1, Columns: 2}},
		{Tiles: Tiles{Rows: 2, Columns: 65}}, {Tiles: Tiles{Rows: 2, Columns: 2, Overlap: 3}},
		{Tiles: Tiles{Overlap: -1}}, {Turns: -1}, {Turns: 361},
	} {
		if err := o.Check(small); fault.KindOf(err) != fault.Usage {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []Options{{}, {Tiles: Tiles{Rows: 64, Columns: 64, Overlap: 2}}, {Turns: 360}} {
		if err := o.Check(small); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestParse(t *testing.T) {
	if r, err := ParseCrop(" 1, 2,3,4"); err != nil || r != (Rect{1, 2, 3, 4}) || r.String() != "1,2,3,4" {
		t.Errorf("%v, %v", r, err)
	}
	for _, text := range []string{"", "1,2,3", "1,2,3,4,5", "a,b,c,d", "0,0,0,4", "-1,0,2,2", "1.5,0,2,2"} {
		if _, err := ParseCrop(text); fault.KindOf(err) != fault.Usage {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]Tiles{"2x3": {Rows: 2, Columns: 3, Overlap: 2},
		"4X1": {Rows: 4, Columns: 1, Overlap: 2}, "1x1": {}, "auto": {Auto: true, Overlap: 2}} {
		if got, err := ParseTiles(text); err != nil || got != want ||
			!strings.EqualFold(got.String(), text) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2", "x", "0x2", "2x65", "2x3x4", "-1x2"} {
		if _, err := ParseTiles(text); fault.KindOf(err) != fault.Usage {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Whatever the photo's sides, the content is within the canvas and has the Area's aspect as nearly as
// whole patches allow.
func TestLetterboxesOfAllShapes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		o := Options{KeepAspect: true, Tiles: Tiles{Rows: 1 + random.IntN(4), Columns: 1 + random.IntN(4),
			Overlap: random.IntN(3)}}
		width, height := 1+random.IntN(5000), 1+random.IntN(5000)
		place, err := o.Place(small, width, height)
		if err != nil {
			t.Fatal(err)
		}
		canvasRows, canvasColumns := o.Canvas(small)
		top, left, rows, columns := place.Content(canvasRows, canvasColumns)
		scale := min(float64(canvasRows)/float64(height), float64(canvasColumns)/float64(width))
		wantRows, wantColumns := max(scale*float64(height), 1), max(scale*float64(width), 1)
		if top < 0 || left < 0 || top+rows > canvasRows || left+columns > canvasColumns ||
			math.Abs(float64(rows)-wantRows) > 0.5+1e-9 ||
			math.Abs(float64(columns)-wantColumns) > 0.5+1e-9 {
			t.Fatalf("%+v of %d x %d: %+v", o, width, height, place)
		}
	}
}
