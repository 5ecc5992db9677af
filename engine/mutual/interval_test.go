package mutual

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"musc/engine/fault"
)

// The fractions are multiplied as floats and cut, as the published evaluation does: 100*0.29 is
// 28.999999999999996, and 0.3 of 10 are 3.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		count       int
		interval    Interval
		start, stop int
	}{
		{29, Interval{0, 0.3}, 0, 8},
		{10, Interval{0, 0.3}, 0, 3},
		{90, Interval{0, 0.3}, 0, 27},
		{100, Interval{0, 0.29}, 0, 28},
		{100, Interval{0, 0.57}, 0, 56},
		{20, Interval{0.1, 0.4}, 2, 8},
		{30, Interval{0.1, 0.7}, 3, 21},
		{8, Interval{0, 0}, 0, 1},
		{8, Interval{0, 1}, 0, 8},
		{3, Interval{0.9, 1}, 2, 3},
		{1, Interval{0, 0.3}, 0, 1},
		{1, Interval{0.5, 1}, 0, 1},
		{7, Interval{1, 1}, 6, 7}, // past the end: the last one
	} {
		if start, stop := c.interval.Bounds(c.count); start != c.start || stop != c.stop {
			t.Errorf("%d values, %v: [%d, %d), want [%d, %d)",
				c.count, c.interval, start, stop, c.start, c.stop)
		}
	}
}

func TestIntervalsThatMakeNoSense(t *testing.T) {
	for _, v := range []Interval{{-0.1, 0.3}, {0.4, 0.3}, {0, 1.1}, {math.NaN(), 1}, {0, math.NaN()}} {
		if err := v.check(); fault.KindOf(err) != fault.Usage {
			t.Errorf("%v: %v", v, err)
		}
	}
}

func TestAverageHasAName(t *testing.T) {
	for _, average := range []Average{Mean, Min, Max} {
		text, err := json.Marshal(average)
		if err != nil {
			t.Fatal(err)
		}
		var back Average
		if err := json.Unmarshal(text, &back); err != nil || back != average {
			t.Errorf("%s read as %v: %v", text, back, err)
		}
	}
	var average Average
	if err := average.UnmarshalText([]byte("median")); fault.KindOf(err) != fault.Usage {
		t.Errorf("median: %v", err)
	}
}

// arrangements are orders that are hard on a quickselect, and values with ties.
var arrangements = map[string]func(k, count int) float32{
	"rising":     func(k, count int) float32 { return float32(k) },
	"falling":    func(k, count int) float32 { return float32(count - k) },
	"organ pipe": func(k, count int) float32 { return float32(min(k, count-k)) },
	"equal":      func(k, count int) float32 { return 0.5 },
	"few values": func(k, count int) float32 { return float32(k * 7 % 3) },
	"zeros":      func(k, count int) float32 { return float32(k % 2) },
	"random": func(k, count int) float32 {
		return rand.New(rand.NewPCG(uint64(k), uint64(count))).Float32()
	},
}

func TestSelectionAgreesWithSorting(t *testing.T) {
	for name, value := range arrangements {
		for _, count := range []int{1, 2, 3, 4, 5, 7, 16, 31, 200, 1001} {
			for _, v := range []Interval{{0, 0}, {0, 0.3}, {0, 1}, {0.1, 0.4}, {0.5, 0.5}, {0.9, 1}} {
				for _, average := range []Average{Mean, Min, Max} {
					t.Run(fmt.Sprint(name, count, v, average), func(t *testing.T) {
						compareSelection(t, count, v, average, value)
					})
				}
			}
		}
	}
}

// compareSelection uses more patches than a block, each a rotation of the same values.
func compareSelection(t *testing.T, count int, v Interval, average Average,
	value func(k, count int) float32) {
	for _, patches := range []int{3, blockPatches + 3} { // one after the other, and side by side
		compareSelectionOf(t, patches, count, v, average, value)
	}
}

func compareSelectionOf(t *testing.T, patches, count int, v Interval, average Average,
	value func(k, count int) float32) {
	t.Helper()
	start, stop := v.Bounds(count)
	distances := make([]float32, count*patches)
	want := make([]float64, patches)
	for p := range patches {
		column := make([]float64, count)
		for k := range column {
			x := value((k+p)%count, count)
			column[k], distances[k*patches+p] = float64(x), x
		}
		slices.Sort(column)
		want[p] = average.of(column[start:stop])
	}
	got := make([]float64, patches)
	for p := range got {
		got[p] = 1000 // what is there does not matter
	}
	(&averaging{distances: distances, values: patches, average: average, bounds: v.Bounds,
		scratch: make([]uint32, blockPatches*count)}).into(got, 0)
	within(t, "averages", got, want, 0, 1e-14)
}

func TestNaNIsSelectedLast(t *testing.T) {
	nan := float32(math.NaN())
	for _, values := range []int{1, blockPatches} {
		var distances []float32
		for _, distance := range []float32{nan, 2, float32(math.Inf(1)), 1, -nan} {
			distances = append(distances, slices.Repeat([]float32{distance}, values)...)
		}
		scores := make([]float64, values)
		(&averaging{distances: distances, values: values, scratch: make([]uint32, blockPatches*5),
			bounds: func(int) (int, int) { return 0, 2 }}).into(scores, 0)
		for _, score := range scores {
			if score != 1.5 {
				t.Errorf("of %d patches: the mean of 1 and 2 is %v", values, score)
			}
		}
	}
}

func TestSelectionThatEndsInASort(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, rounds := range []int{0, 1, 2, 5, selectRounds} {
		for range 100 {
			keys := make([]uint32, 1+random.IntN(99))
			for k := range keys {
				keys[k] = random.Uint32N(50)
			}
			sorted := slices.Sorted(slices.Values(keys))
			k := 1 + random.IntN(len(keys))
			selectSmallest(keys, k, rounds)
			slices.Sort(keys[:k])
			if !slices.Equal(keys[:k], sorted[:k]) {
				t.Fatalf("%d rounds: the %d smallest of %v are wrong", rounds, k, sorted)
			}
		}
	}
}
