package imageio

import (
	"bytes"
	"math"
	"testing"
)

// numbered is a picture whose pixels are told apart by red and green.
func numbered(width, height int) *RGB {
	m := Plain(width, height, [3]uint8{})
	for i := range width * height {
		m.Pix[3*i], m.Pix[3*i+1] = uint8(i%width), uint8(i/width)
	}
	return m
}

func TestCropAndPasteMoveThePixelsOfAPart(t *testing.T) {
	m := numbered(7, 5)
	part := m.Crop(2, 1, 3, 4)
	if part.Width != 3 || part.Height != 4 || part.Pix[0] != 2 || part.Pix[1] != 1 ||
		part.Pix[len(part.Pix)-3] != 4 || part.Pix[len(part.Pix)-2] != 4 {
		t.Errorf("%+v", part)
	}
	to := Plain(7, 5, [3]uint8{9, 9, 9})
	to.Paste(part, 2, 1)
	for y := range 5 {
		for x := range 7 {
			want := [3]uint8{9, 9, 9}
			if x >= 2 && x < 5 && y >= 1 {
				want = [3]uint8{uint8(x), uint8(y), 0}
			}
			if got := [3]uint8(to.Pix[3*(7*y+x):]); got != want {
				t.Errorf("pixel %d,%d is %v", x, y, got)
			}
		}
	}
}

// A quarter clockwise brings the upper left pixel to the upper right.
func TestAQuarterTurnIsClockwise(t *testing.T) {
	turned := numbered(4, 4).Turned(Turn{1, 4}, [3]uint8{})
	if turned.Pix[3*3] != 0 || turned.Pix[3*3+1] != 0 || turned.Pix[0] != 0 || turned.Pix[1] != 3 {
		t.Errorf("%v", turned.Pix)
	}
}

func TestFourQuartersAreNoTurn(t *testing.T) {
	for _, side := range []int{1, 2, 5, 16} {
		m := numbered(side, side)
		turned := m
		for range 4 {
			turned = turned.Turned(Turn{3, 12}, [3]uint8{})
		}
		if !bytes.Equal(turned.Pix, m.Pix) {
			t.Errorf("%d x %d is another picture", side, side)
		}
		half := m.Turned(Turn{1, 2}, [3]uint8{})
		if !bytes.Equal(half.Turned(Turn{2, 4}, [3]uint8{}).Pix, m.Pix) {
			t.Errorf("%d x %d is another picture after two halves", side, side)
		}
	}
}

// Quarters agree with the rotation's formula, to half a pixel where the sides differ by an odd number.
func TestQuartersAreTheRotation(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {3, 3}, {4, 2}, {2, 8}, {5, 2}, {2, 7}} {
		width, height := size[0], size[1]
		for part := 1; part < 4; part++ {
			sin, cos := math.Sincos(float64(part) * math.Pi / 2)
			Turn{part, 4}.From(width, height, func(x, y int, fromX, fromY float64) {
				dx, dy := float64(x)-float64(width-1)/2, float64(y)-float64(height-1)/2
				wantX := dx*cos + dy*sin + float64(width-1)/2
				wantY := dy*cos - dx*sin + float64(height-1)/2
				offX, offY := wantX-fromX, wantY-fromY
				odd := float64((width+height)%2) / 2 * float64(part%2)
				if math.Abs(offX-odd) > 1e-9 || math.Abs(offY-odd) > 1e-9 || fromX != math.Trunc(fromX) {
					t.Fatalf("%v by %d quarters: %d,%d is from %v,%v instead of %v,%v", size, part, x, y,
						fromX, fromY, wantX, wantY)
				}
			})
		}
	}
}

// Along a line the cubic is exact: a turned ramp is the ramp of the places.
func TestATurnedRampIsARamp(t *testing.T) {
	const side = 41
	m := Plain(side, side, [3]uint8{})
	for i := range side * side {
		m.Pix[3*i] = uint8(40 + 2*(i%side) + i/side)
	}
	for part := 1; part < 8; part++ {
		turned := m.Turned(Turn{part, 8}, [3]uint8{})
		Turn{part, 8}.From(side, side, func(x, y int, fromX, fromY float64) {
			if min(fromX, fromY) < 2 || max(fromX, fromY) > side-3 {
				return
			}
			want := 40 + 2*fromX + fromY
			if got := float64(turned.Pix[3*(side*y+x)]); math.Abs(got-want) > 0.5+1e-9 {
				t.Fatalf("%d eighths: %v at %d,%d instead of %v", part, got, x, y, want)
			}
		})
	}
}

func TestWhatComesFromOutsideHasItsOwnColour(t *testing.T) {
	outside := [3]uint8{1, 2, 3}
	turned := Plain(20, 20, [3]uint8{50, 60, 70}).Turned(Turn{1, 8}, outside)
	if corner := [3]uint8(turned.Pix); corner != outside {
		t.Errorf("the corner is %v", corner)
	}
	if middle := [3]uint8(turned.Pix[3*(10*20+10):]); middle != [3]uint8{50, 60, 70} {
		t.Errorf("the middle is %v", middle)
	}
}
