package imageio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/cgo/codecs"
)

// plans are what is made of a head; tags are those of the file itself.
func TestPlans(t *testing.T) {
	type tags = map[uint16]uint64
	head := func(samples, bits int) codecs.TIFFHead {
		return codecs.TIFFHead{Samples: samples, Bits: bits, Format: 1, Compression: 1, InkSet: 1,
			Chroma: [2]int{2, 2}, Red: make([]uint16, 4)}
	}
	compressed := func(head codecs.TIFFHead, compression int) codecs.TIFFHead {
		head.Compression = compression
		return head
	}
	separate := compressed(head(3, 8), compressionJPEG)
	separate.Separate = true
	whole, deep := head(3, 8), head(3, 16)
	whole.Chroma, deep.Chroma = [2]int{1, 1}, [2]int{1, 1}
	void := head(1, 8)
	void.Format = formatUndefined
	for name, c := range map[string]struct {
		head codecs.TIFFHead
		tags tags
		want tiffPlan
	}{
		"white is zero":   {head(1, 8), tags{262: 0}, tiffPlan{channels: 1, inverted: true, alpha: -1, format: 1}},
		"grey":            {head(1, 8), tags{262: 1}, tiffPlan{channels: 1, alpha: -1, format: 1}},
		"undefined":       {void, tags{262: 1}, tiffPlan{channels: 1, alpha: -1, format: 1}},
		"nothing told":    {head(1, 8), nil, tiffPlan{channels: 1, inverted: true, alpha: -1, format: 1}},
		"two, none told":  {head(2, 8), nil, tiffPlan{channels: 1, inverted: true, alpha: -1, format: 1}},
		"three, not told": {head(3, 8), nil, tiffPlan{channels: 3, alpha: -1, format: 1}},
		"Lab":             {head(3, 8), tags{262: 8}, tiffPlan{channels: 3, lab: true, alpha: -1, format: 1}},
		"RGB":             {head(3, 8), tags{262: 2}, tiffPlan{channels: 3, alpha: -1, format: 1}},
		"four, not told":  {head(4, 8), tags{262: 2}, tiffPlan{channels: 3, alpha: 3, format: 1}},
		"five, not told":  {head(5, 8), tags{262: 2}, tiffPlan{channels: 3, alpha: -1, format: 1}},
		"unspecified":     {head(4, 8), tags{262: 2, 338: 0}, tiffPlan{channels: 3, alpha: -1, format: 1}},
		"associated": {head(4, 8), tags{262: 2, 338: 1},
			tiffPlan{channels: 3, alpha: 3, associated: true, format: 1}},
		"alpha":      {head(5, 8), tags{262: 2, 338: 2}, tiffPlan{channels: 3, alpha: 3, format: 1}},
		"Corel":      {head(4, 8), tags{262: 2, 338: 999}, tiffPlan{channels: 3, alpha: 3, format: 1}},
		"another":    {head(4, 8), tags{262: 2, 338: 3}, tiffPlan{channels: 3, alpha: -1, format: 1}},
		"no room":    {head(3, 8), tags{262: 2, 338: 2}, tiffPlan{channels: 3, alpha: -1, format: 1}},
		"grey alpha": {head(2, 8), tags{262: 1, 338: 2}, tiffPlan{channels: 1, alpha: 1, format: 1}},
		"palette":    {head(1, 2), tags{262: 3}, tiffPlan{channels: 1, palette: true, alpha: -1, format: 1}},
		"palette alpha": {head(2, 2), tags{262: 3, 338: 2},
			tiffPlan{channels: 1, palette: true, alpha: 1, format: 1}},
		"inks": {head(5, 8), tags{262: 5, 338: 2},
			tiffPlan{channels: 3, inks: true, alpha: -1, format: 1}},
		"chroma": {head(3, 8), tags{262: 6},
			tiffPlan{channels: 3, coloursByLibrary: true, alpha: -1, format: 1}},
		"chroma, alpha": {head(4, 8), tags{262: 6, 338: 2},
			tiffPlan{channels: 3, coloursByLibrary: true, alpha: -1, format: 1}},
		"whole chroma": {whole, tags{262: 6},
			tiffPlan{channels: 3, coloursByPillow: true, alpha: -1, format: 1}},
		"deep chroma": {deep, tags{262: 6},
			tiffPlan{channels: 3, coloursByLibrary: true, alpha: -1, format: 1}},
		"luma": {head(1, 8), tags{262: 6}, tiffPlan{channels: 1, alpha: -1, format: 1}},
		"JPEG": {compressed(head(3, 8), compressionJPEG), tags{262: 6},
			tiffPlan{channels: 3, alpha: -1, format: 1, lossy: true}},
		"planes of JPEG": {separate, tags{262: 6},
			tiffPlan{channels: 3, coloursByLibrary: true, alpha: -1, format: 1, lossy: true}},
		"old JPEG": {compressed(head(3, 8), compressionOldJPEG), tags{262: 2},
			tiffPlan{channels: 3, coloursByLibrary: true, alpha: -1, format: 1, lossy: true}},
	} {
		if got, err := planTIFF(c.head, directory{values: c.tags}); err != nil || got != c.want {
			t.Errorf("%s: got %+v, want %+v, %v", name, got, c.want, err)
		}
	}
}

