package imageio

import (
	"bytes"
	"encoding/binary"
	"io"
	"reflect"
	"testing"
)

// entry is a field of a TIFF directory. more stands for values that are not inline.
type entry struct {
	tag, kind uint16
	count     uint64
	value     []byte // of the field, or of where it leads
	elsewhere bool
}

func section(data []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
}

// withDirectory is a TIFF file of a directory, then next, the place of a further one; then what
// lies elsewhere.
func withDirectory(order binary.AppendByteOrder, big bool, next byte, entries ...entry) []byte {
	bytesOf := order.(binary.ByteOrder)
	name := "II"
	if bytesOf.Uint16([]byte{0, 1}) == 1 {
		name = "MM"
	}
	field := 4
	number := func(data []byte, value uint64) []byte {
		if field == 8 {
			return order.AppendUint64(data, value)
		}
		return order.AppendUint32(data, uint32(value))
	}
	data := []byte(name)
	if big {
		field = 8
		data = order.AppendUint16(data, 43)
		data = order.AppendUint16(data, 8)
		data = order.AppendUint16(data, 0)
		data = number(data, 16)
		data = order.AppendUint64(data, uint64(len(entries)))
	} else {
		data = order.AppendUint16(data, 42)
		data = number(data, 8)
		data = order.AppendUint16(data, uint16(len(entries)))
	}
	end := len(data) + len(entries)*(4+2*field) + field
	var behind []byte
	for _, e := range entries {
		data = order.AppendUint16(data, e.tag)
		data = order.AppendUint16(data, e.kind)
		data = number(data, e.count)
		if e.elsewhere {
			data = number(data, uint64(end+len(behind)))
			behind = append(behind, e.value...)
			continue
		}
		data = append(data, append(bytes.Clone(e.value), make([]byte, field)...)[:field]...)
	}
	data = number(data, uint64(next))
	return append(data, behind...)
}

func TestDirectoriesOfEveryLayout(t *testing.T) {
	for name, order := range map[string]binary.AppendByteOrder{
		"little": binary.LittleEndian, "big": binary.BigEndian,
	} {
		short := func(values ...uint16) (b []byte) {
			for _, v := range values {
				b = order.AppendUint16(b, v)
			}
			return b
		}
		for _, big := range []bool{false, true} {
			entries := []entry{
				{tag: 300, kind: 1, count: 1, value: []byte{200}},                           // BYTE
				{tag: tagOrientation, kind: 4, count: 1, value: order.AppendUint32(nil, 6)}, // LONG
				{tag: tagWidth, kind: 3, count: 1, value: short(700)},
				{tag: tagBits, kind: 3, count: 5, value: short(12, 8, 8, 8, 8), elsewhere: true},
				{tag: tagBits, kind: 3, count: 1, value: short(99)}, // a second time
				{tag: 301, kind: 13, count: 1, value: order.AppendUint32(nil, 70000)},
				{tag: 302, kind: 16, count: 1, value: order.AppendUint64(nil, 1<<33), elsewhere: !big},
				{tag: 303, kind: 18, count: 2, value: order.AppendUint64(order.AppendUint64(nil, 7), 8),
					elsewhere: true},
				{tag: 304, kind: 2, count: 4, value: []byte("text")},
				{tag: 305, kind: 5, count: 1, value: make([]byte, 8), elsewhere: !big},
				{tag: 306, kind: 3, count: 0},
			}
			found := readDirectory(section(withDirectory(order, big, 1, entries...)))
			want := directory{big: big, more: true, values: map[uint16]uint64{300: 200,
				tagOrientation: 6, tagWidth: 700, tagBits: 12, 301: 70000, 302: 1 << 33, 303: 7}}
			if !reflect.DeepEqual(found, want) {
				t.Errorf("%s, big %v: got %+v, want %+v", name, big, found, want)
			}
			if got := found.orientation(); got != 6 {
				t.Errorf("%s, big %v: orientation %d", name, big, got)
			}
			o, several := describeTIFF(section(withDirectory(order, big, 0, entries...)))
			if o != 6 || several != "" {
				t.Errorf("%s, big %v: %d, several %q", name, big, o, several)
			}
		}
	}
}

