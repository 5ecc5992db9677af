package resample

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// definition is Rows as its comment reads.
func definition(to, from []uint8, height, in int, windows []Window) {
	for y := range height {
		for x, w := range windows {
			for channel := range 3 {
				sum := int32(1 << (Precision - 1))
				for j, c := range w.Coefficients {
					sum += c * int32(from[3*(y*in+w.First+j)+channel])
				}
				to[3*(y*len(windows)+x)+channel] = uint8(min(max(sum>>Precision, 0), 255))
			}
		}
	}
}

// windows are random ones that begin and end at the edges, of coefficients that add up to about 1
// and of negative ones.
func windows(random *rand.Rand, in, out, longest int) []Window {
	made := make([]Window, out)
	for i := range made {
		count := 1 + random.IntN(min(longest, in))
		first := random.IntN(in - count + 1)
		switch i {
		case 0:
			first = 0
		case out - 1:
			first = in - count
		}
		made[i] = Window{First: first, Coefficients: make([]int32, count)}
		for j := range made[i].Coefficients {
			made[i].Coefficients[j] = int32(random.IntN(5<<Precision)-2<<Precision) / int32(count)
		}
	}
	return made
}

func need(t *testing.T) {
	t.Helper()
	if !Supported() {
		t.Skip("this machine has no AVX2")
	}
}

func TestRowsAreTheirDefinition(t *testing.T) {
	need(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, in := range []int{11, 12, 13, 16, 31, 64, 257, 4000} {
		for height := 1; height <= 9; height++ {
			for _, longest := range []int{1, 3, 4, 5, 72} {
				for _, out := range []int{1, 2, 7} {
					from := make([]uint8, 3*in*height)
					for i := range from {
						from[i] = uint8(random.Uint32())
						if i%3 == 1 {
							from[i] = 255 // sums at the ends of what 32 bits hold
						}
					}
					w := windows(random, in, out, longest)
					want, got := make([]uint8, 3*out*height), make([]uint8, 3*out*height+1)
					definition(want, from, height, in, w)
					got[len(want)] = 77
					if !Rows(got[:len(want)], from, height, in, w) {
						t.Fatalf("%d x %d to %d: not done", in, height, out)
					}
					if !slices.Equal(got[:len(want)], want) || got[len(want)] != 77 {
						t.Fatalf("%d x %d to %d, windows of %d: got %v, want %v", in, height, out, longest,
							got, want)
					}
				}
			}
		}
	}
}

func TestColumnsAreTheirDefinition(t *testing.T) {
	need(t)
	random := rand.New(rand.NewPCG(3, 4))
	for _, stride := range []int{32, 33, 47, 63, 64, 65, 96, 257, 3072} {
		for _, in := range []int{1, 2, 3, 4, 5, 64, 301} {
			for _, longest := range []int{1, 2, 3, 4, 27} {
				for _, out := range []int{1, 2, 7} {
					from := make([]uint8, stride*in)
					for i := range from {
						from[i] = uint8(random.Uint32())
						if i%3 == 1 {
							from[i] = 255
						}
					}
					w := windows(random, in, out, longest)
					want, got := make([]uint8, stride*out), make([]uint8, stride*out+1)
					for y, window := range w {
						for x := range stride {
							sum := int32(1 << (Precision - 1))
							for j, c := range window.Coefficients {
								sum += c * int32(from[(window.First+j)*stride+x])
							}
							want[y*stride+x] = uint8(min(max(sum>>Precision, 0), 255))
						}
					}
					got[len(want)] = 77
					if !Columns(got[:len(want)], from, stride, in, w) {
						t.Fatalf("%d rows of %d to %d: not done", in, stride, out)
					}
					if !slices.Equal(got[:len(want)], want) || got[len(want)] != 77 {
						t.Fatalf("%d rows of %d to %d, windows of %d: other than defined", in, stride, out, longest)
					}
				}
			}
		}
	}
}

func TestColumnsThatAreTooShortAreLeft(t *testing.T) {
	one := []Window{{0, []int32{1 << Precision}}}
	for _, c := range []struct{ stride, in, out int }{{31, 1, 1}, {32, 0, 1}, {32, 1, 0}} {
		to, from := make([]uint8, 32), make([]uint8, 32)
		from[0] = 9
		if Columns(to, from, c.stride, c.in, one[:c.out]) || to[0] != 0 {
			t.Errorf("%+v: done", c)
		}
	}
}

func TestRowsThatAreTooShortAreLeft(t *testing.T) {
	one := []Window{{0, []int32{1 << Precision}}}
	for _, c := range []struct{ height, in, out int }{{1, 10, 1}, {0, 20, 1}, {1, 20, 0}} {
		to, from := make([]uint8, 3), make([]uint8, 60)
		from[0] = 9
		if Rows(to, from, c.height, c.in, one[:c.out]) || to[0] != 0 {
			t.Errorf("%+v: done", c)
		}
	}
	to, from := make([]uint8, 3), make([]uint8, 33)
	from[0] = 9
	if Supported() && (!Rows(to, from, 1, 11, one) || to[0] != 9) {
		t.Error("11 pixels: not done")
	}
}

func TestMistakesPanic(t *testing.T) {
	need(t)
	whole := []Window{{0, make([]int32, 11)}}
	for name, c := range map[string]struct {
		to, from int
		windows  []Window
	}{
		"to":     {2, 33, whole},
		"from":   {3, 32, whole},
		"beyond": {3, 33, []Window{{1, make([]int32, 11)}}},
		"before": {3, 33, []Window{{-1, make([]int32, 3)}}},
	} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); len(text) < 9 || text[:9] != "resample:" {
					t.Errorf("%s: got %v", name, text)
				}
			}()
			Rows(make([]uint8, c.to), make([]uint8, c.from), 1, 11, c.windows)
		}()
	}
}