func TestKindsOfTIFFThatAreNotRead(t *testing.T) {
	for want, c := range map[string]struct {
		photometric, samples, bits, format, inks int
	}{
		"ICC L*a*b*":            {9, 3, 8, 1, 1},
		"CIE L*a*b* of 16 bits": {8, 3, 16, 1, 1},
		"colours of kind 77":    {77, 3, 8, 1, 1},
		"a palette of 9 bits":   {3, 1, 9, 1, 1},
		"a palette of 0 bits":   {3, 1, 0, 1, 1},
		"a palette, inks or L*a*b* with numbers of another kind": {3, 1, 8, 2, 1},
		"inks other than CMYK": {5, 4, 8, 1, 2},
		"inks of 12 bits":      {5, 4, 12, 1, 1},
		"complex numbers":      {1, 1, 64, 6, 1},
		"floats of 8 bits":     {1, 1, 8, 3, 1},
		"0 bits a sample":      {1, 1, 0, 1, 1},
		"33 bits a sample":     {1, 1, 33, 1, 1},
		"65 bits a sample":     {1, 1, 65, 2, 1},
		"2 samples a pixel are too few for its colours": {2, 2, 8, 1, 1},
		"3 samples a pixel are too few for its colours": {5, 3, 8, 1, 1},
	} {
		head := codecs.TIFFHead{Samples: c.samples, Bits: c.bits, Format: c.format, InkSet: c.inks,
			Red: make([]uint16, 2)}
		if c.bits == 0 && c.photometric == 3 {
			head.Bits, head.Red, want = 8, nil, "a palette of 8 bits"
		}
		_, err := planTIFF(head, directory{values: map[uint16]uint64{262: uint64(c.photometric)}})
		var kind unsupportedError
		if err == nil || err.Error() != want || errors.As(err, &kind) == strings.Contains(want, "too few") {
			t.Errorf("%+v: got %v, want %s", c, err, want)
		}
	}
	for _, bits := range []int{1, 31, 32, 64} {
		head := codecs.TIFFHead{Samples: 1, Bits: bits, Format: 1}
		if _, err := planTIFF(head, directory{values: map[uint16]uint64{262: 1}}); err != nil {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}

func TestBitsOfARow(t *testing.T) {
	row := []uint8{0b10110011, 0b01010101, 0b11110000, 0b00001111, 0b10000001}
	for _, c := range []struct {
		start, bits int
		want        uint64
	}{
		{0, 1, 1}, {1, 1, 0}, {7, 1, 1}, {0, 3, 0b101}, {6, 4, 0b1101}, {4, 12, 0b001101010101},
		{12, 12, 0b010111110000}, {0, 32, 0b10110011_01010101_11110000_00001111},
		{7, 31, 0b1_01010101_11110000_00001111_100000}, {39, 1, 1},
	} {
		if got := bitsAt(row, c.start, c.bits); got != c.want {
			t.Errorf("%d bits from %d: got %b, want %b", c.bits, c.start, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		format, bits int
		value        uint64
		want         float32
		eight        uint8
	}{
		{formatUnsigned, 1, 1, 1, 255}, {formatUnsigned, 4, 7, 7, 119}, {formatUnsigned, 8, 200, 200, 200},
		{formatUnsigned, 12, 0xabc, 0xabc, 0xab}, {formatUnsigned, 16, 0xffff, 65535, 255},
		{formatUnsigned, 64, 1 << 63, 1 << 63, 128},
		{formatSigned, 8, 0xff, -1, 255}, {formatSigned, 12, 0x800, -2048, 0x80},
		{formatSigned, 64, math.MaxUint64, -1, 255},
		{formatFloat, 16, 0x3800, 0.5, 128}, {formatFloat, 32, 0xbf800000, -1, 0},
		{formatFloat, 64, math.Float64bits(2), 2, 255},
		{formatFloat, 24, 0x3f0000, 1, 255}, {formatFloat, 24, 0xbf8000, -1.5, 0},
		{formatFloat, 24, 0x400000, 2, 255}, {formatFloat, 24, 0, 0, 0},
		{formatFloat, 24, 0x008000, float32(math.Ldexp(1, -63)), 0},
		{formatFloat, 24, 0x7f0000, float32(math.Inf(1)), 255},
	} {
		plan := tiffPlan{format: c.format}
		if got := plan.number(c.value, c.bits); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
		if got := plan.eight(c.value, c.bits); got != c.eight {
			t.Errorf("%+v: got %d of 255", c, got)
		}
	}
	if got := float24(0x7f0001); got == got {
		t.Errorf("no number: got %v", got)
	}
}

// The first pixel has alpha 0: colours go, grey stays. The second is divided, the third at its
// bound.
func TestDivision(t *testing.T) {
	for name, c := range map[string]struct {
		channels, bits, format int
		data                   []uint8
		want                   []float32
	}{
		"colour": {3, 8, 1, []uint8{9, 8, 7, 0, 50, 100, 0, 128, 200, 1, 2, 100},
			[]float32{0, 0, 0, 99, 199, 0, 255, 2, 5}},
		"grey": {1, 8, 1, []uint8{9, 0, 50, 128, 200, 100}, []float32{9, 99, 255}},
		"deep": {1, 16, 1, []uint8{9, 1, 0, 0, 0, 64, 0, 128, 9, 0, 3, 0}, []float32{265, 32767, 65535}},
		"deep colour": {3, 16, 1, []uint8{9, 1, 2, 2, 3, 3, 0, 0, 0, 64, 0, 0, 1, 0, 0, 128},
			[]float32{0, 0, 0, 32767, 0, 1}},
		"half floats": {3, 16, 3, []uint8{0, 60, 0, 60, 0, 60, 0, 0, 0, 52, 0, 0, 0, 60, 0, 56},
			[]float32{0, 0, 0, 0.5, 0, 2}},
	} {
		step := (c.channels + 1) * c.bits / 8
		head := codecs.TIFFHead{Width: len(c.data) / step, Height: 1}
		plan := tiffPlan{channels: c.channels, alpha: c.channels, associated: true, format: c.format}
		r := plan.raster(packed{data: c.data, row: len(c.data), bits: c.bits, height: 1,
			pixel: c.channels + 1}, head)
		got := r.Deep
		for _, value := range r.Pix {
			got = append(got, float32(value))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestPalettesOfEitherByte(t *testing.T) {
	for shift, want := range map[int]uint8{0: 200, 8: 200} {
		for channel := range 3 {
			var levels [3][]uint16
			for i := range levels {
				levels[i] = []uint16{0, 3 << shift}
			}
			levels[channel][0] = 200<<shift | uint16(shift)
			palette := paletteOf(codecs.TIFFHead{Red: levels[0], Green: levels[1], Blue: levels[2]})
			if palette[0][channel] != want || palette[1] != [3]uint8{3, 3, 3} {
				t.Errorf("shift %d, channel %d: got %v", shift, channel, palette)
			}
		}
	}
	if !black(color.Palette{color.RGBA64{255, 255, 255, 0xffff}}) ||
		black(color.Palette{color.RGBA64{0, 0, 0, 0xffff}, color.RGBA64{0, 256, 0, 0xffff}}) {
		t.Error("black is not told")
	}
}

func TestColoursOfLumaAndChroma(t *testing.T) {
	pix := []uint8{100, 128, 128, 0, 0, 0, 255, 255, 255, 90, 60, 200}
	pillowColours(pix)
	if want := []uint8{100, 100, 100, 0, 135, 0, 255, 120, 255, 190, 62, 0}; !slices.Equal(pix, want) {
		t.Errorf("got %v, want %v", pix, want)
	}
}

// A whole file of another kind is told as such, damage as damage.
func TestMessagesOfTIFFs(t *testing.T) {
	needLibraries(t)
	data, err := os.ReadFile(filepath.Join(formatsFolder, "strips.tif"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = decode("a.tif", section(data[:len(data)-40]), Options{})
	checkMessage(t, "cut in its directory", err, "a.tif", "its TIFF data ends too early (unexpected EOF)")
	zlib, err := os.ReadFile(filepath.Join(formatsFolder, "zlib.tif"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = decode("a.tif", section(zlib[:len(zlib)-40]), Options{})
	checkMessage(t, "cut in its pixels", err, "a.tif", "its TIFF data ends too early (unexpected EOF)")
	broken := bytes.Clone(zlib)
	for i := len(broken) - 300; i < len(broken)-200; i++ {
		broken[i] ^= 0x55
	}
	_, _, err = decode("a.tif", section(broken), Options{})
	checkMessage(t, "broken", err, "a.tif", "copy or export it again")
	for name, compression := range map[string]byte{"compression of kind 77": 77, "JPEG 2000": 0} {
		file := replaced(t, "strips.tif", "\x03\x01\x03\x00\x01\x00\x00\x00\x01\x00",
			"\x03\x01\x03\x00\x01\x00\x00\x00"+map[byte]string{77: "\x4d\x00", 0: "\x98\x87"}[compression])
		want := map[byte]string{77: "not supported (compression 77); save it",
			0: "not supported (compressed as JPEG 2000); save it"}[compression]
		_, _, err = decode("a.tif", section(file), Options{})
		checkMessage(t, name, err, "a.tif", want)
	}
}

func TestFilesThatAnnounceFarMoreThanTheyHold(t *testing.T) {
	file := &codecs.TIFF{TIFFHead: codecs.TIFFHead{Width: 1 << 14, Height: 1 << 14, Bits: 32, Samples: 3}}
	plan := tiffPlan{channels: 3, alpha: -1}
	size := int64(12 << 28)
	if file.RowBytes() == 0 {
		t.Skip("this program was built without the part that opens libraries")
	}
	if err := plausible(file, plan, size/1100+1); err != nil {
		t.Error(err)
	}
	if err := plausible(file, plan, size/1100); err != nil {
		t.Error(err)
	}
	if err := plausible(file, plan, size/1100-1); err == nil ||
		err.Error() != "it announces far more pixels than it holds" {
		t.Errorf("got %v", err)
	}
	file.Separate = true
	if err := plausible(file, plan, size/1100-1); err == nil {
		t.Error("planes are not counted")
	}
	if err := plausible(file, tiffPlan{channels: 1, alpha: -1}, 1); err != nil {
		t.Errorf("a plane of 1 GiB: %v", err)
	}
}

// Orientation as LONG, in BigTIFF, among unsorted tags.
func TestOrientationsOfTIFFs(t *testing.T) {
	needLibraries(t)
	file := replaced(t, "orientation_long.tif", "\x12\x01\x04\x00\x01\x00\x00\x00\x01",
		"\x12\x01\x04\x00\x01\x00\x00\x00\x06")
	r, warnings, err := decode("a.tif", section(file), Options{ApplyOrientation: true})
	if err != nil || r.Width != 21 || r.Height != 37 || len(warnings) > 0 {
		t.Fatalf("%+v, %q, %v", r, warnings, err)
	}
	stored, warnings, err := decode("a.tif", section(file), Options{})
	want := fmt.Sprintf("%q", []string{"a.tif is tagged as turned to the left; it is scored as stored, " +
		"--rotate turns it upright"})
	if err != nil || stored.Width != 37 || fmt.Sprintf("%q", warnings) != want {
		t.Fatalf("%q, want %s, %v", warnings, want, err)
	}
}

// What libtiff may take grows with the picture: 64 MiB and 16 bytes a pixel, here 96.
func TestMemoryOfTIFFsIsBounded(t *testing.T) {
	needLibraries(t)
	const most = 64<<20 + 16*2*3
	number := func(values ...uint32) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return b
	}
	for side, want := range map[uint32]string{
		most - 10: "its TIFF data ends too early",
		most:      "its TIFF data ends too early",
		most + 1:  "that is not supported (tiles far larger than the picture)",
	} {
		file := withDirectory(binary.LittleEndian, false, 0,
			entry{tag: tagWidth, kind: 4, count: 1, value: number(2)},
			entry{tag: tagHeight, kind: 4, count: 1, value: number(3)},
			entry{tag: tagBits, kind: 3, count: 1, value: []byte{8, 0}},
			entry{tag: tagCompression, kind: 3, count: 1, value: []byte{1, 0}},
			entry{tag: tagPhotometric, kind: 3, count: 1, value: []byte{1, 0}},
			entry{tag: 322, kind: 4, count: 1, value: number(side)},
			entry{tag: 323, kind: 4, count: 1, value: number(1)},
			entry{tag: 324, kind: 4, count: 3, value: number(8, 8, 8), elsewhere: true},
			entry{tag: 325, kind: 4, count: 3, value: number(side, side, side), elsewhere: true})
		_, _, err := decode("a.tif", section(file), Options{})
		checkMessage(t, fmt.Sprint(side), err, "a.tif", want)
	}
}
