package imageio

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// raster is a row of grey samples.
func raster(bits int, values ...float32) *Raster {
	return &Raster{Width: len(values), Height: 1, Channels: 1, Deep: values, Bits: bits}
}

func samplesOf(t *testing.T, rasters ...*Raster) Samples {
	t.Helper()
	var all Samples
	for _, r := range rasters {
		own, err := r.Samples()
		if err != nil {
			t.Fatal(err)
		}
		all = all.Join(own)
	}
	return all
}

func TestOneScaleHoldsAllSamples(t *testing.T) {
	const twelve, sixteen, float = 12, 16, 0
	for name, c := range map[string]struct {
		photos []*Raster
		bits   int
		want   Depth
	}{
		"none":      {nil, 0, Depth{}},
		"only 8":    {[]*Raster{{Width: 1, Height: 1, Channels: 1, Pix: []uint8{9}}}, 12, Depth{}},
		"8 bits":    {[]*Raster{raster(sixteen, 0, 255)}, 0, Depth{Integers: Range{0, 255}}},
		"10 bits":   {[]*Raster{raster(sixteen, 256)}, 0, Depth{Integers: Range{0, 1023}}},
		"10 filled": {[]*Raster{raster(sixteen, 1023)}, 0, Depth{Integers: Range{0, 1023}}},
		"12 bits":   {[]*Raster{raster(sixteen, 1024)}, 0, Depth{Integers: Range{0, 4095}}},
		"14 bits":   {[]*Raster{raster(sixteen, 4096)}, 0, Depth{Integers: Range{0, 16383}}},
		"16 bits":   {[]*Raster{raster(sixteen, 16384)}, 0, Depth{Integers: Range{0, 65535}}},
		"24 bits":   {[]*Raster{raster(32, 65536)}, 0, Depth{Integers: Range{0, 1<<24 - 1}}},
		"32 bits":   {[]*Raster{raster(32, 1<<24)}, 0, Depth{Integers: Range{0, 1<<32 - 1}}},
		"64 bits":   {[]*Raster{raster(64, 1<<40)}, 0, Depth{Integers: Range{0, 1<<41 - 1}}},
		"brightest of all": {[]*Raster{raster(sixteen, 100), raster(sixteen, 3000), raster(sixteen, 7)}, 0,
			Depth{Integers: Range{0, 4095}}},
		"declared":    {[]*Raster{raster(twelve, 100)}, 0, Depth{Integers: Range{0, 4095}}},
		"declared, 0": {[]*Raster{raster(twelve, 0, 100)}, 0, Depth{Integers: Range{0, 4095}}},
		"above that": {[]*Raster{raster(twelve, 100), raster(sixteen, 60000)}, 0,
			Depth{Integers: Range{0, 65535}}},
		"asked for":     {[]*Raster{raster(sixteen, 100)}, 14, Depth{Integers: Range{0, 16383}}},
		"asked for all": {[]*Raster{raster(twelve, 100)}, 10, Depth{Integers: Range{0, 1023}}},
		"signed 8":      {[]*Raster{raster(sixteen, -128, 127)}, 0, Depth{Integers: Range{-128, 127}}},
		"signed 10":     {[]*Raster{raster(sixteen, -1, 128)}, 0, Depth{Integers: Range{-512, 511}}},
		"signed 16":     {[]*Raster{raster(sixteen, -32768)}, 0, Depth{Integers: Range{-32768, 32767}}},
		"signed asked":  {[]*Raster{raster(sixteen, -1)}, 12, Depth{Integers: Range{-2048, 2047}}},
		"signed 64":     {[]*Raster{raster(64, -1<<40)}, 0, Depth{Integers: Range{-1 << 41, 1<<41 - 1}}},
		"unit":          {[]*Raster{raster(float, 0, 1)}, 0, Depth{Floats: Range{0, 1}}},
		"unit signed":   {[]*Raster{raster(float, -0.25, 0.5)}, 0, Depth{Floats: Range{-1, 1}}},
		"above unit":    {[]*Raster{raster(float, 0, 1.25)}, 0, Depth{Floats: Range{0, 2}}},
		"small":         {[]*Raster{raster(float, -9, 16)}, 0, Depth{Floats: Range{-16, 16}}},
		"float 8":       {[]*Raster{raster(float, 0.5, 255.5)}, 0, Depth{Floats: Range{0, 255}}},
		"float 12":      {[]*Raster{raster(float, 0, 4000)}, 0, Depth{Floats: Range{0, 4095}}},
		"float large":   {[]*Raster{raster(float, 0, 1<<33)}, 0, Depth{Floats: Range{0, 1<<34 - 1}}},
		"float signed":  {[]*Raster{raster(float, -0.5, 300)}, 0, Depth{Floats: Range{-512, 511}}},
		"float asked":   {[]*Raster{raster(float, 0, 900)}, 12, Depth{Floats: Range{0, 4095}}},
		"unit asked":    {[]*Raster{raster(float, 0, 1)}, 12, Depth{Floats: Range{0, 1}}},
		"both": {[]*Raster{raster(float, 0, 1), raster(sixteen, 500)}, 0,
			Depth{Integers: Range{0, 1023}, Floats: Range{0, 1}}},
	} {
		if got := samplesOf(t, c.photos...).Depth(c.bits); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
		slices.Reverse(c.photos)
		if got := samplesOf(t, c.photos...).Depth(c.bits); got != c.want {
			t.Errorf("%s: the order of photos makes it %v", name, got)
		}
	}
}

