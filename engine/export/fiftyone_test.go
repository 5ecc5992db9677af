package export

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"musc/engine/verdict"
)

// Masks are left out of the golden file: their bytes belong to the compressor of the Go release.
func TestFiftyOneIsTheGoldenFolder(t *testing.T) {
	folder := write(t, "fiftyone", photos("/photos"))
	compareGolden(t, folder, "fiftyone/metadata.json")
	path := filepath.Join(folder, "fiftyone", "samples.json")
	text := regexp.MustCompile(`"base64":"[^"]*"`).ReplaceAllString(read(t, path), `"base64":""`)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	compareGolden(t, folder, "fiftyone/samples.json")
}

// unpackedMask reads a mask back as numpy.load does.
func unpackedMask(t *testing.T, packed []byte) (shape string, pixels []byte) {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil || string(content[:8]) != "\x93NUMPY\x01\x00" {
		t.Fatalf("%q, %v", content, err)
	}
	end := 10 + int(content[8]) + 256*int(content[9])
	header, found := strings.CutPrefix(string(content[10:end]),
		"{'descr': '|b1', 'fortran_order': False, 'shape': (")
	if shape, _, _ = strings.Cut(header, ")"); !found || end%64 != 0 || content[end-1] != '\n' {
		t.Fatalf("%q, %d bytes", content[:end], end)
	}
	return shape, content[end:]
}

func TestFiftyOneMasksAreTheRegions(t *testing.T) {
	for _, m := range []mask{ring, bar, {"#"}, {".......", ".#.###.", "...#.#.", "......."}} {
		r := region(m, 1, 1)
		packed, err := packMask(&r)
		if err != nil {
			t.Fatal(err)
		}
		shape, pixels := unpackedMask(t, packed)
		size, _ := json.Marshal([]int{r.Height, r.Width})
		if want := strings.ReplaceAll(strings.Trim(string(size), "[]"), ",", ", "); shape != want {
			t.Errorf("the shape is %s, want %s", shape, want)
		}
		for i, value := range pixels {
			if on := m[r.Y+i/r.Width][r.X+i%r.Width] == '#'; value != 0 != on || value > 1 {
				t.Fatalf("pixel %d of %q is %d", i, m, value)
			}
		}
		if len(pixels) != r.Width*r.Height {
			t.Errorf("%d pixels of %d x %d", len(pixels), r.Width, r.Height)
		}
	}
}

func TestFiftyOneNumbersHaveAPoint(t *testing.T) {
	for value, want := range map[decimal]string{
		0: "0.0", 1: "1.0", -2: "-2.0", 0.5: "0.5", 1e-9: "1e-09", 1e21: "1e+21",
	} {
		if got, err := json.Marshal(value); err != nil || string(got) != want {
			t.Errorf("%v is %s, %v, want %s", float64(value), got, err, want)
		}
	}
}

// Of a photo that nobody has decided about it is not said that it has no defects.
func TestFiftyOneLeavesOpenWhatIsUndecided(t *testing.T) {
	for v, want := range map[verdict.Verdict]string{
		verdict.None:      `"verdict":null,"defects":null`,
		verdict.Review:    `"verdict":{"_cls":"Classification","label":"review"},"defects":null`,
		verdict.Good:      `"defects":{"_cls":"Detections","detections":[]}`,
		verdict.Defective: `"defects":{"_cls":"Detections","detections":[]}`,
	} {
		images := photos("/photos")[:1]
		images[0].Verdict = v
		text := read(t, filepath.Join(write(t, "fiftyone", images), "fiftyone", "samples.json"))
		if !strings.Contains(text, want) {
			t.Errorf("%q: %s", v, text)
		}
	}
}
