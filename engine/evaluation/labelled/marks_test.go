package labelled

import (
	"math"
	"slices"
	"strings"
	"testing"

	"musc/engine/imageio"
)

// field draws a mask of 12 x 8 pixels from rows of digits; value says what each digit stands for.
func field(rows string, value func(digit float32) float32) (width, height int, values []float32) {
	lines := strings.Fields(rows)
	for _, line := range lines {
		for _, c := range line {
			values = append(values, value(float32(c-'0')))
		}
	}
	return len(lines[0]), len(lines), values
}

func asStored(digit float32) float32 { return digit }

// times scales digits.
func times(factor float32) func(float32) float32 {
	return func(digit float32) float32 { return digit * factor }
}

// grey is a raster of 8 bits.
func grey(rows string, value func(float32) float32) *imageio.Raster {
	width, height, values := field(rows, value)
	r := &imageio.Raster{Width: width, Height: height, Channels: 1, Pix: make([]uint8, len(values))}
	for i, v := range values {
		r.Pix[i] = uint8(v)
	}
	return r
}

// deep is a raster of more bits.
func deep(rows string, value func(float32) float32) *imageio.Raster {
	r := &imageio.Raster{Channels: 1, Bits: 16}
	r.Width, r.Height, r.Deep = field(rows, value)
	return r
}

func lossy(r *imageio.Raster) *imageio.Raster {
	r.Lossy = true
	return r
}

func coloured(r *imageio.Raster, colours ...[3]uint8) *imageio.Raster {
	out := &imageio.Raster{Width: r.Width, Height: r.Height, Channels: 3}
	for _, index := range r.Pix {
		out.Pix = append(out.Pix, colours[index][0], colours[index][1], colours[index][2])
	}
	return out
}

func palette(r *imageio.Raster, colours ...[3]uint8) *imageio.Raster {
	r.Palette = colours
	return r
}

func alpha(r, from *imageio.Raster) *imageio.Raster {
	r.Alpha = from.Pix
	return r
}

const (
	blob = `000000 011100 011100 000000`
	two  = `0000000 0110220 0110220 0000000`
	// soft is a blob whose edges are grey, as a filter makes them.
	soft = `00000000 01233210 02589520 03999930 02589520 01233210 00000000`
	// many are instances in areas.
	many = `0011 0011 2233 2233 4455 4455 6600 6600`
	// thin are instances as lines.
	thin = `00000 12345 00000`
)

