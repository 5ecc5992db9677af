package report

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/results"
	"musc/engine/verdict"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

func photo(width, height int) *imageio.RGB {
	m := &imageio.RGB{Width: width, Height: height, Pix: make([]uint8, 3*width*height)}
	for i := range width * height {
		m.Pix[3*i], m.Pix[3*i+1], m.Pix[3*i+2] = uint8(3*i), uint8(i/width*5), 90
	}
	return m
}

func picture(width, height int) Picture {
	return Picture{Name: "line 1/part 007.png", Score: 0.8125, Rank: 1, Images: 20,
		Photo: photo(width, height), Scores: []float64{0.1, 0.2, 0.9, 0.3, 0.5, 0.4}, Height: 2, Width: 3}
}

func open(t *testing.T, path string) image.Image {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader([]byte(read(t, path))))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return decoded
}

// Pixels are compared, not bytes: those belong to the compressor of the Go release.
func compareGolden(t *testing.T, path, golden string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(read(t, path)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, want := open(t, path), open(t, golden)
	if got.Bounds() != want.Bounds() {
		t.Fatalf("the picture spans %v, the golden one %v", got.Bounds(), want.Bounds())
	}
	for y := range got.Bounds().Dy() {
		for x := range got.Bounds().Dx() {
			if got.At(x, y) != want.At(x, y) {
				t.Fatalf("pixel (%d,%d) is %v, want %v", x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
}

func TestOverlayIsTheGoldenPicture(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.png")
	err := WriteOverlay(path, picture(80, 60), Scale{Low: 0.2, High: 0.9}, DefaultLongerSide)
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, path, "testdata/overlay.png")
}

func TestOverlayWithAVerdictIsTheGoldenPicture(t *testing.T) {
	path, p := filepath.Join(t.TempDir(), "x.png"), picture(80, 160)
	p.Verdict, p.Before, p.Threshold = verdict.Defective, p.Score, 0.45
	scale := Scale{Low: 0.2, High: 0.9, Threshold: 0.45}
	if err := WriteOverlay(path, p, scale, DefaultLongerSide); err != nil {
		t.Fatal(err)
	}
	compareGolden(t, path, "testdata/overlay_verdict.png")
}

func TestOverlaysDrawnAtOnceAreTheSameBytes(t *testing.T) {
	folder := t.TempDir()
	errs := make(chan error)
	file := func(i int) string { return filepath.Join(folder, fmt.Sprint(i), "x.png") }
	const writers = 8
	for i := range writers {
		go func() {
			errs <- WriteOverlay(file(i), picture(300, 200), Scale{Low: 0.2, High: 0.9}, 250)
		}()
	}
	for range writers {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	for i := range writers {
		if read(t, file(i)) != read(t, file(0)) {
			t.Errorf("overlay %d differs from the first", i)
		}
	}
}

func TestPhotoShowsBelowTheScaleAndColourAtItsTop(t *testing.T) {
	p := picture(3, 2) // one pixel a patch
	drawn, err := p.draw(DefaultLongerSide, Scale{Low: 0.2, High: 0.9})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 1} { // 0.1 and 0.2
		want := color.RGBA{p.Photo.Pix[3*i], p.Photo.Pix[3*i+1], p.Photo.Pix[3*i+2], 255}
		if got := drawn.RGBAAt(i, 0); got != want {
			t.Errorf("below the scale the photo's %v became %v", want, got)
		}
	}
	if got := drawn.RGBAAt(2, 0); got.R < 220 || got.G < 220 || got.B > 170 {
		t.Errorf("the top of the scale is %v, not yellow", got)
	}
}

func TestColoursBrightenStepByStep(t *testing.T) {
	for _, scale := range []Scale{{Low: 0, High: 1}, {Low: 0, High: 1, Threshold: 0.3}} {
		before, opacity := -1.0, -1
		for level, c := range scale.Colours() {
			luma := 0.2126*float64(c[0]) + 0.7152*float64(c[1]) + 0.0722*float64(c[2])
			if luma < before-0.6 { // anchors and mixtures are whole numbers
				t.Fatalf("level %d is darker than level %d: %v", level, level-1, c)
			}
			if int(c[3]) < opacity {
				t.Fatalf("level %d covers less than level %d", level, level-1)
			}
			before, opacity = luma, int(c[3])
		}
	}
}

// The rule of the colours around a threshold: what is good shows its photo, what reaches the threshold
// has a colour that is seen, and what is far above it nothing but its colour.
func TestColoursSayWhatTheThresholdSays(t *testing.T) {
	scale := Scale{Low: 0.2, High: 0.5, Threshold: 0.3}
	colours := scale.Colours()
	for _, c := range []struct {
		value       float64
		least, most int // opacity, of 255
	}{
		{0.19, 0, 0}, {0.2, 0, 0}, {0.25, 0, 38}, {0.27, 38, 64},
		{0.3, 114, 128}, {0.31, 124, 160}, {0.5, 220, 255},
	} {
		if got := int(colours[scale.Level(c.value)][3]); got < c.least || got > c.most {
			t.Errorf("%v covers %d of 255", c.value, got)
		}
	}
	if plain := (Scale{Low: 0.2, High: 0.5}).Colours(); plain[64][3] <= colours[64][3] {
		t.Errorf("a quarter up, a scale without threshold covers %d of 255, one with it %d",
			plain[64][3], colours[64][3])
	}
}

func TestOverlaysOfExtremeSizes(t *testing.T) {
	for _, size := range [][4]int{ // width and height of the photo, and as drawn
		{1, 1, 1, 1}, {1, 5000, 1, 1024}, {5000, 1, 1024, 1}, {1025, 700, 1024, 699}, {1024, 3, 1024, 3},
	} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), results.OverlaysFolder, "a", "b", "x.png")
			p := picture(size[0], size[1])
			if err := WriteOverlay(path, p, Scale{Low: 0.1, High: 0.9}, DefaultLongerSide); err != nil {
				t.Fatal(err)
			}
			bounds := open(t, path).Bounds()
			if bounds.Dx() < size[2]+2*margin || bounds.Dy() < max(size[3], leastBar) {
				t.Fatalf("the picture spans %v", bounds)
			}
			drawn, err := p.draw(DefaultLongerSide, Scale{})
			if err != nil || drawn.Bounds().Size() != image.Pt(size[2], size[3]) {
				t.Fatalf("the photo spans %v, %v", drawn.Bounds(), err)
			}
		})
	}
}

