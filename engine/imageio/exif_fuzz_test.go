package imageio

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// holders put an EXIF block into a file of each format, before other bytes.
var holders = map[string]struct {
	put      func(block, behind []byte) []byte
	describe func(data []byte) orientation
}{
	"JPEG": {func(block, behind []byte) []byte {
		data := append([]byte("\xff\xd8\xff\xe1"), byte((len(block)+8)>>8), byte(len(block)+8))
		return append(append(append(data, "Exif\x00\x00"...), block...), behind...)
	}, func(data []byte) orientation { o, _ := describeJPEG(section(data)); return o }},
	"PNG": {func(block, behind []byte) []byte {
		data := binary.BigEndian.AppendUint32([]byte(pngMagic), uint32(len(block)))
		return append(append(append(data, "eXIf"...), block...), behind...)
	}, func(data []byte) orientation { o, _ := describePNG(section(data)); return o }},
	"WebP": {func(block, behind []byte) []byte {
		data := binary.LittleEndian.AppendUint32([]byte("RIFF\x00\x00\x00\x00WEBPEXIF"), uint32(len(block)))
		return append(append(data, block...), behind...)
	}, func(data []byte) orientation { o, _ := describeWebP(section(data)); return o }},
}

// A tag whose value lies behind its block is none: the bytes there are those of something else.
func TestEXIFEndsWithItsBlock(t *testing.T) {
	whole := withDirectory(binary.LittleEndian, false, 0, entry{tag: tagOrientation, kind: 3, count: 3,
		value: []byte{6, 0, 6, 0, 6, 0}, elsewhere: true})
	block, value := whole[:len(whole)-6], whole[len(whole)-6:]
	for name, holder := range holders {
		if got := holder.describe(holder.put(whole, nil)); got != 6 {
			t.Errorf("%s, within: %d", name, got)
		}
		if got := holder.describe(holder.put(block, value)); got != upright {
			t.Errorf("%s, behind: %d", name, got)
		}
	}
}

// Whatever an EXIF block holds, a photo lies in one of eight ways, the same in every format, and as in a TIFF of
// the block alone; what is behind the block does not matter.
func FuzzEXIF(f *testing.F) {
	short := entry{tag: tagOrientation, kind: 3, count: 1, value: []byte{0, 6}}
	f.Add(withDirectory(binary.BigEndian, false, 0, short), []byte("behind"))
	f.Add(withDirectory(binary.LittleEndian, true, 0, entry{tag: tagOrientation, kind: 16, count: 1,
		value: []byte{8}}), []byte{})
	f.Add(withDirectory(binary.LittleEndian, false, 0, entry{tag: tagOrientation, kind: 4, count: 2,
		value: []byte{3, 0, 0, 0, 9, 0, 0, 0}, elsewhere: true}), []byte{3, 0, 0, 0})
	f.Add([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff"), bytes.Repeat([]byte{1, 18}, 50))
	f.Fuzz(func(t *testing.T, block, behind []byte) {
		if len(block) > 1<<15 || len(behind) > 1<<15 {
			return // a segment of a JPEG has 64 kB at most
		}
		want := readDirectory(section(bytes.TrimPrefix(block, []byte("Exif\x00\x00")))).orientation()
		if want < 1 || want > 8 || want.String() == "" {
			t.Fatalf("orientation %d", want)
		}
		for name, holder := range holders {
			got := holder.describe(holder.put(block, behind))
			// The JPEG has a prefix of its own: with a second one the block is none.
			if name == "JPEG" && bytes.HasPrefix(block, []byte("Exif\x00\x00")) {
				continue
			}
			if name == "PNG" && bytes.Contains(behind, []byte("eXIf")) {
				continue // which counts, as the last one
			}
			if name == "WebP" && bytes.Contains(behind, []byte("EXIF")) {
				continue
			}
			if got != want {
				t.Fatalf("%s: orientation %d, not %d", name, got, want)
			}
		}
	})
}
