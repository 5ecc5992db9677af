package pngrows

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"musc/cgo/resample"
)

// filtered is a row under a filter as the PNG specification, section 9.2, has it; the above row may be zeros.
func filtered(filter, pixel int, row, above []byte) []byte {
	out := []byte{byte(filter)}
	for x, value := range row {
		var a, b, c int
		b = int(above[x])
		if x >= pixel {
			a, c = int(row[x-pixel]), int(above[x-pixel])
		}
		out = append(out, value-byte([]int{0, a, b, (a + b) / 2, paeth(a, b, c)}[filter]))
	}
	return out
}

func paeth(a, b, c int) int {
	distance := func(x int) int { return max(a+b-c-x, x-a-b+c) }
	switch {
	case distance(a) <= distance(b) && distance(a) <= distance(c):
		return a
	case distance(b) <= distance(c):
		return b
	}
	return c
}

// chosen is the row under the filter of the least sum; the first of the order if sums are equal.
func chosen(pixel int, row, above []byte) (best []byte) {
	least := -1
	for _, filter := range []int{2, 4, 0, 1, 3} {
		out, sum := filtered(filter, pixel, row, above), 0
		for _, value := range out[1:] {
			sum += max(int(int8(value)), -int(int8(value)))
		}
		if least < 0 || sum < least {
			best, least = out, sum
		}
	}
	return best
}

func TestFilterIsItsDefinition(t *testing.T) {
	if !resample.Supported() {
		t.Skip("this machine has no AVX2")
	}
	random := rand.New(rand.NewPCG(1, 2))
	used := map[byte]bool{}
	for _, pixel := range []int{1, 2, 3, 4, 6, 8} {
		for _, length := range []int{1, 2, 3, 5, 8, 31, 32, 33, 63, 64, 65, 300, 3000} {
			f := NewFilterer(length, pixel)
			above := make([]byte, length)
			for y := range 24 {
				row := f.Row()
				for x := range row {
					rough := random.IntN(1 + []int{255, 3, 9, 0}[y%4])
					row[x] = byte(rough + []int{0, 5 * x, int(above[x]), x/2 + 3*y, 128, 255}[y%6])
				}
				want := chosen(pixel, row, above)
				copy(above, row)
				got := f.Filter()
				if !slices.Equal(got, want) {
					t.Fatalf("%d bytes, pixels of %d, row %d: filter %d, %v, instead of %d, %v", length, pixel, y,
						got[0], got[1:min(9, len(got))], want[0], want[1:min(9, len(want))])
				}
				used[got[0]] = true
			}
		}
	}
	if len(used) != 5 {
		t.Errorf("filters %v were chosen, not all five", used)
	}
}

func TestUnfilterUndoes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, pixel := range []int{1, 3} {
		for _, width := range []int{1, 2, 3, 5, 31, 32, 33, 400} {
			for _, height := range []int{1, 2, 7, 23} {
				length := width * pixel
				want, from, above := []byte{}, []byte{}, make([]byte, length)
				for range height {
					row := make([]byte, length)
					for x := range row {
						row[x] = byte(int(above[x]) + random.IntN(1+random.IntN(256)))
					}
					want = append(want, row...)
					from = append(from, filtered(random.IntN(5), pixel, row, above)...)
					above = row
				}
				got := make([]byte, len(want)+1)
				got[len(want)] = 7
				if !Unfilter(got[:len(want)], from, height, length, pixel) || got[len(want)] != 7 ||
					!slices.Equal(got[:len(want)], want) {
					t.Fatalf("%d x %d pixels of %d: other than before they were filtered", width, height, pixel)
				}
				from[(height-1)*(1+length)] = 5
				if Unfilter(got, from, height, length, pixel) {
					t.Fatal("filter 5 is none")
				}
			}
		}
	}
}

func TestMistakesPanic(t *testing.T) {
	if !resample.Supported() {
		t.Skip("this machine has no AVX2")
	}
	for _, c := range [][2]int{{0, 3}, {3, 0}, {9, 9}} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); len(text) < 8 || text[:8] != "pngrows:" {
					t.Errorf("%v: got %v", c, text)
				}
			}()
			NewFilterer(c[0], c[1])
		}()
	}
}
