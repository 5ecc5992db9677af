package imageio

import (
	"math"
	"testing"
)

// picture paints a grey picture.
func picture(width, height int, shade func(x, y int) uint8) *RGB {
	m := newRGB(width, height)
	for i := range width * height {
		value := shade(i%width, i/width)
		copy(m.Pix[3*i:], []uint8{value, value, value})
	}
	return m
}

func TestExposure(t *testing.T) {
	chequers := func(dark, light uint8) func(x, y int) uint8 {
		return func(x, y int) uint8 {
			if (x+y)%2 == 0 {
				return dark
			}
			return light
		}
	}
	state := uint32(1)
	noise := func(int, int) uint8 {
		state = state*1664525 + 1013904223
		return uint8(state >> 24)
	}
	for _, test := range []struct {
		name       string
		picture    *RGB
		brightness float64
		sharpness  float64
		within     float64 // of the sharpness
	}{
		{"one shade", picture(9, 7, func(int, int) uint8 { return 90 }), 90, 0, 0},
		{"a chequerboard", picture(10, 10, chequers(40, 80)), 60, 64, 0},
		{"the same with more contrast", picture(10, 10, chequers(0, 255)), 127.5, 64, 0},
		{"a slope", picture(20, 20, func(x, _ int) uint8 { return uint8(5 * x) }), 47.5, 0, 0},
		// Y = 0 0 100 0 0 in each row: L = 0+100 beside the line, -200 on it. var(Y) = 1600, L of the
		// inner columns is 100 -200 100: mean 0, variance 20000.
		{"a line", picture(5, 5, func(x, _ int) uint8 { return 100 * uint8(max(0, 1-(x-2)*(x-2))) }),
			20, 12.5, 1e-12},
		{"noise", picture(200, 200, noise), 127.5, 20, 0.5},
		{"one pixel", picture(1, 1, chequers(7, 0)), 7, 0, 0},
		{"a strip", picture(2, 50, chequers(0, 200)), 100, 0, 0},
		{"no pixel", picture(0, 0, nil), 0, 0, 0},
	} {
		got := test.picture.Exposure()
		if math.Abs(got.Brightness-test.brightness) > 1 && test.name == "noise" ||
			got.Brightness != test.brightness && test.name != "noise" {
			t.Errorf("%s: brightness %v, not %v", test.name, got.Brightness, test.brightness)
		}
		if math.Abs(got.Sharpness-test.sharpness) > test.within {
			t.Errorf("%s: sharpness %v, not %v", test.name, got.Sharpness, test.sharpness)
		}
	}
}

// The luma is that of Grey: green counts more than blue.
func TestBrightnessOfColours(t *testing.T) {
	for _, test := range []struct {
		pixel [3]uint8
		want  float64
	}{{[3]uint8{255, 0, 0}, 76}, {[3]uint8{0, 255, 0}, 150}, {[3]uint8{0, 0, 255}, 29}} {
		m := &RGB{Width: 1, Height: 1, Pix: test.pixel[:]}
		if got := m.Exposure().Brightness; got != test.want {
			t.Errorf("%v: %v, not %v", test.pixel, got, test.want)
		}
	}
}

// A photo that is blurred, or was enlarged from a smaller one, is less sharp.
func TestBlurIsLessSharp(t *testing.T) {
	photo, _, err := Decode("../../testdata/washer/images/000.png", Options{})
	if err != nil {
		t.Fatal(err)
	}
	sharp := photo.Resize(224, 224, Bicubic)
	blurred := sharp.Resize(112, 112, Bilinear).Resize(224, 224, Bilinear)
	a, b := sharp.Exposure(), blurred.Exposure()
	if b.Sharpness > a.Sharpness/2 || math.Abs(a.Brightness-b.Brightness) > 1 {
		t.Errorf("%+v, blurred %+v", a, b)
	}
}

func BenchmarkExposure(b *testing.B) {
	photo, _, err := Decode("../../testdata/washer/images/000.png", Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, side := range []int{224, 518} {
		b.Run(map[int]string{224: "224", 518: "518"}[side], func(b *testing.B) {
			m := photo.Resize(side, side, Bicubic)
			for b.Loop() {
				m.Exposure()
			}
		})
	}
	b.Run("decode and resize to 224", func(b *testing.B) {
		for b.Loop() {
			photo, _, _ := Decode("../../testdata/washer/images/000.png", Options{})
			photo.Resize(224, 224, Bicubic)
		}
	})
}
