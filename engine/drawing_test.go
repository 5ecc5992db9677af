package engine

import (
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/results"
	"musc/engine/verdict"
)

// scored is a photo of many greys, written as a PNG, with patch scores of a grid of 2 x 3: the last
// patch is the peak.
func scored(t *testing.T, width, height int) *Image {
	t.Helper()
	photo := image.NewGray(image.Rect(0, 0, width, height))
	for i := range photo.Pix {
		photo.Pix[i] = uint8(i * i)
	}
	path := filepath.Join(t.TempDir(), "photo.png")
	writePNG(t, path, photo)
	digest, err := Digest(path)
	if err != nil {
		t.Fatal(err)
	}
	return &Image{Item: dataset.Item{Path: path, Name: "photo.png"}, Width: width, Height: height,
		PatchScores: []float64{0.1, 0.2, 0.1, 0.2, 0.1, 0.5}, ScoreBefore: 0.5, Score: 0.5, Rank: 1,
		Digest: digest}
}

func writePNG(t *testing.T, path string, picture image.Image) {
	t.Helper()
	file, err := os.Create(path)
	if err == nil {
		err = png.Encode(file, picture)
	}
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
}

func newDrawing(t *testing.T) *Drawing {
	return &Drawing{Folder: t.TempDir(), Maps: "npy", Overlays: true, Images: 1, Height: 2, Width: 3,
		Scale:      report.Scale{Low: 0.1, High: 0.6, Threshold: 0.4},
		Thresholds: verdict.Thresholds{Method: "0.4", Threshold: 0.4, Review: 0.3},
		Threads:    2, Memory: 1 << 40}
}

// drawOne carries out one order.
func drawOne(t *testing.T, d *Drawing, order Order) (drawn Drawn) {
	t.Helper()
	calls := 0
	err := d.Draw(t.Context(), []Order{order}, func(k int, of Drawn) { drawn, calls = of, calls+1 })
	if err != nil || calls != 1 {
		t.Fatalf("%d calls, %v", calls, err)
	}
	return drawn
}

