package features

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/memory"
)

// stores gives the same shape in memory and spilled.
func stores(t *testing.T, shape Shape) map[string]*Store {
	t.Helper()
	spilled, err := NewSpilled(shape, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	both := map[string]*Store{"memory": NewMemory(shape), "spilled": spilled}
	t.Cleanup(func() {
		for _, store := range both {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return both
}

// stamp is a value of its own for every (stage, image, position).
func stamp(stage, image, position int) float32 {
	return float32(stage*1_000_000 + image*10_000 + position)
}

func TestTokensKeepTheirPlaceThroughRelease(t *testing.T) {
	// 7*13*3 values an image: neighbours share pages, so a release touches both.
	shape := Shape{Stages: 3, Images: 5, Height: 7, Width: 13, Channels: 3}
	for name, store := range stores(t, shape) {
		t.Run(name, func(t *testing.T) {
			if store.Spilled() != (name == "spilled") || store.Shape() != shape {
				t.Fatalf("spilled %v, shape %v", store.Spilled(), store.Shape())
			}
			for stage := range shape.Stages {
				for image := range shape.Images {
					tokens := store.Tokens(stage, image)
					if len(tokens) != 7*13*3 || cap(tokens) != len(tokens) {
						t.Fatalf("view of %d values, room for %d", len(tokens), cap(tokens))
					}
					for k := range tokens {
						if tokens[k] != 0 {
							t.Fatalf("starts as %v", tokens[k])
						}
						tokens[k] = stamp(stage, image, k)
					}
					store.Release(stage, image)
				}
			}
			for stage := range shape.Stages {
				for image := range shape.Images {
					for k, got := range store.Tokens(stage, image) {
						if want := stamp(stage, image, k); got != want {
							t.Fatalf("stage %d image %d value %d: %v, want %v",
								stage, image, k, got, want)
						}
					}
				}
			}
		})
	}
}

func TestCloseTwiceAndNothingLeftInTheFolder(t *testing.T) {
	folder := t.TempDir()
	store, err := NewSpilled(Shape{1, 2, 3, 4, 5}, folder)
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("a name in the folder while in use: %v", left)
	}
	for range 2 {
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// More than any disk holds: the error must come at once, before a byte is written.
func TestTooLittleSpaceSaysHowMuchIsNeeded(t *testing.T) {
	folder := t.TempDir()
	_, err := NewArray(1<<50, folder)
	if fault.KindOf(err) != fault.Output {
		t.Fatalf("got %v of kind %v", err, fault.KindOf(err))
	}
	wanted := []string{"4.5 PB needed", folder, "choose another folder"}
	if runtime.GOOS == "linux" {
		wanted = append(wanted, " free: ")
	}
	for _, text := range wanted {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not contain %q", err, text)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFolderThatIsNotThere(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "absent")
	_, err := NewSpilled(Shape{1, 1, 1, 25, 10}, folder)
	if fault.KindOf(err) != fault.Output || !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("got %v of kind %v", err, fault.KindOf(err))
	}
	if !strings.HasPrefix(err.Error(), "cannot spill 1.0 kB to "+folder+": ") {
		t.Errorf("%q does not say what was to be spilled where", err)
	}
}

func TestImpossibleLengths(t *testing.T) {
	for _, n := range []int64{-1, math.MaxInt64} {
		if _, err := NewArray(n, ""); fault.KindOf(err) != fault.Output {
			t.Errorf("%d values: %v", n, err)
		}
	}
	_, err := NewArray(math.MaxInt/4, t.TempDir()) // can be addressed: it is the disk that is too small
	if fault.KindOf(err) != fault.Output || !strings.Contains(err.Error(), "9.2 EB needed") {
		t.Errorf("the most values there can be: %v", err)
	}
	for _, dir := range []string{"", t.TempDir()} {
		empty, err := NewArray(0, dir)
		if err != nil || empty.Len() != 0 {
			t.Errorf("no values in %q: length %d, %v", dir, empty.Len(), err)
		}
	}
}

func TestWrittenZerosReserveTheSizeAsked(t *testing.T) {
	for _, size := range []int64{1, zeroChunk, zeroChunk + 1} {
		file, err := os.Create(filepath.Join(t.TempDir(), "spill"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := writeZeros(file, size); err != nil {
			t.Fatal(err)
		}
		if info, _ := file.Stat(); info.Size() != size {
			t.Errorf("%d bytes, want %d", info.Size(), size)
		}
	}
}

func TestReleasedPagesLeaveTheProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("resident memory is read from /proc")
	}
	shape := Shape{Stages: 1, Images: 64, Height: 64, Width: 64, Channels: 64} // 1 MiB an image
	store := stores(t, shape)["spilled"]
	before := resident(t, "RssFile")
	for image := range shape.Images {
		tokens := store.Tokens(0, image)
		for k := range tokens {
			tokens[k] = 1
		}
		if image == 15 {
			if grown := resident(t, "RssFile") - before; grown < 15<<20 {
				t.Fatalf("16 MiB written, resident memory grew by %d", grown)
			}
			for earlier := range 15 {
				store.Release(0, earlier)
			}
		}
		if image >= 15 {
			store.Release(0, image)
		}
	}
	if grown := resident(t, "RssFile") - before; grown > 1<<20 {
		t.Fatalf("64 MiB written and released, resident memory grew by %d", grown)
	}
}

func resident(t *testing.T, name string) int64 {
	t.Helper()
	bytes := memory.Status(name)
	if bytes == 0 {
		t.Skipf("the system does not tell %s", name)
	}
	return bytes
}

func TestFormatBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 4_190_000: "4.2 MB", 999_960_000: "1.0 GB",
		4_500_000_000: "4.5 GB", -2_000_000: "-2.0 MB", math.MaxInt64: "9.2 EB",
		999_949: "999.9 kB", 999_950: "1.0 MB", -999_950: "-1.0 MB", // 1000.0 kB is never written
		-999: "-999 B", -1000: "-1.0 kB", math.MinInt64: "-9.2 EB",
	} {
		if got := FormatBytes(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