func TestOrientationsThatDoNotExistAreUpright(t *testing.T) {
	for value, want := range map[uint16]orientation{0: upright, 1: 1, 8: 8, 9: upright, 0xffff: upright} {
		d := directory{values: map[uint16]uint64{tagOrientation: uint64(value)}}
		if got := d.orientation(); got != want {
			t.Errorf("%d: got %d, want %d", value, got, want)
		}
	}
	if got := (directory{}).orientation(); got != upright {
		t.Errorf("none: got %d", got)
	}
}

// A directory that the file does not hold wholly is cut; one that makes no sense is empty.
func TestBrokenDirectories(t *testing.T) {
	width := entry{tag: tagWidth, kind: 3, count: 1, value: []byte{9, 0}}
	height := entry{tag: tagHeight, kind: 3, count: 1, value: []byte{8, 0}}
	for _, big := range []bool{false, true} {
		whole := withDirectory(binary.LittleEndian, big, 0, width, height)
		field := 4
		if big {
			field = 8
		}
		for length := range len(whole) {
			found := readDirectory(section(whole[:length]))
			// Without the offset of the next directory all is there.
			if want := length < len(whole)-field; found.cut != want {
				t.Errorf("big %v, %d of %d bytes: cut %v", big, length, len(whole), found.cut)
			}
			if _, err := headOfTIFF(section(whole[:length])); (err == io.ErrUnexpectedEOF) != found.cut {
				t.Errorf("big %v, %d of %d bytes: %v", big, length, len(whole), err)
			}
		}
	}
	huge := withDirectory(binary.LittleEndian, true, 0, width)
	binary.LittleEndian.PutUint64(huge[16:], 1<<16+1)
	if found := readDirectory(section(huge)); found.cut || len(found.values) > 0 {
		t.Errorf("65537 entries: %+v", found)
	}
	binary.LittleEndian.PutUint64(huge[16:], 1<<16)
	if found := readDirectory(section(huge)); !found.cut || found.values[tagWidth] != 9 {
		t.Errorf("65536 entries: %+v", found)
	}
	binary.LittleEndian.PutUint64(huge[8:], 1<<63)
	if found := readDirectory(section(huge)); len(found.values) > 0 {
		t.Errorf("a directory before the file: %+v", found)
	}
	far := entry{tag: tagWidth, kind: 16, count: 2, value: binary.LittleEndian.AppendUint64(nil, 1<<63)}
	if found := readDirectory(section(withDirectory(binary.LittleEndian, true, 0, far, height))); len(
		found.values) != 1 || found.cut {
		t.Errorf("a value before the file: %+v", found)
	}
	_, err := headOfTIFF(section(withDirectory(binary.LittleEndian, false, 0, width)))
	if err == nil || err.Error() != "its directory tells no width and height" {
		t.Errorf("no height: %v", err)
	}
}

func TestHeadsOfTIFFsTellDeepSamples(t *testing.T) {
	for _, c := range []struct {
		photometric, bits, format byte
		deep                      bool
	}{
		{blackIsZero, 8, formatUnsigned, false}, {blackIsZero, 9, formatUnsigned, true},
		{whiteIsZero, 16, formatUnsigned, true}, {photometricRGB, 12, formatUnsigned, true},
		{blackIsZero, 8, formatSigned, true}, {blackIsZero, 32, formatFloat, true},
		{photometricCMYK, 16, formatUnsigned, false}, {photometricPalette, 16, formatUnsigned, false},
	} {
		var entries []entry
		for tag, value := range map[uint16]byte{tagWidth: 7, tagHeight: 5, tagBits: c.bits,
			tagPhotometric: c.photometric, tagSampleFormat: c.format} {
			entries = append(entries, entry{tag: tag, kind: 3, count: 1, value: []byte{value, 0}})
		}
		head, err := headOfTIFF(section(withDirectory(binary.LittleEndian, false, 0, entries...)))
		if want := (Head{Width: 7, Height: 5, Deep: c.deep}); err != nil || head != want {
			t.Errorf("%+v: got %+v, %v", c, head, err)
		}
	}
}
