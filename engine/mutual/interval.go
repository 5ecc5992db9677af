package mutual

import (
	"fmt"
	"math"
	"slices"

	"musc/cgo/cpu"
	"musc/engine/fault"
)

// Interval is the part of the sorted distances that Eq. 2 averages, as fractions of their number.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Bounds are the positions [start, stop) among count sorted distances, count at least 1:
// start = int(count*Low), stop = int(count*High), and always at least one of them.
func (v Interval) Bounds(count int) (start, stop int) {
	start, stop = int(float64(count)*v.Low), int(float64(count)*v.High)
	start = min(start, count-1)
	return start, min(max(stop, start+1), count)
}

func (v Interval) check() error {
	if !(0 <= v.Low && v.Low <= v.High && v.High <= 1) { // also NaN
		return fault.New(fault.Usage, "interval [%v, %v]: needs 0 <= low <= high <= 1, such as 0"+
			" and 0.3", v.Low, v.High)
	}
	return nil
}

// Average is what is made of the distances in the interval.
type Average int

// Mean is Eq. 2; Min and Max are the paper's ablations.
const (
	Mean Average = iota
	Min
	Max
)

var averageNames = [...]string{"mean", "min", "max"}

// String is mean, min or max.
func (a Average) String() string {
	if a < Mean || a > Max {
		return fmt.Sprintf("Average(%d)", int(a))
	}
	return averageNames[a]
}

// MarshalText writes the name that String gives.
func (a Average) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads a name that String gives; any other is an error of kind fault.Usage.
func (a *Average) UnmarshalText(text []byte) error {
	k := slices.Index(averageNames[:], string(text))
	if k < 0 {
		return fault.New(fault.Usage, "unknown average %q: mean, min or max", text)
	}
	*a = Average(k)
	return nil
}

// of averages values that were picked by the interval, at least one.
func (a Average) of(picked []float64) float64 {
	switch a {
	case Min:
		return slices.Min(picked)
	case Max:
		return slices.Max(picked)
	}
	total := 0.0
	for _, value := range picked {
		total += value
	}
	return total / float64(len(picked))
}

// blockPatches is how many patches averaging handles at once: a cache line of float32.
const blockPatches = cpu.SmallestColumns

// averaging is Eq. 2 of one image for many patches and windows.
//
// A distance is never negative, so its bits as an unsigned integer are in the same order as its
// value, with NaN above all: picking the smallest needs no comparison of floats, and cannot fail.
//
// Sums are in float64. Those of some thousand float32 distances are exact, in whatever order, unless the
// smallest is less than a millionth of the greatest.
type averaging struct {
	distances []float32 // [scorers, values]
	values    int       // R * P
	scratch   []uint32  // [blockPatches, scorers]
	infinite  bool      // some distances may be: they do not count

	// bounds are the positions that count of so many sorted distances.
	bounds  func(scorers int) (start, stop int)
	average Average

	// seen, if not nil, hears each block of patches before it is picked from: its first value, and the
	// bits of its distances, [patches, scorers].
	seen func(first int, keys []uint32)
}

// into writes Eq. 2 of the values from the first one on to averages.
func (a *averaging) into(averages []float64, first int) {
	scorers := len(a.distances) / a.values
	if a.wide() {
		if start, stop := a.bounds(scorers); start == 0 {
			a.intoWide(averages, first, stop)
			return
		}
	}
	var picked []float64
	for ; len(averages) > 0; first += blockPatches {
		block := min(blockPatches, len(averages))
		all := a.keys(first, block)
		if a.seen != nil {
			a.seen(first, all)
		}
		for p := range block {
			keys := all[p*scorers:][:scorers]
			if a.infinite {
				keys = finiteKeys(keys)
			}
			averages[p], picked = a.pick(keys, picked)
		}
		averages = averages[block:]
	}
}

// keys are the bits of the distances of a block of patches from the first on, [block, scorers].
func (a *averaging) keys(first, block int) []uint32 {
	scorers := len(a.distances) / a.values
	for j := range scorers {
		for p, distance := range a.distances[j*a.values+first:][:block] {
			a.scratch[p*scorers+j] = math.Float32bits(distance)
		}
	}
	return a.scratch[:block*scorers]
}

// wide tells whether the smallest are found for many patches side by side, or many scorers of one patch:
// not where distances may be infinite, and do not count, nor where there are too few patches. It is the
// same for all of an image.
func (a *averaging) wide() bool {
	return !a.infinite && (a.values == 1 || a.values >= blockPatches/2)
}

// intoWide is into where the smallest distances count.
func (a *averaging) intoWide(averages []float64, first, count int) {
	scorers := len(a.distances) / a.values
	if a.average == Min {
		count = 1
	}
	var greatest [blockPatches]float32
	for ; len(averages) > 0; first += blockPatches {
		block := min(blockPatches, len(averages))
		if a.seen != nil {
			a.seen(first, a.keys(first, block))
		}
		cpu.SumSmallest(averages[:block], greatest[:block], a.distances[first:], scorers, a.values,
			count, a.scratch)
		for p := range block {
			if a.average == Max {
				averages[p] = float64(greatest[p])
			} else {
				averages[p] /= float64(count)
			}
		}
		averages = averages[block:]
	}
}

// pick is Eq. 2 of one patch; picked is room that is made as needed.
func (a *averaging) pick(keys []uint32, picked []float64) (average float64, _ []float64) {
	if len(keys) == 0 {
		return 0, picked
	}
	start, stop := a.bounds(len(keys))
	selectSmallest(keys, stop, selectRounds)
	if start > 0 {
		selectSmallest(keys[:stop], start, selectRounds)
	}
	picked = picked[:0]
	for _, key := range keys[start:stop] {
		picked = append(picked, float64(math.Float32frombits(key)))
	}
	return a.average.of(picked), picked
}

// finiteKeys leaves out the distances that are infinite, in place.
func finiteKeys(keys []uint32) []uint32 {
	const infinite = 0x7f800000
	finite := keys[:0]
	for _, key := range keys {
		if key != infinite {
			finite = append(finite, key)
		}
	}
	return finite
}

// selectRounds is far above the rounds that good pivots take, about twice the logarithm.
const selectRounds = 64

// selectSmallest reorders keys so that the first k, in no order, are the k smallest: quickselect
// with the median of three. Pivots that are still bad after some rounds are left for a sort.
func selectSmallest(keys []uint32, k, rounds int) {
	low, high := 0, len(keys)-1
	for ; low < high; rounds-- {
		if rounds == 0 {
			slices.Sort(keys[low : high+1])
			return
		}
		pivot := medianOfThree(keys[low], keys[low+(high-low)/2], keys[high])
		i, j := low, high
		for i <= j {
			for keys[i] < pivot {
				i++
			}
			for keys[j] > pivot {
				j--
			}
			if i <= j {
				keys[i], keys[j] = keys[j], keys[i]
				i, j = i+1, j-1
			}
		}
		// keys[low:j+1] <= pivot, keys[i:high+1] >= pivot, and pivot itself between them.
		if k-1 <= j {
			high = j
		} else if k-1 >= i {
			low = i
		} else {
			return
		}
	}
}

func medianOfThree(a, b, c uint32) uint32 { return max(min(a, b), min(max(a, b), c)) }