func TestConstantMapLeavesThePhoto(t *testing.T) {
	p := picture(9, 7)
	p.Scores = slices.Repeat([]float64{0.4}, 6)
	drawn, err := p.draw(DefaultLongerSide, Scale{Low: 0.4, High: 0.4})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 63 {
		if !bytes.Equal(drawn.Pix[4*i:4*i+3], p.Photo.Pix[3*i:3*i+3]) {
			t.Fatalf("pixel %d changed", i)
		}
	}
	path := filepath.Join(t.TempDir(), "x.png")
	if err := WriteOverlay(path, p, Scale{Low: 0.4, High: 0.4}, DefaultLongerSide); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestBrokenPicturesAreNamed(t *testing.T) {
	cases := map[string]func(p *Picture){
		"NaN":             func(p *Picture) { p.Scores[3] = math.NaN() },
		"infinite":        func(p *Picture) { p.Scores[0] = math.Inf(1) },
		"no photo":        func(p *Picture) { p.Photo = nil },
		"short photo":     func(p *Picture) { p.Photo.Pix = p.Photo.Pix[1:] },
		"empty photo":     func(p *Picture) { p.Photo = &imageio.RGB{} },
		"no grid":         func(p *Picture) { p.Height = 0 },
		"scores too few":  func(p *Picture) { p.Scores = p.Scores[:5] },
		"negative extent": func(p *Picture) { p.Height, p.Width = -2, -3 },
	}
	for name, breakIt := range cases {
		t.Run(name, func(t *testing.T) {
			p := picture(8, 8)
			breakIt(&p)
			p = p.Shrunk(4)
			path := filepath.Join(t.TempDir(), "x.png")
			for _, err := range []error{
				WriteOverlay(path, p, Scale{Low: 0, High: 1}, DefaultLongerSide),
				WriteOverview(path, []Picture{p}, nil, Scale{Low: 0, High: 1}),
			} {
				if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), p.Name) {
					t.Errorf("got %v", err)
				}
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("a file was written")
			}
		})
	}
}

