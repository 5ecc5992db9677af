package mutual

import (
	"fmt"
	"math"
	"slices"

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

// blockPatches is how many patches intervalAverages handles at once: a cache line of float32.
const blockPatches = 16

// intervalAverages writes Eq. 2 of every patch of one image, and window, to averages [R,P].
// distances is [scorers, R,P] and scratch holds blockPatches*scorers values. seen, if not nil, hears each
// block of patches before it is picked from: its first one, and the bits of its distances, [patches,
// scorers].
//
// A distance is never negative, so its bits as an unsigned integer are in the same order as its
// value, with NaN above all: picking the smallest needs no comparison of floats, and cannot fail.
func intervalAverages(averages []float64, distances []float32, scratch []uint32,
	seen func(first int, keys []uint32), start, stop int, average Average) {

	patches := len(averages)
	scorers := len(distances) / patches
	picked := make([]float64, stop-start)
	for first := 0; first < patches; first += blockPatches {
		block := min(blockPatches, patches-first)
		for j := range scorers {
			for p, distance := range distances[j*patches+first:][:block] {
				scratch[p*scorers+j] = math.Float32bits(distance)
			}
		}
		if seen != nil {
			seen(first, scratch[:block*scorers])
		}
		for p := range block {
			keys := scratch[p*scorers:][:scorers]
			selectSmallest(keys, stop, selectRounds)
			if start > 0 {
				selectSmallest(keys[:stop], start, selectRounds)
			}
			for k := range picked {
				picked[k] = float64(math.Float32frombits(keys[start+k]))
			}
			averages[first+p] = average.of(picked)
		}
	}
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
