package imageio

import (
	"bytes"
	"errors"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/cgo/codecs"
)

const (
	soi = "\xff\xd8"
	sof = "\xff\xc0\x00\x11\x08\x01\x02\x03\x04\x03" // 8 bits, 258 high, 772 wide, 3 components
)

func TestFramesAreFoundWhereverTheyStand(t *testing.T) {
	want := jpegFrame{width: 772, height: 258, components: 3, bits: 8}
	for name, text := range map[string]string{
		"at once":             soi + sof,
		"behind a segment":    soi + "\xff\xe0\x00\x04ab" + sof,
		"behind an empty one": soi + "\xff\xfe\x00\x02" + sof,
		"behind fill bytes":   soi + "\xff\xff\xff" + sof,
		"behind rubbish":      soi + "rubbish\xff\x00" + sof,
		"behind much of it":   soi + strings.Repeat("rubbish", 2000) + sof,
		"behind tables":       soi + "\xff\xc4\x00\x03a\xff\xcc\x00\x03a\xff\xc8\x00\x03a" + sof,
		"behind markers":      soi + "\xff\xd0\xff\xd7\xff\xd8\xff\x01" + sof,
		"another process":     soi + strings.Replace(sof, "\xc0", "\xcf", 1),
	} {
		if got, err := readFrame(section([]byte(text))); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":          {soi, io.ErrUnexpectedEOF},
		"half a marker":    {soi + "\xff", io.ErrUnexpectedEOF},
		"no length":        {soi + "\xff\xe0\x00", io.ErrUnexpectedEOF},
		"beyond the end":   {soi + "\xff\xe0\xff\xffabc", io.ErrUnexpectedEOF},
		"rubbish":          {soi + "rubbish", io.ErrUnexpectedEOF},
		"half a frame":     {soi + sof[:9], io.ErrUnexpectedEOF},
		"a scan":           {soi + "\xff\xda\x00\x02" + sof, errNoFrame},
		"the end":          {soi + "\xff\xd9" + sof, errNoFrame},
		"segments for all": {soi + strings.Repeat("\xff\xe0\x00\x02", maxChunks) + sof, errNoFrame},
	} {
		if _, err := readFrame(section([]byte(c.text))); err != c.want {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if _, err := readFrame(section([]byte(soi + "\xff\xe0\x00\x01" + sof))); err == nil ||
		!strings.Contains(err.Error(), "shorter than its own length") {
		t.Errorf("a length of 1: got %v", err)
	}
	head, err := headOfJPEG(section([]byte(soi + strings.Replace(sof, "\x08", "\x0c", 1))))
	if want := (Head{Width: 772, Height: 258, Deep: true}); err != nil || head != want {
		t.Errorf("12 bits: got %+v, %v", head, err)
	}
}

// replaced is a file of testdata/formats with its first old bytes made new.
func replaced(t *testing.T, name, old, new string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(formatsFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("%s is not as expected", name)
	}
	return bytes.Replace(data, []byte(old), []byte(new), 1)
}

// A whole file of another kind is told as such, damage as damage.
func TestMessagesOfJPEGs(t *testing.T) {
	needLibraries(t)
	size := "\x00\x15\x00\x25" // 21 high, 37 wide
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"two components": {replaced(t, "sampling_2x2.jpg", size+"\x03", size+"\x02"),
			"a kind of JPEG that is not supported (2 colour components); save it as"},
		"inks of 12 bits": {replaced(t, "cmyk.jpg", "\x08"+size, "\x0c"+size),
			"a kind of JPEG that is not supported (inks of 12 bits); save it as"},
		"differential": {replaced(t, "sampling_2x2.jpg", "\xff\xc0", "\xff\xc5"),
			"a kind of JPEG that is not supported (Unsupported JPEG process: SOF type 0xc5); save it as"},
	} {
		_, _, err := decode("a.jpg", section(c.data), Options{})
		checkMessage(t, name, err, "a.jpg", c.want)
	}
	data, err := os.ReadFile(filepath.Join(formatsFolder, "sampling_2x2.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = decode("a.jpg", section(data[:len(data)-60]), Options{})
	checkMessage(t, "cut", err, "a.jpg", "its JPEG data ends too early (unexpected EOF); copy or export")
	cut := append(bytes.Clone(data[:len(data)-60]), 0xff, 0xd9)
	_, _, err = decode("a.jpg", section(cut), Options{})
	checkMessage(t, "cut and ended", err, "a.jpg",
		"is damaged (Corrupt JPEG data: premature end of data segment); copy or export it again")
}

func TestFewBitsAreStretched(t *testing.T) {
	for bits, c := range map[int]struct{ pix, want []uint8 }{
		8: {[]uint8{0, 100, 255}, []uint8{0, 100, 255}},
		7: {[]uint8{0, 127, 100}, []uint8{0, 255, 200}},
		2: {[]uint8{0, 1, 2, 3, 4}, []uint8{0, 85, 170, 255, 255}},
	} {
		pix := slices.Clone(c.pix)
		if stretch(pix, bits); !slices.Equal(pix, c.want) {
			t.Errorf("%d bits: got %v, want %v", bits, pix, c.want)
		}
	}
}

func TestInvertedInks(t *testing.T) {
	got := fromInvertedCMYK([]uint8{255, 255, 255, 255, 0, 255, 255, 255, 255, 200, 0, 128, 9, 9, 9, 0})
	if want := []uint8{255, 255, 255, 0, 255, 255, 128, 100, 0, 0, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestErrorsOfTheLibraries(t *testing.T) {
	var kind unsupportedError
	for from, want := range map[error]string{
		codecs.ErrUnsupported: "why",
		codecs.ErrNoMemory:    "it does not fit into the memory",
	} {
		if err := codecsError(&codecs.Error{Kind: from, Text: "why"}); !errors.As(err, &kind) ||
			err.Error() != want {
			t.Errorf("%v: got %v", from, err)
		}
	}
	early := codecsError(&codecs.Error{Kind: codecs.ErrEndsEarly, Text: "why"})
	if !errors.Is(early, io.ErrUnexpectedEOF) || early.Error() != "why: unexpected EOF" {
		t.Errorf("got %v", early)
	}
	damaged := &codecs.Error{Kind: codecs.ErrDamaged, Text: "why"}
	if err := codecsError(damaged); err != error(damaged) {
		t.Errorf("got %v", err)
	}
}

// Without the libraries an error says what to fetch, unless that would not help.
func TestWhatTheLibrariesWouldHelp(t *testing.T) {
	for _, c := range []struct {
		cause error
		want  string
	}{
		{jpeg.UnsupportedError("x"), "cannot read a.jpg: it is a kind of JPEG that is not supported without " +
			"libjpeg (unsupported JPEG feature: x); run: musc setup codecs"},
		{unsupportedError("x"), "cannot read a.jpg: it is a kind of JPEG that is not supported without " +
			"libjpeg (x); run: musc setup codecs"},
		{io.ErrUnexpectedEOF, "cannot read a.jpg: its JPEG data ends too early (unexpected EOF); " +
			"copy or export it again"},
		{errors.New("two\nlines"), "cannot read a.jpg: its JPEG data is damaged or of a kind that needs " +
			"libjpeg (two lines); copy or export it again, or run: musc setup codecs"},
	} {
		err := format{name: "JPEG"}.guard("a.jpg", func() error {
			return &needsLibraryError{"libjpeg", c.cause}
		})
		if err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
		if named := (&needsLibraryError{"libjpeg", c.cause}); named.Error() != c.cause.Error() ||
			!errors.Is(named, c.cause) {
			t.Errorf("%v is not its cause", named)
		}
	}
}

func TestDecodersAreNamed(t *testing.T) {
	before := libraries
	defer func() { libraries = before }()
	libraries = func() (*codecs.Libraries, error) { return nil, errors.New("why not") }
	if names, err := Decoders(); names != "Go" || err == nil || err.Error() != "why not" {
		t.Errorf("got %s, %v", names, err)
	}
	libraries = before
	needLibraries(t)
	if names, err := Decoders(); err != nil || !strings.HasPrefix(names, "libjpeg-turbo ") {
		t.Errorf("got %s, %v", names, err)
	}
}

func TestWhereTheLibrariesAreLookedFor(t *testing.T) {
	t.Setenv("MUSC_CACHE", t.TempDir())
	for folder, want := range map[string]string{
		"none":      "switched off by $MUSC_CODECS",
		"":          "run: musc setup codecs",
		"/nowhere/": "/nowhere/ holds no libjpeg",
	} {
		t.Setenv(codecsVariable, folder)
		if l, err := openLibraries(); l != nil || err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", folder, err, want)
		}
	}
}

// failing is a file on a broken disk.
type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errors.New("the disk is broken") }

func TestContentIsReadAsFarAsNeeded(t *testing.T) {
	for limit, want := range map[int64]string{3: "abc", 6: "abcdef", 9: "abcdef"} {
		if got, err := content(section([]byte("abcdef")), limit); err != nil || string(got) != want {
			t.Errorf("limit %d: got %q, %v", limit, got, err)
		}
	}
	if _, err := content(io.NewSectionReader(failing{}, 0, 5), 5); err == nil ||
		err.Error() != "the disk is broken" {
		t.Errorf("got %v", err)
	}
}
