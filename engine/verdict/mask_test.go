package verdict

import (
	"bytes"
	"errors"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestMaskShowsTheRegions(t *testing.T) {
	for _, c := range []struct {
		drawing string
		regions []Region // not in the order of their rows
	}{
		{"###########", []Region{{Runs: []Run{{0, 0, 11}}}}},
		{"...........", nil},
		{"#", []Region{{Runs: []Run{{0, 0, 1}}}}},
		{".#......##. ........... #......###.", []Region{
			{Runs: []Run{{2, 7, 10}}}, {Runs: []Run{{0, 8, 10}}}, {Runs: []Run{{0, 1, 2}}}, {Runs: []Run{{2, 0, 1}}}}},
	} {
		lines := strings.Fields(c.drawing)
		width, height := len(lines[0]), len(lines)
		path := filepath.Join(t.TempDir(), "masks", "line <1>", "a\"b.png")
		if err := WriteMask(path, width, height, c.regions); err != nil {
			t.Fatal(err)
		}
		first, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if depth, colours := first[24], first[25]; depth != 1 || colours != 3 {
			t.Errorf("%d bits a sample, colour type %d", depth, colours)
		}
		picture, err := png.Decode(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		if size := picture.Bounds().Size(); size.X != width || size.Y != height {
			t.Fatalf("%v, want %d x %d", size, width, height)
		}
		for y, line := range lines {
			for x, want := range line {
				grey := color.GrayModel.Convert(picture.At(x, y)).(color.Gray).Y
				if (grey == 255) != (want == '#') || grey != 0 && grey != 255 {
					t.Errorf("%q: pixel %d, %d is %d", c.drawing, x, y, grey)
				}
			}
		}
		if err := WriteMask(path, width, height, c.regions); err != nil {
			t.Fatal(err)
		}
		if again, _ := os.ReadFile(path); !bytes.Equal(first, again) {
			t.Error("another file on the second run")
		}
	}
}

func TestMaskOfAnotherPhoto(t *testing.T) {
	for _, r := range []Run{{-1, 0, 1}, {3, 0, 1}, {0, -1, 1}, {0, 2, 5}, {0, 2, 2}} {
		path := filepath.Join(t.TempDir(), "a.png")
		if err := WriteMask(path, 4, 3, []Region{{Runs: []Run{r}}}); fault.KindOf(err) != fault.Internal ||
			err == nil {
			t.Errorf("%v: %v", r, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%v: there is a file", r)
		}
	}
}

func TestDefects(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out", "defects.csv")
	regions := []Region{
		{X: 1, Y: 2, Width: 3, Height: 4, Area: 5, CentroidX: 2.5, CentroidY: 1. / 3, PeakX: 2, PeakY: 3, Peak: .1,
			Mean: .30000000000000004},
		{X: 0, Y: 0, Width: 1, Height: 1, Area: 1, Peak: 1e-7, Mean: 2},
	}
	write := func(fail error) error {
		return WriteDefects(path, func(write func(string, int, int, []Region) error) error {
			return errors.Join(write("b.png", 40, 20, regions), write("good.png", 40, 20, nil),
				write("a\"b,\n<script>.png", 40, 20, regions[:1]), fail)
		})
	}
	if err := write(nil); err != nil {
		t.Fatal(err)
	}
	want := "image,defect,x,y,width,height,area,centroid_x,centroid_y,peak_x,peak_y,peak,mean,share\n" +
		"b.png,1,1,2,3,4,5,2.5,0.3333333333333333,2,3,0.1,0.30000000000000004,0.00625\n" +
		"b.png,2,0,0,1,1,1,0,0,0,0,1e-07,2,0.00125\n" +
		"\"a\"\"b,\n<script>.png\",1,1,2,3,4,5,2.5,0.3333333333333333,2,3,0.1,0.30000000000000004,0.00625\n"
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("got %q, want %q, %v", got, want, err)
	}
	if err := write(errors.New("stopped")); err == nil {
		t.Error("no error")
	}
	if again, _ := os.ReadFile(path); string(again) != want {
		t.Error("a run that failed replaced the file")
	}
}

// A mask of 12 megapixels.
func BenchmarkWriteMask(b *testing.B) {
	path := filepath.Join(b.TempDir(), "mask.png")
	var runs []Run
	for y := range 1000 {
		runs = append(runs, Run{y + 500, 700 + y/2, 1500 - y/4})
	}
	for b.Loop() {
		if err := WriteMask(path, 4000, 3000, []Region{{Runs: runs}}); err != nil {
			b.Fatal(err)
		}
	}
}