func TestCaptions(t *testing.T) {
	p := picture(9, 7)
	for _, c := range []struct {
		verdict                  verdict.Verdict
		score, before, threshold float64
		want                     string
	}{
		{verdict.None, 0.412, 0.412, 0, "score 0.412, rank 2 of 37, map up to 0.900"},
		{verdict.None, 0.412, 0.6, 0, "score 0.412, rank 2 of 37, map up to 0.900"},
		{verdict.Defective, 0.412, 0.412, 0.347,
			"score 0.412, defective (threshold 0.347), rank 2 of 37, map up to 0.900"},
		{verdict.Review, 0.34, 0.34, 0.347,
			"score 0.340, review (threshold 0.347), rank 2 of 37, map up to 0.900"},
		{verdict.Good, 0.98, 0.3, 1e308,
			"score 0.980 (0.300 before RsCIN), good (threshold 1e+308), rank 2 of 37, map up to 0.900"},
	} {
		p.Verdict, p.Score, p.Before, p.Threshold = c.verdict, c.score, c.before, c.threshold
		p.Rank, p.Images = 2, 37
		if got := p.caption(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// A narrow photo's caption is whole: the picture is as wide as it.
func TestCaptionsAreNotCut(t *testing.T) {
	p := picture(3, 2)
	p.Verdict, p.Score, p.Before, p.Threshold = verdict.Defective, 1, 0.4, 0.347
	path := filepath.Join(t.TempDir(), "x.png")
	if err := WriteOverlay(path, p, Scale{Low: 0.2, High: 0.9, Threshold: 0.347}, 100); err != nil {
		t.Fatal(err)
	}
	letters, err := newLettering(13)
	if err != nil {
		t.Fatal(err)
	}
	if want := measure(letters.regular, p.caption()) + 2*margin; open(t, path).Bounds().Dx() != want {
		t.Errorf("%d pixels wide, the caption %d", open(t, path).Bounds().Dx(), want)
	}
}

func TestLongNamesKeepTheirEnd(t *testing.T) {
	letters, err := newLettering(15)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("folder/", 40) + "part 007.png"
	got := cut(letters.regular, text, 200)
	if measure(letters.regular, got) > 200 || !strings.HasSuffix(got, "part 007.png") ||
		!strings.HasPrefix(got, ellipsis) {
		t.Errorf("got %q", got)
	}
	if got := cut(letters.regular, "short.png", 200); got != "short.png" {
		t.Errorf("got %q", got)
	}
}

func BenchmarkWriteOverlay(b *testing.B) {
	path, p := filepath.Join(b.TempDir(), "x.png"), picture(1024, 768)
	for b.Loop() {
		if err := WriteOverlay(path, p, Scale{Low: 0.2, High: 0.9}, DefaultLongerSide); err != nil {
			b.Fatal(err)
		}
	}
}

func TestOnlyTheAreaHasHeat(t *testing.T) {
	p := picture(40, 30)
	p.Area = image.Rect(8, 4, 28, 30)
	scale := Scale{Low: 0, High: 0.05} // all of the map is at its top
	drawn, err := p.draw(100, scale)
	if err != nil {
		t.Fatal(err)
	}
	around := p.Area.Inset(-1)
	for y := range 30 {
		for x := range 40 {
			got, photo := drawn.RGBAAt(x, y), p.Photo.Pix[3*(40*y+x):]
			want := color.RGBA{photo[0], photo[1], photo[2], 255}
			switch at := image.Pt(x, y); {
			case at.In(p.Area):
				want = scale.levels()[255].over(want)
			case at.In(around):
				want = line
			}
			if got != want {
				t.Fatalf("pixel %d,%d is %v instead of %v", x, y, got, want)
			}
		}
	}
}

func TestAPictureOfItsAreaIsThatOfTheCroppedPhoto(t *testing.T) {
	p := picture(40, 30)
	p.Area = image.Rect(8, 4, 28, 30)
	cropped := picture(40, 30)
	cropped.Photo = cropped.Photo.Crop(8, 4, 20, 26)
	scale := Scale{Low: 0.2, High: 0.9}
	for _, side := range []int{100, 9} {
		got, err := p.OfArea().draw(side, scale)
		if err != nil {
			t.Fatal(err)
		}
		want, err := cropped.draw(side, scale)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("at %d pixels they differ", side)
		}
	}
	if whole := picture(40, 30).OfArea(); whole.Photo.Width != 40 {
		t.Errorf("without an area it is %d pixels wide", whole.Photo.Width)
	}
}

func TestAnAreaShrinksWithItsPhotoDownToAPixel(t *testing.T) {
	for _, c := range []struct{ area, want image.Rectangle }{
		{image.Rect(0, 0, 40, 30), image.Rect(0, 0, 20, 15)},
		{image.Rect(10, 10, 30, 20), image.Rect(5, 5, 15, 10)},
		{image.Rect(39, 29, 40, 30), image.Rect(19, 14, 20, 15)},
		{image.Rect(3, 3, 4, 4), image.Rect(2, 2, 3, 3)},
		{image.Rectangle{}, image.Rectangle{}},
	} {
		p := picture(40, 30)
		p.Area = c.area
		if got := p.Shrunk(20).Area; got != c.want {
			t.Errorf("%v became %v instead of %v", c.area, got, c.want)
		}
		if _, err := p.draw(20, Scale{High: 1}); err != nil {
			t.Errorf("%v: %v", c.area, err)
		}
	}
}

func TestAnAreaOutsideThePhotoIsAnError(t *testing.T) {
	p := picture(40, 30)
	p.Area = image.Rect(30, 0, 41, 30)
	if _, err := p.draw(20, Scale{High: 1}); fault.KindOf(err) != fault.Internal || err == nil {
		t.Error(err)
	}
}

// The middle patches of a row of five took part: their pixels are those nearer to them.
func TestALineRunsAroundThePatchesThatTookPart(t *testing.T) {
	p := Picture{Name: "x", Photo: photo(41, 20), Scores: []float64{0, 0.5, 0.4, 0, 0}, Height: 1, Width: 5}
	drawn, err := p.draw(100, Scale{Low: 1, High: 2}) // without heat
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for x := range 41 {
		if drawn.RGBAAt(x, 10) == line {
			lines = append(lines, x)
		}
	}
	if !slices.Equal(lines, []int{4, 25}) {
		t.Errorf("lines at %v", lines)
	}
	p.Scores = make([]float64, 5)
	if drawn, err = p.draw(100, Scale{Low: 1, High: 2}); err != nil || drawn.RGBAAt(4, 10) == line {
		t.Errorf("a line around nothing, %v", err)
	}
}