// What a mask marks, as rows of # and dots.
func TestWhatMasksMean(t *testing.T) {
	blobMarks, twoMarks := strings.ReplaceAll(blob, "1", "#"), strings.NewReplacer("1", "#", "2", "#").Replace(two)
	all := func(rows string) string {
		return strings.Map(func(r rune) rune {
			if r > '0' {
				return '#'
			}
			return r
		}, rows)
	}
	black, white, red, pink := [3]uint8{}, [3]uint8{255, 255, 255}, [3]uint8{128}, [3]uint8{192, 128, 128}
	for name, c := range map[string]struct {
		raster *imageio.Raster
		want   string
		note   string
	}{
		"0 and 255":                 {grey(blob, times(255)), blobMarks, ""},
		"0 and 1":                   {grey(blob, asStored), blobMarks, ""},
		"0 and 236":                 {grey(blob, times(236)), blobMarks, ""},
		"16 bits, 0 and 1":          {deep(blob, asStored), blobMarks, ""},
		"16 bits, 0 and 255":        {deep(blob, times(255)), blobMarks, ""},
		"16 bits, 0 and 65535":      {deep(blob, times(65535)), blobMarks, ""},
		"floats, 0 and 1":           {deep(blob, times(1)), blobMarks, ""},
		"floats, 0 and 0.25":        {deep(blob, times(0.25)), blobMarks, ""},
		"instances 100 and 200":     {grey(two, times(100)), twoMarks, ""},
		"instances 127 and 254":     {grey(two, times(127)), twoMarks, ""},
		"instances of 16 bits":      {deep(two, times(1000)), twoMarks, ""},
		"many instances":            {grey(many, times(40)), all(many), ""},
		"many instances of 16 bits": {deep(many, times(300)), all(many), ""},
		"few numbers as lines":      {grey(thin, asStored), all(thin), ""},
		"numbers up to 127":         {grey(soft, times(14)), all(soft), ""},
		"soft edges":                {grey(soft, times(28)), strings.NewReplacer("1", "0", "2", "0", "3", "0", "4", "0", "5", "#", "8", "#", "9", "#").Replace(soft), ""},
		"soft, in 16 bits":          {deep(soft, times(7000)), strings.NewReplacer("1", "0", "2", "0", "3", "0", "5", "#", "8", "#", "9", "#").Replace(soft), ""},
		"soft, in floats":           {deep(soft, times(1./9)), strings.NewReplacer("1", "0", "2", "0", "3", "0", "5", "#", "8", "#", "9", "#").Replace(soft), ""},
		"empty":                     {grey(blob, times(0)), strings.ReplaceAll(blob, "1", "0"), ""},
		"empty, 16 bits":            {deep(blob, times(0)), strings.ReplaceAll(blob, "1", "0"), ""},
		"colours":                   {coloured(grey(two, asStored), black, red, pink), twoMarks, ""},
		"dark colours":              {coloured(grey(two, asStored), black, [3]uint8{0, 0, 1}, [3]uint8{0, 2, 0}), twoMarks, ""},
		"RGB of 16 bits":            {&imageio.Raster{Width: 2, Height: 1, Channels: 3, Deep: []float32{0, 0, 0, 0, 300, 0}, Bits: 16}, "0#", ""},
		"palette of colours":        {palette(grey(two, asStored), black, red, pink), twoMarks, ""},
		"palette of greys":          {palette(grey(blob, asStored), black, white), blobMarks, ""},
		"palette, upside down":      {palette(grey(blob, asStored), white, black), strings.NewReplacer("0", "#", "1", "0").Replace(blob), ""},
		"palette without black":     {palette(grey(two, asStored), pink, red, white), twoMarks, ""},
		"palette, black elsewhere":  {palette(grey(`0120`, asStored), red, black, pink), "#0##", ""},
		"index beyond the palette":  {palette(grey(`0120`, asStored), red, pink), "##0#", ""},
		"palette, black not used":   {palette(grey(two, asStored), pink, red, white, black), twoMarks, ""},
		"JPEG":                      {lossy(grey(blob, times(254))), blobMarks, ""},
		"JPEG with noise":           {lossy(grey(`0010 0990 1990 0000`, func(d float32) float32 { return 28 * d })), "0000 0##0 0##0 0000", ""},
		"empty JPEG with noise":     {lossy(grey(`0102`, times(16))), "0000", ""},
		"dark JPEG":                 {lossy(grey(blob, times(100))), blobMarks, "its brightest value is 100"},
		"JPEG just above noise":     {lossy(grey(blob, times(33))), blobMarks, "its brightest value is 33"},
		"JPEG of 127":               {lossy(grey(blob, times(127))), blobMarks, "its brightest value is 127"},
		"JPEG of 128":               {lossy(grey(blob, times(128))), blobMarks, ""},
		"instances in a JPEG":       {lossy(grey(two, times(120))), twoMarks, ""},
		"dim instance in a JPEG":    {lossy(grey(two, func(d float32) float32 { return []float32{0, 100, 255}[int(d)] })), twoMarks, ""},
		"three in a JPEG":           {lossy(grey(`00110220330 00110220330`, func(d float32) float32 { return []float32{0, 40, 100, 255}[int(d)] })), "00##0##0##0 00##0##0##0", ""},
		"soft edges in a JPEG":      {lossy(grey(soft, times(28))), strings.NewReplacer("1", "0", "2", "0", "3", "0", "5", "#", "8", "#", "9", "#").Replace(soft), ""},
		"alpha alone":               {alpha(grey(blob, func(float32) float32 { return 255 }), grey(blob, times(255))), blobMarks, "is taken for the mask"},
		"alpha of black":            {alpha(grey(blob, times(0)), grey(blob, times(200))), blobMarks, "is taken for the mask"},
		"all transparent":           {alpha(grey(blob, func(float32) float32 { return 255 }), grey(blob, times(0))), strings.ReplaceAll(blob, "1", "0"), "is taken for the mask"},
		"alpha over colours":        {alpha(grey(`0110`, times(255)), grey(`1101`, times(255))), "0#00", "what is transparent counts as good"},
		"half transparent":          {alpha(grey(`0110`, times(255)), grey(`1010`, func(d float32) float32 { return 127 + d })), "00#0", "what is transparent counts as good"},
		"alpha everywhere the same": {alpha(grey(blob, times(255)), grey(blob, func(float32) float32 { return 90 })), blobMarks, "that is the same everywhere"},
		"hidden colours":            {alpha(grey(blob, times(255)), grey(blob, times(0))), blobMarks, "that is the same everywhere"},
		"alpha on one colour":       {alpha(grey(blob, times(0)), grey(blob, func(float32) float32 { return 90 })), strings.ReplaceAll(blob, "1", "0"), "that is the same everywhere"},
	} {
		m, err := marks(c.raster)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got strings.Builder
		for i, value := range m.Pix {
			if i > 0 && i%m.Width == 0 {
				got.WriteByte(' ')
			}
			if value > half {
				got.WriteByte('#')
			} else {
				got.WriteByte('0')
			}
		}
		if got.String() != c.want {
			t.Errorf("%s: %s, want %s", name, got.String(), c.want)
		}
		if notes := strings.Join(m.notes, "; "); !strings.Contains(notes, c.note) || (notes == "") != (c.note == "") {
			t.Errorf("%s: %q, want %q", name, notes, c.note)
		}
	}
}

// Numbers are made black and white before they are resized; soft edges keep their levels.
func TestLevelsOfMasks(t *testing.T) {
	for name, c := range map[string]struct {
		raster *imageio.Raster
		want   []uint8
	}{
		"numbers": {grey(`0120`, times(100)), []uint8{0, 255, 255, 0}},
		"soft":    {grey(`01259`, times(20)), []uint8{0, 28, 57, 142, 255}},
		"JPEG":    {lossy(grey(`0199`, times(28))), []uint8{0, 28, 255, 255}},
		"floats":  {deep(`012589`, times(1./18)), []uint8{0, 28, 57, 142, 227, 255}},
	} {
		m, err := marks(c.raster)
		if err != nil || !slices.Equal(m.Pix, c.want) {
			t.Errorf("%s: %v, %v, want %v", name, m.Pix, err, c.want)
		}
	}
}

func TestValuesThatAreNoMasks(t *testing.T) {
	for _, value := range []float64{math.NaN(), math.Inf(1), -1, math.Inf(-1)} {
		r := deep(`000 010`, func(d float32) float32 {
			if d == 1 {
				return float32(value)
			}
			return 0
		})
		_, err := marks(r)
		if err == nil || !strings.Contains(err.Error(), "at column 1, row 1") {
			t.Errorf("%v: %v", value, err)
		}
	}
}
