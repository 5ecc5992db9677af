package imageio

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// webpChunk is a chunk of a RIFF file, padded to an even length.
func webpChunk(kind, data string) string {
	padding := ""
	if len(data)%2 == 1 {
		padding = "\x00"
	}
	return kind + string(binary.LittleEndian.AppendUint32(nil, uint32(len(data)))) + data + padding
}

func riff(chunks string) []byte { return []byte(webpChunk("RIFF", "WEBP"+chunks)) }

func TestHeadsOfWebP(t *testing.T) {
	canvas := "\x02\x01\x00\x04\x03\x00" // 259 x 773
	for flags, moves := range map[string]bool{"\x02": true, "\x00": false, "\xfd": false, "\x12": true} {
		file := section(riff(webpChunk("VP8X", flags+"\x00\x00\x00"+canvas)))
		head, err := headOfWebP(file)
		if err != nil || head != (Head{Width: 259, Height: 773}) {
			t.Errorf("flags %q: %+v, %v", flags, head, err)
		}
		if animated(file) != moves {
			t.Errorf("flags %q: animated %v", flags, !moves)
		}
	}
	wide := section(riff(webpChunk("VP8X", "\x00\x00\x00\x00\xff\xff\x01\x00\x00\x00")))
	if head, err := headOfWebP(wide); err != nil || head != (Head{Width: 1 << 17, Height: 1}) {
		t.Errorf("wide: %+v, %v", head, err)
	}
	for _, text := range []string{"", "VP8X", "VP8 \x02\x00\x00\x00aa"} {
		if _, err := headOfWebP(section(riff(text))); err == nil {
			t.Errorf("%q has a head", text)
		}
		if animated(section(riff(text))) {
			t.Errorf("%q is animated", text)
		}
	}
}

func TestLossyWebPIsTold(t *testing.T) {
	frame := "0123456789abcdef" + webpChunk("ALPH", "abc") // its place, size and time; then chunks
	lossy, lossless := webpChunk("VP8 ", "a"), webpChunk("VP8L", "a")
	for name, c := range map[string]struct {
		chunks string
		want   bool
	}{
		"lossy":             {webpChunk("VP8 ", "abc"), true},
		"lossless":          {webpChunk("VP8L", "abc"), false},
		"behind others":     {webpChunk("VP8X", "1234567890") + webpChunk("ICCP", "odd") + lossless, false},
		"first frame lossy": {webpChunk("ANMF", frame+lossy) + lossless, true},
		"first lossless":    {webpChunk("ANMF", frame+lossless) + lossy, false},
		"none":              {webpChunk("EXIF", "abc"), true},
	} {
		if got := lossyWebP(section(riff(c.chunks))); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	needLibraries(t)
	for name, want := range map[string]bool{"animated.webp": false, "animated_lossy.webp": true} {
		r, warnings, err := DecodeRaster(filepath.Join(formatsFolder, name), Options{})
		if err != nil || r.Lossy != want || r.Alpha != nil || len(warnings) != 1 {
			t.Errorf("%s: %+v, %q, %v", name, r, warnings, err)
		}
	}
	r, _, err := DecodeRaster(filepath.Join(formatsFolder, "animated_alpha.webp"), Options{})
	if err != nil || len(r.Alpha) != 37*21 || r.Alpha[0] != 0 || r.Alpha[1] != 255 {
		t.Errorf("alpha is lost: %v", err)
	}
}

func TestMessagesOfWebP(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(formatsFolder, "animated.webp"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = decode("a.webp", section(data[:len(data)-1]), Options{})
	checkMessage(t, "cut", err, "a.webp", "its WebP data ends too early (unexpected EOF); copy or export")
	needLibraries(t)
	broken := append(append([]byte(nil), data[:70]...), make([]byte, len(data)-70)...)
	_, _, err = decode("a.webp", section(broken), Options{})
	checkMessage(t, "broken", err, "a.webp", "its WebP data is damaged (libwebp")
	withoutLibraries(t)
	_, _, err = decode("a.webp", section(data), Options{})
	checkMessage(t, "an animation", err, "a.webp",
		"a kind of WebP that is not supported without libwebp (an animation); run: musc setup codecs")
}
