package imageio

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/cgo/codecs"
)

const formatsFolder = "testdata/formats"

var update = flag.Bool("update", false, "write the table of docs/formats-files.md anew")

// needLibraries skips a test where the libraries were not fetched. Where the variable names them, as
// make test does, they must be there.
func needLibraries(t testing.TB) {
	t.Helper()
	_, err := libraries()
	if folder := os.Getenv(codecsVariable); err != nil && folder != "" && folder != "none" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("the decoders were not fetched (musc setup codecs): ", err)
	}
}

// withoutLibraries has Go's decoders in force until the test ends.
func withoutLibraries(t testing.TB) {
	before := libraries
	libraries = func() (*codecs.Libraries, error) { return nil, errors.New("absent") }
	t.Cleanup(func() { libraries = before })
}

// kind is a row of kinds.csv, which testdata/make_formats.py writes.
type kind struct{ file, name, toldBy, expected string }

func readKinds(t *testing.T) (kinds []kind) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(formatsFolder, "kinds.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 200 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		kinds = append(kinds, kind{row[0], row[1], row[2], row[3]})
	}
	return kinds
}

// difference is the largest one between what is decoded and what is expected, in levels or, for more
// than 8 bits, in the file's values.
func (k kind) difference(t *testing.T) (float64, error) {
	t.Helper()
	path := filepath.Join(formatsFolder, k.file)
	r, _, err := DecodeRaster(path, Options{})
	if err != nil {
		return 0, err
	}
	head, err := ReadHead(path)
	if err != nil || head.Deep != (r.Deep != nil) || head.Width != r.Width {
		t.Errorf("%s: its head says %+v, %v", k.file, head, err)
	}
	want, err := os.ReadFile(filepath.Join(formatsFolder, k.expected))
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(k.expected) == ".rgb" {
		return float64(farthest(t, r.RGB(Depth{}).Pix, want)), nil
	}
	if len(want) != 4*len(r.Deep) {
		t.Fatalf("%s: %d deep samples, want %d", k.file, len(r.Deep), len(want)/4)
	}
	largest := 0.0
	for i, value := range r.Deep {
		expected := math.Float32frombits(binary.LittleEndian.Uint32(want[4*i:]))
		largest = max(largest, math.Abs(float64(value-expected)))
	}
	return largest, nil
}

func (k kind) lossy() bool { return filepath.Ext(k.file) == ".jpg" }

// With the libraries every kind shows what Pillow shows, to the byte; JPEG, too.
func TestKindsShowWhatTheyHold(t *testing.T) {
	needLibraries(t)
	for _, k := range readKinds(t) {
		difference, err := k.difference(t)
		switch {
		case k.expected == "refused":
			if err == nil || !strings.Contains(err.Error(), "that is not supported (") {
				t.Errorf("%s (%s): got %v, want it to be told as a kind that is not read", k.file, k.name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", k.name, err)
		case difference != 0:
			t.Errorf("%s (%s) differs by %g", k.file, k.name, difference)
		}
	}
}

// Go's decoders read fewer kinds. What they read is right or, of JPEG, near; the rest is an error that
// says what to fetch.
func TestWithoutLibrariesKindsAreRightOrRefused(t *testing.T) {
	withoutLibraries(t)
	for _, k := range readKinds(t) {
		difference, err := k.difference(t)
		bound := 0.0
		switch {
		case k.file == "rgb_sampled.jpg": // its green and blue are not smoothed
			bound = 60
		case k.lossy():
			bound = 3
		}
		switch {
		case k.file == "no_end.jpg":
			if err == nil || !strings.Contains(err.Error(), "its JPEG data ends too early") {
				t.Errorf("%s: got %v", k.file, err)
			}
		case err != nil && strings.Contains(err.Error(), "compressed as"):
		case err != nil && !strings.HasSuffix(err.Error(), "run: musc setup codecs"):
			t.Errorf("%s (%s): got %v", k.file, k.name, err)
		case err == nil && difference > bound:
			t.Errorf("%s (%s) differs by %g", k.file, k.name, difference)
		}
	}
}

// The table in docs/formats-files.md is what this test finds; -update writes it.
func TestTableOfFormats(t *testing.T) {
	needLibraries(t)
	kinds := readKinds(t)
	answers := func() (column []string) {
		for _, k := range kinds {
			difference, err := k.difference(t)
			switch {
			case err != nil:
				column = append(column, "not read")
			case difference == 0:
				column = append(column, "equal")
			default:
				column = append(column, fmt.Sprintf("off by %g", difference))
			}
		}
		return column
	}
	with := answers()
	withoutLibraries(t)
	without := answers()
	var table strings.Builder
	table.WriteString("| kind | file | told by | with the libraries | Go's decoders |\n|---|---|---|---|---|\n")
	for i, k := range kinds {
		fmt.Fprintf(&table, "| %s | %s | %s | %s | %s |\n", k.name, k.file, k.toldBy, with[i], without[i])
	}
	const path, mark = "../../docs/formats-files.md", "<!-- table: go test ./engine/imageio -run Table -update -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(text), mark)
	if !found {
		t.Fatalf("%s has no line %s", path, mark)
	}
	if after == table.String() {
		return
	}
	if !*update {
		t.Fatalf("%s is not what is found now: run it with -update", path)
	}
	if err := os.WriteFile(path, []byte(before+mark+table.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
