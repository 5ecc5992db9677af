package imageio

import (
	"encoding/binary"
	"strings"
	"testing"
)

// exif is a block that says orientation 6: the directory of a TIFF.
const exif = "MM\x00*\x00\x00\x00\x08\x00\x01" +
	"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"

// segment is one of a JPEG.
func segment(mark byte, content string) string {
	length := binary.BigEndian.AppendUint16(nil, uint16(len(content)+2))
	return "\xff" + string([]byte{mark}) + string(length) + content
}

func TestOrientationIsFoundBetweenOtherSegments(t *testing.T) {
	photo := segment(0xe1, "Exif\x00\x00"+exif)
	const start, scan = "\xff\xd8", "\xff\xda\x00\x0c0123456789"
	for name, c := range map[string]struct {
		file string
		want orientation
	}{
		"first":          {start + photo + scan, 6},
		"behind others":  {start + segment(0xe0, "JFIF\x00") + segment(0xfe, "hello") + photo + scan, 6},
		"behind another": {start + segment(0xe1, "http://ns.adobe.com/xap/1.0/") + photo + scan, 6},
		"fill bytes":     {start + "\xff\xff" + photo + scan, 6},
		"none":           {start + segment(0xe0, "JFIF\x00") + scan, upright},
		"behind a scan":  {start + scan + photo + scan, upright},
		"lost bytes":     {start + "x" + photo + scan, upright},
		"cut":            {start + segment(0xe1, "Exif\x00\x00"+exif[:9]), upright},
		"other segment":  {start + segment(0xe2, "Exif\x00\x00"+exif) + scan, upright},
	} {
		if got, several := describeJPEG(sectionOf([]byte(c.file))); got != c.want || several != "" {
			t.Errorf("%s: got %d, %q, want %d", name, got, several, c.want)
		}
	}
	// In PNG and WebP the block comes with the prefix or without.
	for _, prefix := range []string{"", "Exif\x00\x00"} {
		if got := describeEXIF(strings.NewReader("12"+prefix+exif), 2, int64(len(prefix+exif))); got != 6 {
			t.Errorf("behind %q: got %d", prefix, got)
		}
	}
	odd := "RIFF\x00\x00\x00\x00WEBP" + "ICCP\x03\x00\x00\x00abc\x00" + "EXIF\x1a\x00\x00\x00" + exif
	if got, _ := describeWebP(sectionOf([]byte(odd))); got != 6 {
		t.Errorf("WebP, a chunk of odd length before: got %d", got)
	}
}

func TestFramesAndOrientationOfPNGAndGIF(t *testing.T) {
	for name, want := range map[string]string{
		"png.zip/two_frames.png":         "has several frames",
		"png.zip/animated.png":           "",
		"png.zip/no_count_of_frames.png": "",
		"png.zip/turned.png":             "is tagged as turned to the left",
		"gif.zip/two_frames.gif":         "has several frames",
		"gif.zip/two_frames_cut.gif":     "",
		"gif.zip/garbage_behind.gif":     "",
		"gif.zip/local_palette.gif":      "",
	} {
		archive, file, _ := strings.Cut(name, "/")
		_, warnings, err := decode(file, sectionOf(archived(t, archive)[file]), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if want == "" && len(warnings) > 0 ||
			want != "" && (len(warnings) != 1 || !strings.HasPrefix(warnings[0], file+" "+want)) {
			t.Errorf("%s: warnings %q, want %q", name, warnings, want)
		}
	}
}
