package cpu

import "math"

// This file is what the C code computes, readably and in float64. Tests compare the two; nothing
// else calls it.

// defineMutualNearest is MutualNearest of unpacked a [patchesA,channels] and b
// [patchesB,channels]. Besides the indexes it returns the products [patchesA,patchesB].
func defineMutualNearest(rowNearest, colNearest []int32, a, b []float32,
	patchesA, patchesB, channels int) []float64 {

	products := make([]float64, patchesA*patchesB)
	for p := range patchesA {
		for q := range patchesB {
			for c := range channels {
				products[p*patchesB+q] += float64(a[p*channels+c]) * float64(b[q*channels+c])
			}
		}
	}
	for p := range patchesA {
		rowNearest[p] = argmax(patchesB, func(q int) float64 { return products[p*patchesB+q] })
	}
	for q := range patchesB {
		colNearest[q] = argmax(patchesA, func(p int) float64 { return products[p*patchesB+q] })
	}
	return products
}

// argmax returns the lowest index of the greatest of n values. NaN is never the greatest; without
// a value above minus infinity the answer is 0.
func argmax(n int, value func(int) float64) int32 {
	best, index := math.Inf(-1), 0
	for i := range n {
		if x := value(i); x > best {
			best, index = x, i
		}
	}
	return int32(index)
}

// defineDistances is Distances in float64.
func defineDistances(dst []float64, a, b []float32, nearest []int32, channels int) {
	for p, q := range nearest {
		sum := 0.0
		for c := range channels {
			d := float64(a[p*channels+c]) - float64(b[int(q)*channels+c])
			sum += d * d
		}
		dst[p] = math.Sqrt(sum)
	}
}
