package health

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// lit are photos whose brightness and sharpness follow a rule, with noise of 2 %.
func lit(n int, brightness, sharpness func(i int) float64) *Batch {
	random := rand.New(rand.NewPCG(9, 9))
	b := batchOf(make([]string, n)...)
	for i := range b.Photos {
		b.Photos[i].Brightness = brightness(i) * (1 + .02*random.NormFloat64())
		b.Photos[i].Sharpness = sharpness(i) * (1 + .02*random.NormFloat64())
	}
	return b
}

func TestDrift(t *testing.T) {
	steady := func(value float64) func(int) float64 { return func(int) float64 { return value } }
	step := func(at int, before, after float64) func(int) float64 {
		return func(i int) float64 {
			if i < at {
				return before
			}
			return after
		}
	}
	for _, test := range []struct {
		name  string
		batch *Batch
		want  []string // what the texts begin with
	}{
		{"nothing", lit(50, steady(100), steady(.1)), nil},
		{"the lamp ages", lit(50, func(i int) float64 { return 100 - .4*float64(i) }, steady(.1)),
			[]string{"photos get darker over the file order: their mean luma is about 9"}},
		{"another lamp", lit(50, step(30, 80, 120), steady(.1)),
			[]string{"photos get lighter over the file order: their mean luma is about 80 up to 29.png and 1"}},
		{"out of focus", lit(40, steady(100), step(20, .3, .1)), []string{
			"photos get less sharp over the file order, 3.0 times after 19.png; if"}},
		{"both", lit(40, step(20, 80, 160), step(10, .1, .3)), []string{
			"photos get lighter over the file order", "photos get sharper over the file order"}},
		{"a change that does no harm", lit(200, step(100, 100, 105), step(100, .1, .12)), nil},
		{"too few to tell", lit(12, step(6, 80, 160), steady(.1)), nil},
		{"one outlier", lit(50, func(i int) float64 { return 100 + 100*float64(i/49) }, steady(.1)), nil},
	} {
		findings := Check(test.batch)
		ok := slices.EqualFunc(findings, test.want, func(f Finding, want string) bool {
			return f.Kind == Drift && f.Groups == nil && strings.HasPrefix(f.Text, want)
		})
		if !ok {
			t.Errorf("%s: %+v", test.name, findings)
		}
	}
}

// Where the order means nothing, one batch in a thousand or fewer is warned about, for each measure.
func TestDriftIsRareByChance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	count := 0
	for range 4000 {
		values := make([]float64, 50)
		for i := range values {
			values[i] = math.Exp(.3 * random.NormFloat64())
		}
		if _, there := changeOf(values, brightnessDrift); there {
			count++
		}
	}
	if count > 8 {
		t.Errorf("%d of 4000", count)
	}
}

func TestDriftOfOddValues(t *testing.T) {
	for _, value := range []float64{0, -1, 7, math.NaN(), math.Inf(1), math.Inf(-1)} {
		for n := range 30 {
			values := slices.Repeat([]float64{value}, n)
			if c, there := changeOf(values, 1.08); there {
				t.Errorf("%d times %v: %+v", n, value, c)
			}
		}
	}
	values := slices.Concat([]float64{0, math.NaN()}, slices.Repeat([]float64{1}, 20), []float64{0},
		slices.Repeat([]float64{2}, 20)) // black photos are passed over
	if c, there := changeOf(values, 1.08); !there || c.last != 21 || c.before != 1 || c.after != 2 {
		t.Errorf("%+v, %v", c, there)
	}
}

func TestRanks(t *testing.T) {
	if got := ranks([]float64{3, 1, 3, 2, 3}); !slices.Equal(got, []float64{4, 1, 4, 2, 4}) {
		t.Errorf("%v", got)
	}
}
