package watch

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// naiveRankSum is the definition: midranks over all scores.
func naiveRankSum(x, y []float64) (z, share float64) {
	w, m := float64(len(x)), float64(len(y))
	u := 0.0
	for _, a := range x {
		for _, b := range y {
			u += float64(cmp.Compare(a, b)+1) / 2
		}
	}
	all := slices.Concat(x, y)
	ties := 0.0 // a value that is there t times counts t times (t^2 - 1)
	for _, a := range all {
		t := 0.0
		for _, b := range all {
			if a == b {
				t++
			}
		}
		ties += t*t - 1
	}
	n := w + m
	variance := w * m / 12 * (n + 1 - ties/(n*(n-1)))
	if variance <= 0 {
		return 0, u / (w * m)
	}
	return (u - w*m/2) / math.Sqrt(variance), u / (w * m)
}

func TestRankSumIsTheDefinition(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		x, y := make([]float64, 1+source.IntN(20)), make([]float64, 1+source.IntN(20))
		levels := 1 + source.IntN(30)
		for _, list := range [][]float64{x, y} {
			for k := range list {
				list[k] = float64(source.IntN(levels))
			}
		}
		slices.Sort(y)
		z, share := rankSum(x, y)
		wantZ, wantShare := naiveRankSum(x, y)
		if math.Abs(z-wantZ) > 1e-9 || math.Abs(share-wantShare) > 1e-9 {
			t.Fatalf("%v and %v: %v, %v, want %v, %v", x, y, z, share, wantZ, wantShare)
		}
	}
}

// falseWarnings are how many warnings came in how many watches of so many photos, whose scores are of the
// calibration's distribution but for a share of defective ones.
func falseWarnings(source *rand.Rand, calibration, photos, watches int, defective float64) (count int) {
	for range watches {
		scores := make([]float64, calibration)
		for k := range scores {
			scores[k] = source.NormFloat64()
		}
		d := newDrift(scores, DefaultDriftWindow)
		for range photos {
			score := source.NormFloat64()
			if source.Float64() < defective {
				score += 6
			}
			if found := d.add(score); found != nil && found.Began {
				count++
			}
		}
	}
	return count
}

// delay is after how many photos a rise by so many deviations is told, in the middle of the watches; -1:
// within so many photos it was not in most.
func delay(source *rand.Rand, calibration, photos, watches int, rise float64) int {
	var delays []int
	for range watches {
		scores := make([]float64, calibration)
		for k := range scores {
			scores[k] = source.NormFloat64()
		}
		d := newDrift(scores, DefaultDriftWindow)
		after := math.MaxInt
		for k := range photos + 2*DefaultDriftWindow {
			score := source.NormFloat64()
			if k >= 2*DefaultDriftWindow {
				score += rise
			}
			if found := d.add(score); found != nil && found.Began && k >= 2*DefaultDriftWindow {
				after = k - 2*DefaultDriftWindow + 1
				break
			}
		}
		delays = append(delays, after)
	}
	slices.Sort(delays)
	if middle := delays[len(delays)/2]; middle < math.MaxInt {
		return middle
	}
	return -1
}

func TestDriftIsSeldomToldWronglyAndSoonRightly(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 4))
	if count := falseWarnings(source, 100, 1000, 100, 0.05); count > 2 {
		t.Errorf("%d false warnings in 100,000 photos", count)
	}
	if after := delay(source, 100, 200, 31, 2); after < 10 || after > 40 {
		t.Errorf("a rise by two deviations is told after %d photos", after)
	}
	if after := delay(source, 100, 200, 31, -2); after < 10 || after > 40 {
		t.Errorf("a fall by two deviations is told after %d photos", after)
	}
}

// TestDriftTable prints the table of docs/watch.md; MUSC_DRIFT_TABLE=1 asks for it.
func TestDriftTable(t *testing.T) {
	if os.Getenv("MUSC_DRIFT_TABLE") == "" {
		t.Skip("MUSC_DRIFT_TABLE is not set")
	}
	source := rand.New(rand.NewPCG(5, 6))
	for _, calibration := range []int{20, 30, 50, 100, 300, 1000} {
		line := fmt.Sprintf("| %d |", calibration)
		const photos, watches = 10_000, 40
		for _, share := range []float64{0, 0.05, 0.1, 0.2} {
			count := falseWarnings(source, calibration, photos, watches, share)
			line += fmt.Sprintf(" %.2f |", float64(count)/watches)
		}
		for _, rise := range []float64{0.5, 1, 1.5, 2, 3} {
			line += fmt.Sprintf(" %d |", delay(source, calibration, 1000, 101, rise))
		}
		t.Log(line)
	}
}

func TestADriftIsToldOnceUntilItIsOver(t *testing.T) {
	calibration := make([]float64, 40)
	for k := range calibration {
		calibration[k] = float64(k)
	}
	d := newDrift(calibration, 30)
	var told []string
	add := func(score float64) {
		if found := d.add(score); found != nil {
			told = append(told, fmt.Sprint(found.Began))
		}
	}
	for _, offset := range []float64{0, 100, 0, 100} {
		for k := range 90 {
			add(float64(k*7%40) + offset)
		}
	}
	if want := []string{"true", "false", "true"}; !slices.Equal(told, want) {
		t.Errorf("told %q", told)
	}
	// Another run goes on where this one is.
	next := newDrift(calibration, 30)
	next.resume(d.recent, d.on)
	for k := range 60 {
		if found := next.add(float64(k) + 100); found != nil {
			t.Errorf("told again: %+v", found)
		}
	}
}

func TestWhereNoDriftIsTold(t *testing.T) {
	for name, d := range map[string]*drift{"too few": newDrift(make([]float64, 19), 50),
		"no window": newDrift(make([]float64, 100), -1), "all equal": newDrift(make([]float64, 100), 2)} {
		d.resume([]float64{0, 0, 0}, false)
		for range 100 {
			if found := d.add(0); found != nil {
				t.Errorf("%s: %+v", name, found)
			}
		}
	}
}
