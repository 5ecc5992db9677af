package metrics

import (
	"iter"
	"math"
	"math/bits"
	"slices"
)

// halfKeys is the number of values of half a key.
const halfKeys = 1 << 16

// buckets order the pixels of all images. A pixel's key is 32 bits that ascend with its value. A
// good pixel is put by the upper half of its key into a bucket that holds the lower halves; within
// a bucket the lower halves are counted. A defective pixel is kept as key and region, and sorted.
type buckets struct {
	population
	counts  [2][halfKeys]int // good pixels by the upper half of the key, by kind
	ends    [2][halfKeys]int // where the buckets end in lower
	lower   [2][]uint16      // bucket after bucket, in ascending order
	defects []uint64         // key << 32 | region, ascending

	highestKey, lowestKey uint32
	labels                []uint32 // of the image that is counted
}

// The kinds of pixels without a defect.
const (
	ofGood      = 0 // in good images
	ofDefective = 1 // in defective ones
)

// keyOf is the value's key: its bits, where negative numbers, whose bits descend, are inverted.
// Adding 0 makes -0 a 0.
func keyOf(value float32) uint32 {
	key := math.Float32bits(value + 0)
	return key ^ (uint32(int32(key)>>31) | 1<<31)
}

// valueOf is the inverse of keyOf.
func valueOf(key uint32) float32 {
	return math.Float32frombits(key ^ (uint32(int32(^key)>>31) | 1<<31))
}

// kind is where the image's good pixels go.
func (m *Image) kind() int {
	if m.Defective {
		return ofDefective
	}
	return ofGood
}

// count is the first pass: the sizes of the buckets, the regions, the defective pixels.
func (b *buckets) count(images iter.Seq2[Image, error]) error {
	b.lowestKey, b.highestKey = math.MaxUint32, 0
	for image, err := range images {
		if err != nil {
			return err
		}
		if err := image.check(); err != nil {
			return err
		}
		counts := &b.counts[image.kind()]
		labels := b.label(&image)
		for i, value := range image.Map {
			if !finite32(value) {
				return image.notFinite(i)
			}
			key := keyOf(value)
			b.lowestKey, b.highestKey = min(b.lowestKey, key), max(b.highestKey, key)
			if labels != nil && labels[i] > 0 {
				b.defects = append(b.defects, uint64(key)<<32|uint64(labels[i]-1))
			} else {
				counts[key>>16]++
			}
		}
	}
	slices.Sort(b.defects)
	for kind := range b.counts {
		total := 0
		for upper, count := range b.counts[kind] {
			b.ends[kind][upper] = total // the start; fill moves it to the end
			total += count
		}
		b.lower[kind] = make([]uint16, total)
	}
	b.good, b.background = int64(len(b.lower[ofGood])), int64(len(b.lower[ofDefective]))
	b.population.lowest = float64(valueOf(b.lowestKey))
	b.population.highest = float64(valueOf(b.highestKey))
	return nil
}

// label returns the image's regions, pixel by pixel, or nil if it has none. They hold until the
// next call.
func (b *buckets) label(image *Image) []uint32 {
	if image.Mask == nil || !image.Defective {
		return nil
	}
	if len(b.labels) < len(image.Mask) {
		b.labels = make([]uint32, len(image.Mask))
	}
	b.addMask(image.Mask, image.Height, image.Width, b.labels)
	return b.labels[:len(image.Mask)]
}

// fill is the second pass: the lower halves go into their buckets.
func (b *buckets) fill(images iter.Seq2[Image, error]) error {
	for image, err := range images {
		if err != nil {
			return err
		}
		ends, lower := &b.ends[image.kind()], b.lower[image.kind()]
		if image.Mask == nil || !image.Defective {
			for _, value := range image.Map {
				key := keyOf(value)
				lower[ends[key>>16]] = uint16(key)
				ends[key>>16]++
			}
			continue
		}
		for i, value := range image.Map {
			if image.Mask[i] {
				continue
			}
			key := keyOf(value)
			lower[ends[key>>16]] = uint16(key)
			ends[key>>16]++
		}
	}
	return nil
}

// levels goes through the distinct values from the highest down.
func (b *buckets) levels(yield func(level) bool) {
	var counted [2][halfKeys]uint32
	var present [halfKeys / 64]uint64 // bit set of the lower halves in the bucket
	var regions []uint32
	defects := b.defects
	for upper := int(b.highestKey >> 16); upper >= int(b.lowestKey>>16); upper-- {
		for kind := range b.lower {
			end := b.ends[kind][upper]
			for _, lower := range b.lower[kind][end-b.counts[kind][upper] : end] {
				counted[kind][lower]++
				present[lower/64] |= 1 << (lower % 64)
			}
		}
		for i := len(defects) - 1; i >= 0 && int(defects[i]>>48) == upper; i-- {
			lower := uint16(defects[i] >> 32)
			present[lower/64] |= 1 << (lower % 64)
		}
		for word := len(present) - 1; word >= 0; word-- {
			for present[word] != 0 {
				bit := bits.Len64(present[word]) - 1
				present[word] ^= 1 << bit
				lower := word*64 + bit
				key := uint32(upper<<16 | lower)
				regions = regions[:0]
				for n := len(defects); n > 0 && uint32(defects[n-1]>>32) == key; n-- {
					regions = append(regions, uint32(defects[n-1]))
					defects = defects[:n-1]
				}
				l := level{score: float64(valueOf(key)), regions: regions,
					good: int64(counted[ofGood][lower]), background: int64(counted[ofDefective][lower])}
				counted[ofGood][lower], counted[ofDefective][lower] = 0, 0
				if !yield(l) {
					return
				}
			}
		}
	}
}
