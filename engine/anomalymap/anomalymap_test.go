package anomalymap

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine/fault"
	"musc/engine/npy/npytest"
)

const golden = "../../testdata/fixtures/upsample"

func newUpsampler(t testing.TB, height, width, outHeight, outWidth int) *Upsampler {
	t.Helper()
	u, err := New(height, width, outHeight, outWidth)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestMapsAgreeWithOracle(t *testing.T) {
	var size struct {
		Height, Width int
		OutHeight     int `json:"out_height"`
		OutWidth      int `json:"out_width"`
	}
	text, err := os.ReadFile(filepath.Join(golden, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &size); err != nil {
		t.Fatal(err)
	}
	scores, want := npytest.Values(t, filepath.Join(golden, "scores.npy")), npytest.Values(t, filepath.Join(golden, "maps.npy"))
	u := newUpsampler(t, size.Height, size.Width, size.OutHeight, size.OutWidth)
	grid, area := size.Height*size.Width, size.OutHeight*size.OutWidth
	got, single := make([]float64, area), make([]float32, area)
	for n := range len(scores) / grid {
		u.Upsample64(got, scores[n*grid:])
		u.Upsample(single, scores[n*grid:])
		for i, value := range want[n*area:][:area] {
			if !(math.Abs(got[i]-value) <= 1e-9) {
				t.Fatalf("image %d, pixel %d: got %v, want %v", n, i, got[i], value)
			}
			if single[i] != float32(got[i]) {
				t.Fatalf("image %d, pixel %d: float32 map holds %v, want %v", n, i, single[i], got[i])
			}
		}
		if largest := u.Max(scores[n*grid:]); largest != slices.Max(got) {
			t.Fatalf("image %d: Max is %v, the map's maximum %v", n, largest, slices.Max(got))
		}
	}
}

// pixel is the definition: one value of the map straight from the four patch scores around it.
func pixel(scores []float64, height, width, outHeight, outWidth, y, x int) float64 {
	position := func(size, out, o int) (low, high int, weight float64) {
		if out == 1 {
			return 0, 0, 0
		}
		p := float64(o) * float64(size-1) / float64(out-1)
		low = min(int(p), size-1)
		return low, min(low+1, size-1), p - float64(low)
	}
	y0, y1, fy := position(height, outHeight, y)
	x0, x1, fx := position(width, outWidth, x)
	return (1-fy)*(1-fx)*scores[y0*width+x0] + (1-fy)*fx*scores[y0*width+x1] +
		fy*(1-fx)*scores[y1*width+x0] + fy*fx*scores[y1*width+x1]
}

func TestEverySizeFollowsTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, grid := range [][2]int{{1, 1}, {1, 7}, {2, 2}, {3, 5}, {37, 16}} {
		for _, out := range [][2]int{{1, 1}, {1, 9}, {2, 3}, {5, 1}, {13, 31}, {36, 38}} {
			t.Run(fmt.Sprintf("%dx%d to %dx%d", grid[0], grid[1], out[0], out[1]), func(t *testing.T) {
				scores := make([]float64, grid[0]*grid[1])
				for i := range scores {
					scores[i] = random.Float64()
				}
				got := make([]float64, out[0]*out[1])
				newUpsampler(t, grid[0], grid[1], out[0], out[1]).Upsample64(got, scores)
				for i, value := range got {
					want := pixel(scores, grid[0], grid[1], out[0], out[1], i/out[1], i%out[1])
					if !(math.Abs(value-want) <= 1e-12) {
						t.Fatalf("pixel %d: got %v, want %v", i, value, want)
					}
				}
			})
		}
	}
}

func TestEqualScoresGiveExactlyThatScore(t *testing.T) {
	scores := slices.Repeat([]float64{0.1}, 37*37)
	dst := make([]float64, 224*225)
	u := newUpsampler(t, 37, 37, 224, 225)
	u.Upsample64(dst, scores)
	if slices.Min(dst) != 0.1 || slices.Max(dst) != 0.1 || u.Max(scores) != 0.1 {
		t.Fatalf("map spans [%v,%v], Max is %v", slices.Min(dst), slices.Max(dst), u.Max(scores))
	}
}

func TestMaxShowsNaN(t *testing.T) {
	for at := range 25 { // a 2 x 2 map reads the corners of the grid and their neighbours only
		scores := make([]float64, 25)
		scores[at] = math.NaN()
		if got := newUpsampler(t, 5, 5, 2, 2).Max(scores); !math.IsNaN(got) {
			t.Errorf("NaN at %d gave %v", at, got)
		}
	}
}

func TestSizesBelowOneAreUsageFaults(t *testing.T) {
	for _, size := range [][4]int{{0, 1, 1, 1}, {1, 0, 1, 1}, {1, 1, 0, 1}, {1, 1, 1, -3}} {
		_, err := New(size[0], size[1], size[2], size[3])
		if err == nil || fault.KindOf(err) != fault.Usage {
			t.Errorf("%v: got %v", size, err)
		}
	}
}

func BenchmarkUpsample(b *testing.B) {
	scores := make([]float64, 37*37)
	for i := range scores {
		scores[i] = float64(i * i % 97)
	}
	for _, side := range []int{518, 4000} {
		dst := make([]float32, side*side)
		u := newUpsampler(b, 37, 37, side, side)
		b.Run(fmt.Sprintf("37to%d", side), func(b *testing.B) {
			b.SetBytes(int64(4 * len(dst)))
			for b.Loop() {
				u.Upsample(dst, scores)
			}
		})
	}
}
