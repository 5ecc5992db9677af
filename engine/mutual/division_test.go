package mutual

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"musc/engine/features"
	"musc/engine/lnamd"
)

// Every pair of a row and a column is one task; columns pass by a group of rows.
func TestOrderOfPairs(t *testing.T) {
	for _, c := range []struct {
		rows, columns, group int
		want                 string
	}{
		{1, 3, 1, "00 01 02"},
		{2, 3, 5, "00 10 01 11 02 12"},
		{3, 2, 2, "00 10 01 11 20 21"},
		{5, 2, 2, "00 10 01 11 20 30 21 31 40 41"},
		{3, 3, 1, "00 01 02 10 11 12 20 21 22"},
	} {
		var got []string
		for task := range c.rows * c.columns {
			row, column := pairOf(task, c.rows, c.columns, c.group)
			got = append(got, fmt.Sprint(row, column))
		}
		if text := strings.ReplaceAll(strings.Join(got, ","), " ", ""); text !=
			strings.ReplaceAll(c.want, " ", ",") {
			t.Errorf("%d rows in groups of %d, %d columns: %s, want %s", c.rows, c.group, c.columns,
				text, c.want)
		}
	}
}

func TestRowsInTheCache(t *testing.T) {
	for size, want := range map[int]int{1 << 10: 2048, 1<<20 + 1: 1, 1 << 20: 2, 1 << 21: 1, 1 << 25: 1} {
		if got := rowsInCache(size); got != want {
			t.Errorf("images of %d floats: %d rows, want %d", size, got, want)
		}
	}
}

// How a plan divides nine images: what stays, what passes by, and room for both.
func TestRunsKeepToTheirPlan(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 9, Height: 2, Width: 2, Channels: 3}
	images := look(t, shape, 1)
	for _, c := range []struct{ tileImages, stripImages, tile, strip int }{
		{0, 0, 9, 0}, // all stay, none passes by
		{9, 0, 9, 0}, {99, 0, 9, 0}, {8, 0, 8, 1}, {4, 0, 4, 4}, {1, 0, 1, 1},
		{4, 1, 4, 1}, {4, 4, 4, 4}, {4, 5, 4, 4}, {4, -1, 4, 4},
	} {
		problem := &Problem{Images: images, Degrees: []int{1, 3},
			Plan: Plan{TileImages: c.tileImages, StripImages: c.stripImages}}
		b, err := problem.check()
		if err != nil {
			t.Fatal(err)
		}
		r, err := newRun(context.Background(), b, windowsOf(shape, b.Degrees)[0], 2, newProgress(b))
		if err != nil {
			t.Fatal(err)
		}
		if r.tile != c.tile || r.strip != c.strip || len(r.slots.all) != c.tile+c.strip ||
			len(r.workers) != 2 || r.degrees != 2 {
			t.Errorf("%+v: tile %d, strip %d, %d slots, %d workers, %d degrees", c, r.tile, r.strip,
				len(r.slots.all), len(r.workers), r.degrees)
		}
		r.close()
	}
}

