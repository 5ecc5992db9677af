package imageio

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/npy/npytest"
)

const golden = "../../testdata/preprocess"

// All but the JPEG are equal to the byte. The JPEG differs by at most 3 levels before the resize
// and after it, where most of the differences average out.
func TestPreprocessedImagesAreThePublishedBytes(t *testing.T) {
	var cases map[string]struct {
		Sizes         []int
		Exact         bool
		Width, Height int
	}
	text, err := os.ReadFile(filepath.Join(golden, "cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil || len(cases) < 10 {
		t.Fatalf("found %d cases, %v", len(cases), err)
	}
	for name, c := range cases {
		m, _ := load(t, filepath.Join(golden, name), Options{})
		if m.Width != c.Width || m.Height != c.Height {
			t.Errorf("%s is %d x %d, want %d x %d", name, m.Width, m.Height, c.Width, c.Height)
		}
		bound := 3
		if c.Exact {
			bound = 0
		}
		for _, side := range c.Sizes {
			stem := strings.TrimSuffix(name, filepath.Ext(name))
			want := npytest.Bytes(t, filepath.Join(golden, fmt.Sprintf("%s_%d.npy", stem, side)))
			got := m.Resize(side, side, Bicubic)
			if difference := farthest(t, got.Pix, want); difference > bound {
				t.Errorf("%s at %d differs by %d levels, want at most %d", name, side, difference, bound)
			}
		}
	}
}

func TestMasksAreThePublishedBytes(t *testing.T) {
	m, _ := load(t, golden+"/mask.png", Options{})
	for _, side := range []int{98, 518} {
		want := npytest.Bytes(t, filepath.Join(golden, fmt.Sprintf("mask_%d.npy", side)))
		if got := ResizeGrey(m.Grey(), side, side, Bilinear); !slices.Equal(got.Pix, want) {
			t.Errorf("the mask at %d differs by %d levels", side, farthest(t, got.Pix, want))
		}
	}
}

func noise(width, height int, seed uint64) *RGB {
	m := newRGB(width, height)
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range m.Pix {
		m.Pix[i] = uint8(random.Uint32())
	}
	return m
}

// definition is Resize as its formulas read: each pass a sum over all input samples.
func definition(m *RGB, width, height int, filter Filter) *RGB {
	pass := func(m *RGB, width, height int) *RGB {
		out := newRGB(width, height)
		rows, columns := makeWindows(m.Height, height, filter), makeWindows(m.Width, width, filter)
		for i := range out.Pix {
			x, y, channel := i/3%width, i/3/width, i%3
			sum := int64(1) << (precision - 1)
			if width != m.Width {
				for j, c := range columns[x].Coefficients {
					sum += int64(c) * int64(m.Pix[3*(y*m.Width+columns[x].First+j)+channel])
				}
			} else {
				for j, c := range rows[y].Coefficients {
					sum += int64(c) * int64(m.Pix[3*((rows[y].First+j)*width+x)+channel])
				}
			}
			out.Pix[i] = uint8(min(max(sum>>precision, 0), 255))
		}
		return out
	}
	across := func(m *RGB) *RGB {
		if m.Width == width {
			return m
		}
		return pass(m, width, m.Height)
	}
	down := func(m *RGB) *RGB {
		if m.Height == height {
			return m
		}
		return pass(m, m.Width, height)
	}
	if m.Height > height && m.Height-height > 2*(m.Width-width) {
		return across(down(m))
	}
	return down(across(m))
}

func TestResizeIsItsDefinition(t *testing.T) {
	sides := []int{1, 2, 3, 7, 16, 17, 31}
	for _, filter := range []Filter{Bilinear, Bicubic} {
		for seed, inWidth := range sides {
			for _, inHeight := range sides {
				m := noise(inWidth, inHeight, uint64(seed))
				for _, width := range sides {
					for _, height := range sides {
						want := definition(m, width, height, filter)
						got := m.Resize(width, height, filter)
						if !slices.Equal(got.Pix, want.Pix) {
							t.Fatalf("%d x %d to %d x %d, filter %d: differs by %d levels", inWidth, inHeight,
								width, height, filter, farthest(t, got.Pix, want.Pix))
						}
						grey := ResizeGrey(m.Grey(), width, height, filter)
						spread := m.Grey().spread().Resize(width, height, filter).Grey()
						if !slices.Equal(grey.Pix, spread.Pix) {
							t.Fatalf("grey %d x %d to %d x %d differs from colour", inWidth, inHeight, width, height)
						}
					}
				}
			}
		}
	}
}

// spread is the grey image in three equal channels.
func (m *Grey) spread() *RGB {
	out := newRGB(m.Width, m.Height)
	for i := range out.Pix {
		out.Pix[i] = m.Pix[i/3]
	}
	return out
}

func TestResizeLeavesTheImageAlone(t *testing.T) {
	m := noise(9, 5, 1)
	before := slices.Clone(m.Pix)
	same := m.Resize(9, 5, Bicubic)
	if !slices.Equal(same.Pix, before) {
		t.Fatal("the same size gives other pixels")
	}
	same.Pix[0]++
	m.Resize(4, 20, Bicubic)
	if !slices.Equal(m.Pix, before) {
		t.Fatal("the image changed")
	}
}

func TestWindowsAddUpToOne(t *testing.T) {
	for _, filter := range []Filter{Bilinear, Bicubic} {
		for _, c := range [][2]int{{2, 1}, {1, 9}, {1024, 518}, {518, 1024}, {9999, 224}} {
			for i, w := range makeWindows(c[0], c[1], filter) {
				sum := 0
				for _, coefficient := range w.Coefficients {
					sum += int(coefficient)
				}
				if off := sum - 1<<precision; off > len(w.Coefficients) || -off > len(w.Coefficients) ||
					w.First < 0 || w.First+len(w.Coefficients) > c[0] {
					t.Fatalf("%v, output %d: window %v adds up to 1 %+d", c, i, w, off)
				}
			}
		}
	}
}

func TestNormalise(t *testing.T) {
	m := &RGB{Width: 2, Height: 1, Pix: []uint8{0, 51, 255, 255, 102, 0}}
	got := make([]float32, 6)
	Normalise(got, m, [3]float32{0.5, 0.2, 0}, [3]float32{0.5, 0.1, 2})
	want := []float32{-1, 1, (float32(51)/255 - 0.2) / 0.1, (float32(102)/255 - 0.2) / 0.1, 0.5, 0}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func BenchmarkResize(b *testing.B) {
	m := noise(1024, 1024, 1)
	for _, side := range []int{224, 518} {
		b.Run(fmt.Sprintf("1024to%d", side), func(b *testing.B) {
			for b.Loop() {
				m.Resize(side, side, Bicubic)
			}
		})
	}
}

func BenchmarkNormalise(b *testing.B) {
	m := noise(518, 518, 1)
	dst := make([]float32, 3*518*518)
	for b.Loop() {
		Normalise(dst, m, [3]float32{0.5, 0.5, 0.5}, [3]float32{0.2, 0.2, 0.2})
	}
}
