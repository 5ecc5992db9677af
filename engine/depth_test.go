package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/imageio"
)

// greyWashers are some washers in shades of 8 bits.
func greyWashers(t *testing.T, items []dataset.Item) (photos []*imageio.Grey) {
	t.Helper()
	for _, item := range items {
		photo, _, err := imageio.Decode(item.Path, imageio.Options{})
		if err != nil {
			t.Fatal(err)
		}
		photos = append(photos, photo.Grey())
	}
	return photos
}

// store writes the photos with so many bits, the lower ones at random, in 16 bits; or in 8.
func store(t *testing.T, photos []*imageio.Grey, bits int) (items []dataset.Item) {
	t.Helper()
	folder := t.TempDir()
	random := rand.New(rand.NewPCG(uint64(bits), 1))
	for k, photo := range photos {
		bounds := image.Rect(0, 0, photo.Width, photo.Height)
		var picture image.Image = &image.Gray{Pix: photo.Pix, Stride: photo.Width, Rect: bounds}
		if bits > 8 {
			deep := image.NewGray16(bounds)
			for i, value := range photo.Pix {
				below := random.IntN(1 << (bits - 8))
				deep.SetGray16(i%photo.Width, i/photo.Width,
					color.Gray16{Y: uint16(int(value)<<(bits-8) | below)})
			}
			picture = deep
		}
		var text bytes.Buffer
		if err := png.Encode(&text, picture); err != nil {
			t.Fatal(err)
		}
		name := string(rune('a'+k)) + ".png"
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		items = append(items, dataset.Item{Path: path, Name: name})
	}
	return items
}

func TestThePicturesScoreTheSameInEveryDepth(t *testing.T) {
	job := newJob(t)
	photos := greyWashers(t, job.Images[:3])
	photos[0].Pix[0] = 255 // so that all bits are in use
	job.Images = store(t, photos, 8)
	want := score(t, job)
	if want.Depth != (imageio.Depth{}) || len(want.Warnings) > 0 {
		t.Fatalf("8 bits: scaled by %v, warnings %q", want.Depth, want.Warnings)
	}
	for bits, high := range map[int]float64{10: 1023, 12: 4095, 14: 16383, 16: 65535} {
		job.Images = store(t, photos, bits)
		got := score(t, job)
		if got.Depth.Integers != (imageio.Range{High: high}) || len(got.Warnings) != 1 ||
			!strings.Contains(got.Warnings[0], "--bits decides") {
			t.Errorf("%d bits: scaled by %v, warnings %q", bits, got.Depth, got.Warnings)
		}
		for i := range got.Images {
			if got.Images[i].Score != want.Images[i].Score {
				t.Errorf("%d bits: %s scores %v, want %v", bits, got.Images[i].Name,
					got.Images[i].Score, want.Images[i].Score)
			}
		}
	}
}

// A dark batch beside a bright reference: the reference's range counts, or --bits; a file that
// cannot be read counts for nothing; shallow files stay as they are.
func TestTheScaleIsThatOfTheWholeJob(t *testing.T) {
	job := newJob(t)
	photos := greyWashers(t, job.Images[:4])
	photos[0].Pix[0] = 255
	shallow := store(t, photos[3:], 8)
	bright := store(t, photos[:1], 12)
	for _, photo := range photos {
		for i := range photo.Pix {
			photo.Pix[i] /= 8
		}
	}
	dark := store(t, photos[1:3], 12)
	broken := filepath.Join(t.TempDir(), "broken.png")
	text, err := os.ReadFile(bright[0].Path)
	if err == nil {
		err = os.WriteFile(broken, text[:len(text)/2], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	job.Images = append(append(dark, shallow...), dataset.Item{Path: broken, Name: "broken.png"})
	for _, c := range []struct {
		references []dataset.Item
		bits       int
		high       float64
	}{{nil, 0, 1023}, {bright, 0, 4095}, {bright, 14, 16383}, {nil, 12, 4095}} {
		job.References, job.Bits = c.references, c.bits
		got := score(t, job)
		if got.Depth != (imageio.Depth{Integers: imageio.Range{High: c.high}}) {
			t.Errorf("%d references, --bits %d: scaled by %v", len(c.references), c.bits, got.Depth)
		}
		if len(got.Skipped) != 1 || got.Skipped[0].Path != broken {
			t.Errorf("skipped %v", got.Skipped)
		}
	}
}

func TestTheScaleIsRecordedAndShownInOverlays(t *testing.T) {
	job := newJob(t)
	photos := greyWashers(t, job.Images[:2])
	photos[0].Pix[0] = 255
	run := func(bits int) (overlay []byte, record map[string]any) {
		job.Images = store(t, photos, bits)
		folder := t.TempDir()
		if err := Save(t.Context(), score(t, job), job, taken(t, folder),
			SaveOptions{Maps: "none", Overlays: true}); err != nil {
			t.Fatal(err)
		}
		overlay, err := os.ReadFile(filepath.Join(folder, "overlays", "a.png"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(folder, "run.json"))
		if err == nil {
			err = json.Unmarshal(text, &record)
		}
		if err != nil {
			t.Fatal(err)
		}
		return overlay, record
	}
	want, record := run(8)
	if _, ok := record["sample_depth"]; ok {
		t.Errorf("8 bits: the record has a depth, %v", record["sample_depth"])
	}
	got, record := run(12)
	if !bytes.Equal(got, want) {
		t.Error("the overlay of 12 bits is another than that of 8")
	}
	depth, _ := record["sample_depth"].(map[string]any)
	integers, _ := depth["integers"].(map[string]any)
	if integers["low"] != 0.0 || integers["high"] != 4095.0 {
		t.Errorf("the record has the depth %v", record["sample_depth"])
	}
}

func TestDepthsThatNoSampleHas(t *testing.T) {
	for _, bits := range []int{-1, 1, 7, 33} {
		job := Config{Bits: bits, Scoring: Defaults(), Images: make([]dataset.Item, 2)}
		if _, err := Score(t.Context(), job, Silent{}); fault.KindOf(err) != fault.Usage ||
			!strings.Contains(err.Error(), "8, 10, 12, 14 or 16 bits") {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}

func TestInParallelDoesEachOnceUntilItEnds(t *testing.T) {
	var mutex sync.Mutex
	calls := make([]int, 50)
	running, most := 0, 0
	err := inParallel(t.Context(), len(calls), 3, func(i int) {
		mutex.Lock()
		calls[i]++
		running++
		most = max(most, running)
		mutex.Unlock()
		runtime.Gosched()
		mutex.Lock()
		running--
		mutex.Unlock()
	})
	if err != nil || slices.Min(calls) != 1 || slices.Max(calls) != 1 || most > 3 {
		t.Errorf("%v calls, at most %d at once, %v", calls, most, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := 0
	err = inParallel(ctx, 50, 1, func(int) {
		done++
		cancel()
	})
	if !errors.Is(err, context.Canceled) || done > 2 {
		t.Errorf("%d calls after the end, %v", done, err)
	}
}
