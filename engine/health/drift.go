package health

import (
	"math"
	"slices"

	"musc/engine/plain"
)

// The constants of drift.
const (
	driftChance     = 0.001 // of a false alarm, where the order of the photos means nothing
	brightnessDrift = 1.08  // times as bright, or dark, from there on
	sharpnessDrift  = 1.3   // times as sharp, or blurred
)

// drift finds that brightness or sharpness change over the file order, as they do where the lamp ages,
// or somebody touches the lens, between the first photo and the last. Later photos are then compared
// with earlier ones under another light, and their scores tell that too.
//
// The test is Pettitt's (Applied Statistics 28, 1979) for one change at an unknown place, which sees a
// slow slope too. With the ranks R of the N values, ties sharing the mean of theirs,
//
//	U(t) = 2 sum of R(i) over i <= t - t (N+1),   K = max |U(t)|,   p = 2 exp(-6 K^2 / (N^3 + N^2))
//
// Drift is p < 0.001 together with medians before and after the change that differ by 8 %
// (brightness) or by 30 % (sharpness): in large batches changes show that do no harm. It takes about
// 20 photos to be that sure.
func drift(b *Batch) (findings []Finding) {
	brightness, sharpness := make([]float64, 0, len(b.Photos)), make([]float64, 0, len(b.Photos))
	for _, photo := range b.Photos {
		brightness = append(brightness, photo.Brightness)
		sharpness = append(sharpness, photo.Sharpness)
	}
	if c, there := changeOf(brightness, brightnessDrift); there {
		findings = append(findings, warn(Drift, nil, "photos get %s over the file order: their mean luma "+
			"is about %.0f up to %s and %.0f after it; if the light changed, score the two parts separately",
			c.word("lighter", "darker"), c.before, plain.InSentence(b.Photos[c.last].Name), c.after))
	}
	if c, there := changeOf(sharpness, sharpnessDrift); there {
		findings = append(findings, warn(Drift, nil, "photos get %s over the file order, %.1f times after "+
			"%s; if the focus changed or the lens is dirty, score the two parts separately",
			c.word("sharper", "less sharp"), c.factor(), plain.InSentence(b.Photos[c.last].Name)))
	}
	return findings
}

// change is where values change most.
type change struct {
	last          int     // index of the last value before it
	before, after float64 // medians
}

func (c change) word(up, down string) string {
	if c.after > c.before {
		return up
	}
	return down
}

// factor is how many times the larger median is the smaller, at least 1.
func (c change) factor() float64 { return max(c.before, c.after) / min(c.before, c.after) }

// changeOf finds a change by at least a factor in values. Those that are not positive, as of a black
// photo, are passed over.
func changeOf(values []float64, factor float64) (c change, there bool) {
	var known []float64
	var place []int
	for i, value := range values {
		if value > 0 && !math.IsInf(value, 1) {
			known, place = append(known, value), append(place, i)
		}
	}
	n := float64(len(known))
	best, sum, last := 0.0, 0.0, 0
	for t, rank := range ranks(known) {
		if sum += 2*rank - (n + 1); math.Abs(sum) > best {
			best, last = math.Abs(sum), t
		}
	}
	if best == 0 || 2*math.Exp(-6*best*best/(n*n*(n+1))) >= driftChance {
		return c, false
	}
	c = change{place[last], median(known[:last+1]), median(known[last+1:])}
	return c, c.factor() >= factor
}

// ranks are the places of values in ascending order, from 1; equal values share the mean of theirs.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		switch {
		case values[i] < values[j]:
			return -1
		case values[i] > values[j]:
			return 1
		}
		return i - j
	})
	ranks := make([]float64, len(values))
	for first := 0; first < len(order); {
		end := first + 1
		for end < len(order) && values[order[end]] == values[order[first]] {
			end++
		}
		for _, i := range order[first:end] {
			ranks[i] = float64(first+1+end) / 2
		}
		first = end
	}
	return ranks
}
