//go:build linux && cgo

package codecs

import (
	"bytes"
	"strings"
	"testing"
)

func TestJPEGSamples(t *testing.T) {
	l := need(t)
	for _, c := range []struct {
		name             string
		components, bits int
		bytes            int
	}{
		{"grey_sampled.jpg", 1, 8, width * height},
		{"sampling_2x2.jpg", 3, 8, 3 * width * height},
		{"cmyk.jpg", 4, 8, 4 * width * height},
		{"twelve_bits.jpg", 1, 12, 2 * width * height},
		{"twelve_bits_colour.jpg", 3, 12, 6 * width * height},
		{"lossless_16.jpg", 1, 16, 2 * width * height},
		{"lossless.jpg", 1, 8, width * height},
	} {
		data := read(t, c.name)
		pixels, err := l.JPEG(data, width, height, c.components, c.bits)
		if err != nil || len(pixels) != c.bytes {
			t.Errorf("%s: %d bytes, want %d, %v", c.name, len(pixels), c.bytes, err)
		}
		others := map[int]int{1: 3, 3: 4, 4: 1}
		for what, wrong := range map[string][4]int{
			"wider":          {width + 1, height, c.components, c.bits},
			"lower":          {width, height - 1, c.components, c.bits},
			"other colours":  {width, height, others[c.components], c.bits},
			"of deeper ones": {width, height, c.components, c.bits + 1},
		} {
			_, err := l.JPEG(data, wrong[0], wrong[1], wrong[2], wrong[3])
			check(t, c.name+" taken as "+what, err, ErrDamaged, "contradicts itself")
		}
	}
}

func TestJPEGRefusesWhatIsNoPicture(t *testing.T) {
	l := need(t)
	data := read(t, "sampling_2x2.jpg")
	for _, c := range [][3]int{{width, height, 0}, {width, height, 2}, {width, height, 5},
		{0, height, 3}, {width, 0, 3}, {-width, height, 3}} {
		_, err := l.JPEG(data, c[0], c[1], c[2], 8)
		check(t, "odd numbers", err, ErrUnsupported, "no picture")
	}
	_, err := l.JPEG(nil, width, height, 3, 8)
	check(t, "no data", err, ErrUnsupported, "no picture")
	_, err = l.JPEG([]byte("text"), width, height, 3, 8)
	check(t, "text", err, ErrDamaged, "Not a JPEG file")
	_, err = l.JPEG(data[:2], width, height, 3, 8)
	check(t, "the start alone", err, ErrEndsEarly, "premature end")
}

// A file may lack its end marker, if its last row is there; of all other kinds every byte is
// needed.
func TestJPEGsThatEndEarly(t *testing.T) {
	l := need(t)
	for name, spare := range map[string]int{
		"sampling_2x2.jpg": 2, "restart.jpg": 2, "progressive.jpg": 0, "scans.jpg": 0,
		"arithmetic.jpg": 0, "arithmetic_progressive.jpg": 0,
	} {
		data := read(t, name)
		for length := 2; length < len(data); length++ {
			_, err := l.JPEG(data[:length], width, height, 3, 8)
			if length >= len(data)-spare {
				if err != nil {
					t.Errorf("%s without its last %d bytes: %v", name, len(data)-length, err)
				}
				continue
			}
			if err == nil {
				t.Fatalf("%s of %d bytes: the first %d were enough", name, len(data), length)
			}
			check(t, name, err, ErrEndsEarly, "premature end")
		}
	}
}

// mark is where a marker is found, from a place on.
func mark(t *testing.T, data []byte, marker byte, from int) int {
	t.Helper()
	at := bytes.Index(data[from:], []byte{0xff, marker})
	if at < 0 {
		t.Fatalf("no marker %x", marker)
	}
	return from + at
}

func TestDamagedJPEGs(t *testing.T) {
	l := need(t)
	restart := read(t, "restart.jpg")
	first := mark(t, restart, 0xd0, 0)
	swapped := bytes.Clone(restart)
	swapped[first+1] = 0xd4
	cut := append(bytes.Clone(restart[:first-9]), restart[first:]...)
	plain := read(t, "sampling_2x2.jpg")
	scan := mark(t, plain, 0xda, 0)
	ended := append(bytes.Clone(plain[:len(plain)-40]), 0xff, 0xd9)
	ones := bytes.Clone(plain)
	for i := scan + 30; i < len(ones)-2; i += 2 {
		ones[i], ones[i+1] = 0xff, 0
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"a wrong restart":       {swapped, "instead of RST"},
		"bytes missing":         {cut, "premature end of data segment"},
		"an end too early":      {ended, "premature end of data segment"},
		"codes that do not end": {ones, "bad Huffman code"},
	} {
		_, err := l.JPEG(c.data, width, height, 3, 8)
		check(t, name, err, ErrDamaged, c.want)
	}
}

// A kilobyte of scans must not keep a processor busy for hours.
func TestJPEGOfTooManyScans(t *testing.T) {
	l := need(t)
	data := read(t, "progressive.jpg")
	first := mark(t, data, 0xda, 0)
	second := mark(t, data, 0xc4, first) // the next table
	scan := data[first:second]
	many := append(bytes.Clone(data[:first]), bytes.Repeat(scan, 600)...)
	many = append(many, data[second:]...)
	_, err := l.JPEG(many, width, height, 3, 8)
	check(t, "600 scans", err, ErrUnsupported, "more than 500 scans")
}

func TestKindsOfJPEGThatAreNotSupported(t *testing.T) {
	l := need(t)
	data := bytes.Clone(read(t, "sampling_2x2.jpg"))
	data[mark(t, data, 0xc0, 0)+1] = 0xc5 // differential
	_, err := l.JPEG(data, width, height, 3, 8)
	check(t, "differential", err, ErrUnsupported, "SOF type 0xc5")
	if !strings.Contains(err.Error(), "Unsupported") {
		t.Errorf("got %v", err)
	}
}

// Whatever the bytes are, the answer is a picture of the size asked for, or an error.
func FuzzJPEG(f *testing.F) {
	l := need(f)
	for _, name := range []string{"sampling_2x2.jpg", "progressive_restart.jpg", "arithmetic.jpg",
		"cmyk.jpg", "twelve_bits.jpg", "lossless_16.jpg", "scans.jpg", "sampling_mixed.jpg"} {
		components, bits := 3, 8
		switch name {
		case "cmyk.jpg":
			components = 4
		case "twelve_bits.jpg":
			components, bits = 1, 12
		case "lossless_16.jpg":
			components, bits = 1, 16
		}
		f.Add(read(f, name), uint8(width), uint8(height), uint8(components), uint8(bits))
	}
	f.Fuzz(func(t *testing.T, data []byte, width, height, components, bits uint8) {
		pixels, err := l.JPEG(data, int(width), int(height), int(components), int(bits))
		size := int(width) * int(height) * int(components)
		if bits > 8 {
			size *= 2
		}
		if err == nil && len(pixels) != size {
			t.Fatalf("%d bytes, want %d", len(pixels), size)
		}
	})
}