func TestLevelsOfDeepSamples(t *testing.T) {
	for name, c := range map[string]struct {
		of   *Raster
		by   Depth
		want []uint8
	}{
		"16 bits: the high byte": {raster(16, 0, 255, 256, 0x7fff, 0x8000, 65535),
			Depth{Integers: Range{0, 65535}}, []uint8{0, 0, 1, 127, 128, 255}},
		"12 bits": {raster(16, 0, 15, 16, 2047, 2048, 4095, 4096, 65535),
			Depth{Integers: Range{0, 4095}}, []uint8{0, 0, 1, 127, 128, 255, 255, 255}},
		"10 bits": {raster(16, 3, 4, 1023), Depth{Integers: Range{0, 1023}}, []uint8{0, 1, 255}},
		"8 bits":  {raster(16, 0, 1, 254, 255), Depth{Integers: Range{0, 255}}, []uint8{0, 1, 254, 255}},
		"signed": {raster(16, -2049, -2048, -1, 0, 2047), Depth{Integers: Range{-2048, 2047}},
			[]uint8{0, 0, 127, 128, 255}},
		"unit is rounded": {raster(0, -1, 0, 0.00195, 0.00197, 0.5, 1, 2), Depth{Floats: Range{0, 1}},
			[]uint8{0, 0, 0, 1, 128, 255, 255}},
		"unit signed": {raster(0, -1, 0, 1), Depth{Floats: Range{-1, 1}}, []uint8{0, 128, 255}},
		"small":       {raster(0, 0, 8, 16), Depth{Floats: Range{0, 16}}, []uint8{0, 128, 255}},
		"float of 8 bits is cut": {raster(0, 0.9, 1, 254.9, 300), Depth{Floats: Range{0, 255}},
			[]uint8{0, 1, 254, 255}},
		"the other kind's range": {raster(0, 0, 1), Depth{Integers: Range{0, 4095}}, []uint8{0, 255}},
		"as declared":            {raster(12, 16, 4095), Depth{}, []uint8{1, 255}},
		"declared and signed":    {raster(16, -32768, 0), Depth{}, []uint8{0, 128}},
		"floats by themselves":   {raster(0, 0, 200), Depth{}, []uint8{0, 200}},
		"no number":              {raster(0, 0.5, float32(math.NaN()), 1), Depth{}, []uint8{128, 0, 255}},
		"no number between":      {raster(0, 200, float32(math.NaN()), 100), Depth{}, []uint8{200, 0, 100}},
	} {
		rgb := c.of.RGB(c.by)
		var got []uint8
		for i := 0; i < len(rgb.Pix); i += 3 {
			got = append(got, rgb.Pix[i])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	colours := &Raster{Width: 1, Height: 1, Channels: 3, Bits: 16, Deep: []float32{256, 512, 1024}}
	if got := colours.RGB(Depth{}).Pix; !slices.Equal(got, []uint8{1, 2, 4}) {
		t.Errorf("colours: got %v", got)
	}
}

func TestSamplesThatAreNoNumbersAreFound(t *testing.T) {
	for value, word := range map[float64]string{math.Inf(1): "+Inf", math.Inf(-1): "-Inf"} {
		r := &Raster{Width: 2, Height: 3, Channels: 3, Deep: make([]float32, 18)}
		r.Deep[16] = float32(value)
		if _, err := r.Samples(); err == nil || err.Error() != "it holds "+word+" in row 2, column 1" {
			t.Errorf("got %v", err)
		}
	}
	r := raster(0, 0, float32(math.NaN()))
	if _, err := r.Samples(); err == nil || err.Error() != "it holds NaN in row 0, column 1" {
		t.Errorf("got %v", err)
	}
}

func TestTheScaleIsExplained(t *testing.T) {
	for want, c := range map[string]struct {
		of   []*Raster
		bits int
	}{
		"photos with integers of more than 8 bits (2) hold values from 5 to 4000: all are scaled as " +
			"12-bit values, 0 to 4095; --bits decides otherwise": {
			[]*Raster{raster(16, 5), raster(16, 4000)}, 0},
		"photos with integers of more than 8 bits (1) hold values from 0 to 4000: all are scaled as " +
			"10-bit values, 0 to 1023, what is beyond is cut off; --bits decides otherwise": {
			[]*Raster{raster(16, 0, 4000)}, 10},
		"photos with integers of more than 8 bits (1) hold values from -3 to 90: all are scaled as " +
			"8-bit values, -128 to 127; --bits decides otherwise": {[]*Raster{raster(16, -3, 90)}, 0},
		"photos with floats (1) hold values from 0.125 to 0.5: all are scaled as values from 0 to 1": {
			[]*Raster{raster(0, 0.125, 0.5)}, 0},
		"photos with floats (1) hold values from 0 to 255.75: all are scaled as 8-bit values, 0 to 255; " +
			"--bits decides otherwise": {[]*Raster{raster(0, 0, 255.75)}, 0},
	} {
		all := samplesOf(t, c.of...)
		if got := all.Explain(all.Depth(c.bits)); len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	many := make([]float32, 20000)
	for i := range many {
		many[i] = 1000
	}
	many[3], many[5], many[7] = 0, 4096, 65535
	strays := " (of 20000 values only 2 exceed 1023: with dead pixels, give --bits 10)"
	for _, c := range []struct {
		bits int
		want bool
	}{{0, true}, {12, true}, {10, false}, {8, false}} {
		all := samplesOf(t, raster(16, many...))
		if got := all.Explain(all.Depth(c.bits))[0]; strings.HasSuffix(got, strays) != c.want {
			t.Errorf("--bits %d: got %q", c.bits, got)
		}
	}
	plain := samplesOf(t, raster(16, many[8:]...))
	if got := plain.Explain(plain.Depth(14))[0]; strings.Contains(got, "exceed") {
		t.Errorf("no strays: got %q", got)
	}
	many[9] = 5000 // more than one in 10000
	strayed := samplesOf(t, raster(16, many...)).Explain(Depth{Integers: Range{0, 65535}})
	if got := strayed[0]; strings.Contains(got, "1023:") || !strings.HasSuffix(got,
		"(of 20000 values only 1 exceed 16383: with dead pixels, give --bits 14)") {
		t.Errorf("got %q", got)
	}
	both := samplesOf(t, raster(16, 1), raster(0, 1))
	if got := both.Explain(both.Depth(0)); len(got) != 2 || !strings.Contains(got[1], "floats") {
		t.Errorf("got %q", got)
	}
	if got := (Samples{}).Explain(Depth{}); got != nil {
		t.Errorf("got %q", got)
	}
}