func TestStripsForTiles(t *testing.T) {
	for _, c := range []struct{ tile, n, references, threads, patches, want int }{
		{5, 5, 0, 4, 100, 0},  // none passes by
		{5, 5, 3, 4, 100, 3},  // references do
		{1, 1, 30, 4, 100, 4}, // one image, a reference a thread
		{1, 2, 30, 4, 100, 1}, // no more than stay
		{6, 6, 30, 4, 100, 6},
		{40, 50, 0, 4, 16384, 4},    // one a thread
		{40, 50, 0, 2, 4096, 4},     // 64 KB of distances
		{40, 80, 0, 2, 1000, 16},    // 16384 / 1000
		{3, 80, 0, 8, 16384, 3},     // no more than stay
		{40, 46, 0, 8, 16384, 6},    // the rest
		{40, 46, 50, 99, 16384, 40}, // references and images
	} {
		if got := stripFor(c.tile, c.n, max(c.n-c.tile, c.references), c.threads,
			c.patches); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	for n, want := range map[int]int{1: 16, 15: 16, 16: 16, 17: 32, 32: 32} {
		if got := alignFloats(n); got != want {
			t.Errorf("%d floats are aligned to %d, want %d", n, got, want)
		}
	}
}

func TestWindowsOfDegrees(t *testing.T) {
	for _, c := range []struct {
		height, width int
		degrees       []int
		want          []window // all groups in turn
	}{
		{4, 4, []int{1, 3, 5}, []window{{0, 1}, {1, 1}, {2, 1}}},
		{4, 4, []int{5, 1, 3, 1}, []window{{0, 2}, {1, 1}, {2, 1}}},
		{1, 1, []int{1, 3, 5}, []window{{0, 3}}},             // all alike on one patch
		{3, 2, []int{1, 5, 7, 99}, []window{{0, 1}, {2, 3}}}, // 2 patches reach across
		{2, 3, []int{3, 5, 7}, []window{{1, 1}, {2, 2}}},
	} {
		shape := features.Shape{Stages: 1, Images: 1, Height: c.height, Width: c.width, Channels: 1}
		got := slices.Concat(windowsOf(shape, c.degrees)...)
		if !slices.Equal(got, c.want) {
			t.Errorf("degrees %v on %d x %d: %v, want %v", c.degrees, c.height, c.width, got, c.want)
		}
	}
}

// The centre is the mean of the normalised tokens of the sampled patches of the sampled images:
// every second of 32 images, every second of 128 patches. The others do not count.
func TestCentreOfTheTokens(t *testing.T) {
	const channels = 3
	shape := features.Shape{Stages: 2, Images: 32, Height: 8, Width: 16, Channels: channels}
	images := look(t, shape, 9)
	want := make([]float64, channels)
	for image := range shape.Images {
		tokens := images.Tokens(1, image)
		var sampled []float64
		for k := range tokens {
			if image%2 == 1 || k/channels%2 == 1 {
				tokens[k] = float32(1000 * (k % 7))
			} else {
				sampled = append(sampled, float64(tokens[k]))
			}
		}
		if image%2 == 0 {
			lnamd.NormaliseDefinition(sampled, sampled)
			for k, x := range sampled {
				want[k%channels] += x / 16 / 64
			}
		}
	}
	b, err := (&Problem{Images: images, Degrees: []int{1}}).check()
	if err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{1, 3} {
		centre, err := (&run{batch: b, ctx: context.Background(), threads: threads}).centreOf(1)
		if err != nil {
			t.Fatal(err)
		}
		within(t, "centre", widen(centre), want, 1e-6, 0)
	}
}

func TestProgressIsToldAboutAThousandTimes(t *testing.T) {
	var told []int
	p := &progress{total: 4000, report: func(done, total int) { told = append(told, done) }}
	for _, n := range []int{0, 1, 2, 1, 3, 1, 40, 3} { // after 1, 3, 4, 7, 8, 48 and 51
		p.add(n)
	}
	if want := []int{4, 8, 48}; !slices.Equal(told, want) {
		t.Errorf("told at %v, want %v", told, want)
	}
	for p.done.Load() < 4000 {
		p.add(1)
	}
	if told[len(told)-1] != 4000 || len(told) != 3+(4000-48)/4 {
		t.Errorf("told %d times, at last at %d", len(told), told[len(told)-1])
	}
}

func TestNamesOfAverages(t *testing.T) {
	for average, want := range map[Average]string{
		Mean: "mean", Min: "min", Max: "max", -1: "Average(-1)", 3: "Average(3)",
	} {
		if got := average.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The tiny subset of one image is a subset, and exactly the least memory is enough.
func TestEdgesOfPlans(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 40, Height: 9, Width: 9, Channels: 8}
	one := NewPlan(math.MaxInt64, Sizes{Shape: shape, Largest: 1, References: 2, Degrees: paper, Threads: 1})
	if one.TileImages != 1 || one.images != 1 {
		t.Errorf("a subset of one: %v", one)
	}
	sizes := Sizes{Shape: shape, Degrees: paper, Threads: 2}
	least := NewPlan(0, sizes).LeastBytes
	if !NewPlan(least, sizes).Fits() || NewPlan(least-1, sizes).Fits() {
		t.Errorf("the least is %d: %v, %v", least, NewPlan(least, sizes), NewPlan(least-1, sizes))
	}
	for available := least; available < 2*least; available += 1 << 16 {
		plan := NewPlan(available, sizes)
		exact := NewPlan(plan.EstimatedBytes, sizes)
		if exact.TileImages != plan.TileImages || exact.EstimatedBytes != plan.EstimatedBytes {
			t.Fatalf("in %d: %v, but in what that takes: %v", available, plan, exact)
		}
	}
}
