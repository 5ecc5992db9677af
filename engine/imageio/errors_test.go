package imageio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
)

func checkMessage(t *testing.T, name string, err error, path, want string) {
	t.Helper()
	if err == nil || fault.KindOf(err) != fault.Input {
		t.Errorf("%s: got %v of kind %v", name, err, fault.KindOf(err))
		return
	}
	message := err.Error()
	if !strings.Contains(message, want) || strings.Count(message, path) != 1 ||
		strings.Contains(message, "\n") {
		t.Errorf("%s: got %q, want one line with %q and the path once", name, message, want)
	}
}

// header is the start of an 8-bit RGB PNG.
func header(width, height uint32) string {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = append(binary.BigEndian.AppendUint32(chunk, height), 8, 2, 0, 0, 0)
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk))
	return "\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + string(chunk) + string(sum)
}

func TestFilesThatAreNoImagesAreExplained(t *testing.T) {
	folder := t.TempDir()
	for name, c := range map[string]struct{ content, want string }{
		"empty.png":  {"", "the file is empty; copy it again"},
		"notes.png":  {"these are notes", "no PNG, JPEG, GIF, BMP, TIFF or WebP image"},
		"one.png":    {"x", "no PNG, JPEG, GIF, BMP, TIFF or WebP image"},
		"phone.jpg":  {"\x00\x00\x00\x18ftypheic", "it is HEIC, not PNG, JPEG, GIF, BMP, TIFF or WebP; convert it to PNG or leave it out"},
		"paper.png":  {"%PDF-1.7", "it is PDF"},
		"maps.npy":   {"\x93NUMPY\x01\x00", "it is a NumPy array"},
		"head.png":   {"\x89PNG\r\n\x1a\n", "its PNG data ends too early"},
		"head.jpg":   {"\xff\xd8\xff", "its JPEG data ends too early"},
		"head.gif":   {"GIF89a", "its GIF data ends too early"},
		"head.bmp":   {"BM\x00\x00\x00\x00\x00\x00\x00\x00", "its BMP data ends too early"},
		"head.tif":   {"II*\x00", "its TIFF data ends too early"},
		"head.webp":  {"RIFF\x10\x00\x00\x00WEBPVP8 ", "its WebP data"},
		"short.webp": {"RIFF\x10\x00\x00\x00WEBPWAVE", "no PNG, JPEG"},
		"loop.tif":   {"II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00", "its TIFF data is damaged"},
		"wrong.png":  {header(3, 3)[:29] + "sums", "its PNG data is damaged (the header's checksum is wrong"},
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := Decode(path, Options{})
		checkMessage(t, name, err, path, c.want)
	}
	_, _, err := Decode(folder, Options{})
	checkMessage(t, "folder", err, folder, "folder")
	absent := filepath.Join(folder, "absent.png")
	_, _, err = Decode(absent, Options{})
	checkMessage(t, "absent", err, absent, "no such file")
	if os.Geteuid() != 0 {
		locked := filepath.Join(folder, "one.png")
		if err := os.Chmod(locked, 0); err != nil {
			t.Fatal(err)
		}
		_, _, err = Decode(locked, Options{})
		checkMessage(t, "unreadable", err, locked, "permission denied")
	}
}

// Half of every kind of file: what an interrupted copy leaves.
func TestTruncatedImagesAreErrors(t *testing.T) {
	for _, name := range []string{"rgb.png", "chroma_420.jpg", "progressive.jpg", "palette.gif", "rgb.bmp",
		"raw.tif", "lzw.tif", "deflate.tif", "lossless.webp", "lossy.webp", "alpha16.png"} {
		text, err := os.ReadFile(filepath.Join(inputs, name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, text[:len(text)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err = Decode(path, Options{})
		checkMessage(t, name, err, path, "copy or export it again")
	}
}

func TestUnsupportedKindsAreExplained(t *testing.T) {
	text, err := os.ReadFile(inputs + "/raw.tif")
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, []byte{0x06, 0x01, 3, 0, 1, 0, 0, 0, 2, 0}) // photometric: RGB
	if at < 0 {
		t.Fatal("raw.tif is not as expected")
	}
	text[at+8] = 9 // ICC L*a*b*
	file := io.NewSectionReader(bytes.NewReader(text), 0, int64(len(text)))
	_, _, err = decode("lab.tif", file, Options{})
	checkMessage(t, "L*a*b*", err, "lab.tif", "a kind of TIFF that is not supported")
}

func TestPixelLimit(t *testing.T) {
	start := header(20000, 20000)
	file := io.NewSectionReader(strings.NewReader(start), 0, int64(len(start)))
	_, _, err := decode("scan.png", file, Options{})
	want := "scan.png is 20000 x 20000 pixels, over the limit of 100 megapixels; " +
		"raise it with --max-pixels or shrink the image"
	if err == nil || err.Error() != want {
		t.Fatalf("got %v, want %s", err, want)
	}
	path := inputs + "/rgb.png" // 29 x 19
	if _, _, err := Decode(path, Options{MaxPixels: 29 * 19}); err != nil {
		t.Fatalf("at the limit: %v", err)
	}
	_, _, err = Decode(path, Options{MaxPixels: 29*19 - 1})
	checkMessage(t, "over the limit", err, path, "over the limit of 0.00055 megapixels")
}

func TestPanicsAndLiesOfDecodersAreErrors(t *testing.T) {
	lying := format{
		name:   "PNG",
		head:   func(*io.SectionReader) (Head, error) { panic(errors.New("index out of range")) },
		decode: func(*io.SectionReader) (*Raster, error) { return &Raster{Width: 2, Height: 2}, nil },
	}
	file := io.NewSectionReader(strings.NewReader("x"), 0, 1)
	_, err := lying.readHead("a.png", file)
	checkMessage(t, "panic", err, "a.png", "its PNG data is damaged (index out of range)")
	_, err = lying.readPixels("a.png", file, Head{Width: 3, Height: 2})
	checkMessage(t, "other size", err, "a.png", "2 x 2 pixels instead of 3 x 2")
}

// Whatever the bytes are, the answer is an image within the limit or an error of one line.
func FuzzDecode(f *testing.F) {
	const limit = 1 << 14
	paths, err := filepath.Glob(inputs + "/*")
	if err != nil || len(paths) == 0 {
		f.Fatal("no seeds: ", err)
	}
	kinds, err := filepath.Glob(formatsFolder + "/*.*")
	if err != nil || len(kinds) == 0 {
		f.Fatal("no seeds: ", err)
	}
	for _, path := range append(paths, kinds...) {
		if filepath.Ext(path) == ".rgb" || filepath.Ext(path) == ".csv" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file := io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
		r, _, err := decode("image", file, Options{MaxPixels: limit, ApplyOrientation: true})
		if err != nil {
			if fault.KindOf(err) != fault.Input || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("%q of kind %v", err, fault.KindOf(err))
			}
			return
		}
		m := r.RGB(Depth{})
		if m.Width < 1 || m.Height < 1 || m.Width*m.Height > limit || len(m.Pix) != 3*m.Width*m.Height {
			t.Fatalf("%d x %d with %d bytes", m.Width, m.Height, len(m.Pix))
		}
		m.Resize(7, 5, Bicubic)
	})
}