func openJPEG(t *testing.T, path string) image.Image {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := jpeg.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func TestOrdersWriteWhatTheyName(t *testing.T) {
	d := newDrawing(t)
	photo := scored(t, 60, 40)
	drawOne(t, d, Order{Image: photo, File: "a/one", Pictures: true})
	drawOne(t, d, Order{Image: photo, File: "a/two", Thumbnail: "report/x/two.jpg",
		Crops: []Crop{{"report/x/two-5.jpg", 5}, {"report/x/two-0.jpg", 0}}})
	drawOne(t, d, Order{Image: photo, File: "a/three", Regions: true})
	drawOne(t, d, Order{Image: photo, File: "a/four", Mask: true})
	got := contents(t, d.Folder)
	for _, name := range []string{"maps/a/one.npy", "overlays/a/one.png", "report/x/two.jpg",
		"report/x/two-5.jpg", "report/x/two-0.jpg", "masks/a/four.png"} {
		if got[name] == "" {
			t.Errorf("there is no %s", name)
		}
		delete(got, name)
	}
	for name, content := range got {
		if content != "" {
			t.Errorf("nobody asked for %s", name)
		}
	}
}

func TestPicturesOfThePageFitTheirSizes(t *testing.T) {
	for _, c := range []struct{ width, height, photoX, photoY, cropX, cropY int }{
		{1, 1, 1, 1, 1, 1}, {1, 5000, 1, 448, 1, 160}, {5000, 1, 448, 1, 160, 1},
		{23, 25, 23, 25, 23, 25}, {448, 300, 448, 300, 160, 107},
		{449, 60, 448, 60, 160, 21}, {30, 40, 30, 40, 30, 40},
	} {
		t.Run(fmt.Sprintf("%dx%d", c.width, c.height), func(t *testing.T) {
			d := newDrawing(t)
			order := Order{Image: scored(t, c.width, c.height), Thumbnail: "t.jpg"}
			for patch := range 6 {
				order.Crops = append(order.Crops, Crop{fmt.Sprint(patch, ".jpg"), patch})
			}
			if drawn := drawOne(t, d, order); drawn.Note != "" {
				t.Fatal(drawn.Note)
			}
			size := openJPEG(t, filepath.Join(d.Folder, "t.jpg")).Bounds().Size()
			if size != image.Pt(c.photoX, c.photoY) {
				t.Errorf("the thumbnail spans %v", size)
			}
			for _, crop := range order.Crops {
				size := openJPEG(t, filepath.Join(d.Folder, crop.File)).Bounds().Size()
				if size != image.Pt(c.cropX, c.cropY) {
					t.Errorf("crop %d spans %v", crop.Patch, size)
				}
			}
		})
	}
}

// What an earlier run drew stays, file by file.
func TestGoingOnDrawsOnlyWhatIsMissing(t *testing.T) {
	d := newDrawing(t)
	order := Order{Image: scored(t, 60, 40), File: "one", Pictures: true, Mask: true,
		Thumbnail: "t.jpg", Crops: []Crop{{"c.jpg", 1}, {"d.jpg", 2}}}
	want := drawOne(t, d, order).Regions
	whole := contents(t, d.Folder)
	d.GoOn = true
	for name, content := range whole {
		if content == "" {
			continue
		}
		for other, content := range whole {
			path := filepath.Join(d.Folder, other)
			if content != "" && os.WriteFile(path, []byte("earlier"), 0o644) != nil {
				t.Fatal("cannot write")
			}
		}
		if err := os.Remove(filepath.Join(d.Folder, name)); err != nil {
			t.Fatal(err)
		}
		if drawn := drawOne(t, d, order); !reflect.DeepEqual(drawn.Regions, want) {
			t.Errorf("regions %+v, not %+v", drawn.Regions, want)
		}
		for other, got := range contents(t, d.Folder) {
			if other == name && got != content || other != name && got != "earlier" && got != "" {
				t.Errorf("without %s, %s is %d bytes", name, other, len(got))
			}
		}
	}
}

// An image has regions exactly if it is defective: they and their mask say the same.
func TestRegionsOfDefectiveImagesOnly(t *testing.T) {
	for _, c := range []struct {
		thresholds verdict.Thresholds
		regions    int
	}{
		{verdict.Thresholds{Method: "0.4", Threshold: 0.4, Review: 0.3}, 1},
		{verdict.Thresholds{Method: "0.5", Threshold: 0.5, Review: 0.5}, 1},
		{verdict.Thresholds{Method: "0.6", Threshold: 0.6, Review: 0.3}, 0},
		{verdict.Thresholds{Method: "auto", Why: "9 photos"}, 0},
		{verdict.Thresholds{}, 0},
	} {
		d, photo := newDrawing(t), scored(t, 61, 43)
		d.Thresholds = c.thresholds
		drawn := drawOne(t, d, Order{Image: photo, File: "one", Regions: true, Mask: true})
		if len(drawn.Regions) != c.regions || drawn.Note != "" {
			t.Errorf("%+v: %+v", c.thresholds, drawn)
		}
		file, err := os.Open(filepath.Join(d.Folder, results.MasksFolder, "one.png"))
		if (err == nil) != (c.regions > 0) {
			t.Fatalf("%+v: mask %v", c.thresholds, err)
		}
		if err != nil {
			continue
		}
		mask, err := png.Decode(file)
		file.Close()
		if err != nil || mask.Bounds().Size() != image.Pt(61, 43) {
			t.Fatalf("%v, %v", mask, err)
		}
		region := drawn.Regions[0]
		if r, _, _, _ := mask.At(region.PeakX, region.PeakY).RGBA(); r != 0xffff || region.Peak != 0.5 {
			t.Errorf("%+v: %x at the peak of %+v", c.thresholds, r, region)
		}
		if r, _, _, _ := mask.At(0, 0).RGBA(); r != 0 {
			t.Errorf("%+v: the mask is white where nothing is", c.thresholds)
		}
	}
}

func TestRegionsOfADamagedMapNameThePhoto(t *testing.T) {
	d, photo := newDrawing(t), scored(t, 60, 40)
	photo.PatchScores[2] = math.NaN()
	orders := []Order{{Image: photo, Regions: true}}
	err := d.Draw(t.Context(), orders, func(int, Drawn) { t.Error("drawn") })
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), photo.Path) {
		t.Errorf("got %v", err)
	}
}

