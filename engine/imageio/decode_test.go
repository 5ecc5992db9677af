package imageio

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const inputs = "testdata/inputs"

// farthest is the largest difference between two images, in levels.
func farthest(t *testing.T, got, want []uint8) int {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d bytes, want %d", len(got), len(want))
	}
	largest := 0
	for i := range got {
		largest = max(largest, int(got[i])-int(want[i]), int(want[i])-int(got[i]))
	}
	return largest
}

func load(t *testing.T, path string, opts Options) (*RGB, []string) {
	t.Helper()
	m, warnings, err := Decode(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	return m, warnings
}

// JPEG may differ by 2 levels, since the cosine transforms round differently; all else is equal.
func TestDecodesToPillowsBytes(t *testing.T) {
	goldens, err := filepath.Glob(inputs + "/*.*.rgb")
	if err != nil || len(goldens) < 35 {
		t.Fatalf("found %d golden files, %v", len(goldens), err)
	}
	for _, golden := range goldens {
		path := strings.TrimSuffix(golden, ".rgb")
		t.Run(filepath.Base(path), func(t *testing.T) {
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			bound := 0
			if filepath.Ext(path) == ".jpg" {
				bound = 2
			}
			m, _ := load(t, path, Options{})
			if got := farthest(t, m.Pix, want); got > bound {
				t.Errorf("differs by %d levels, at most %d are allowed", got, bound)
			}
		})
	}
}

func TestOrientationIsAppliedWhenAsked(t *testing.T) {
	want, err := os.ReadFile(inputs + "/upright.rgb")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(inputs + "/turned_*")
	if err != nil || len(paths) < 11 {
		t.Fatalf("found %d files, %v", len(paths), err)
	}
	for _, path := range paths {
		bound := 0
		if filepath.Ext(path) == ".jpg" {
			bound = 30 // JPEG's own loss; turned another way it differs by more than 200
		}
		m, warnings := load(t, path, Options{ApplyOrientation: true})
		if m.Width != 29 || m.Height != 19 || len(warnings) > 0 {
			t.Errorf("%s: %d x %d, warnings %q", path, m.Width, m.Height, warnings)
		} else if got := farthest(t, m.Pix, want); got > bound {
			t.Errorf("%s differs from the upright picture by %d levels", path, got)
		}
		stored, warnings := load(t, path, Options{})
		if strings.Contains(path, "turned_1") {
			if len(warnings) > 0 {
				t.Errorf("%s: warnings %q", path, warnings)
			}
			continue
		}
		if len(warnings) != 1 || !strings.Contains(warnings[0], path+" is tagged as ") {
			t.Errorf("%s: warnings %q", path, warnings)
		}
		if bytes.Equal(stored.Pix, m.Pix) {
			t.Errorf("%s was turned without being asked", path)
		}
	}
}

func TestFurtherFramesAndPagesAreMentioned(t *testing.T) {
	for name, several := range map[string]string{
		"frames.gif": "frames", "pages.tif": "pages", "palette.gif": "", "raw.tif": "",
		"transparent.gif": "",
	} {
		_, warnings := load(t, filepath.Join(inputs, name), Options{})
		if several == "" && len(warnings) > 0 ||
			several != "" && (len(warnings) != 1 || !strings.Contains(warnings[0], "several "+several)) {
			t.Errorf("%s: warnings %q", name, warnings)
		}
	}
}

func TestContentDecidesNotTheName(t *testing.T) {
	text, err := os.ReadFile(inputs + "/rgb.png")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "photo.jpg")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	want, _ := load(t, inputs+"/rgb.png", Options{})
	if m, _ := load(t, path, Options{}); !bytes.Equal(m.Pix, want.Pix) {
		t.Fatal("a PNG named .jpg decodes differently")
	}
}