// A photo that nothing shows is not read, and may be gone.
func TestPhotoIsReadForPicturesOfItOnly(t *testing.T) {
	d := newDrawing(t)
	order := Order{Image: scored(t, 60, 40), File: "one", Pictures: true, Thumbnail: "t.jpg"}
	drawOne(t, d, order)
	if err := os.Remove(order.Image.Path); err != nil {
		t.Fatal(err)
	}
	d.GoOn = true
	if drawn := drawOne(t, d, order); drawn.Note != "" {
		t.Errorf("all was there: %s", drawn.Note)
	}
	d = newDrawing(t)
	d.Overlays = false
	order = Order{Image: order.Image, File: "one", Pictures: true, Regions: true}
	if drawn := drawOne(t, d, order); drawn.Note != "" {
		t.Errorf("only a map and regions: %s", drawn.Note)
	}
}

func TestPhotoThatChangedCostsWhatShowsIt(t *testing.T) {
	changes := map[string]func(path string){
		"gone":    func(path string) { os.Remove(path) },
		"changed": func(path string) { writePNG(t, path, image.NewGray(image.Rect(0, 0, 60, 40))) },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			d, photo := newDrawing(t), scored(t, 60, 40)
			change(photo.Path)
			drawn := drawOne(t, d, Order{Image: photo, File: "one", Pictures: true, Regions: true,
				Thumbnail: "t.jpg", Crops: []Crop{{"c.jpg", 1}, {"d.jpg", 2}}})
			want := "no overlay, thumbnail, crops for " + photo.Path
			if !strings.HasPrefix(drawn.Note, want) {
				t.Errorf("got %q", drawn.Note)
			}
			got := contents(t, d.Folder)
			if got["maps/one.npy"] == "" || got["t.jpg"]+got["c.jpg"]+got["overlays/one.png"] != "" {
				t.Errorf("got %d files", len(got))
			}
		})
	}
}

// However little memory there is, all is drawn, one photo after the other.
func TestPhotosLargerThanTheMemoryAreDrawn(t *testing.T) {
	d, photo := newDrawing(t), scored(t, 60, 40)
	d.Memory = 1
	orders := []Order{{Image: photo, Regions: true}}
	for k := range 9 {
		orders = append(orders, Order{Image: photo, File: fmt.Sprint(k), Pictures: true,
			Thumbnail: fmt.Sprint(k, ".jpg")})
	}
	var heard [10]int
	if err := d.Draw(t.Context(), orders, func(k int, _ Drawn) { heard[k]++ }); err != nil {
		t.Fatal(err)
	}
	if heard != [10]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1} {
		t.Errorf("heard of the orders %v times", heard)
	}
}

func TestCropOfNoPatchIsAnError(t *testing.T) {
	for _, patch := range []int{-1, 6} {
		order := Order{Image: scored(t, 60, 40), Crops: []Crop{{"c.jpg", patch}}}
		err := newDrawing(t).Draw(t.Context(), []Order{order}, func(int, Drawn) { t.Error("drawn") })
		if err == nil || !strings.Contains(err.Error(), "not on the grid of 2 x 3") {
			t.Errorf("patch %d: %v", patch, err)
		}
	}
}
