package build

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"musc/engine/fault"
	"musc/models"
)

func sameFile(t *testing.T, a, b string) {
	t.Helper()
	first, errA := os.ReadFile(a)
	second, errB := os.ReadFile(b)
	if errA != nil || errB != nil || !bytes.Equal(first, second) {
		t.Errorf("%s and %s differ (%v, %v)", a, b, errA, errB)
	}
}

// copyWeights puts a fixture's weights where a test may change them.
func copyWeights(t *testing.T, name string) Source {
	t.Helper()
	content, err := os.ReadFile(weightsOf(name).Path)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return Source{Path: path}
}

func TestSecondTimeNothingIsWritten(t *testing.T) {
	folder, spec, source := t.TempDir(), readCase(t, "dino"), copyWeights(t, "dino")
	build := func() (string, time.Time) {
		t.Helper()
		path, err := Cached(context.Background(), folder, spec, source, Options{})
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return path, info.ModTime()
	}
	path, first := build()
	// Content replaced under the same size and time: still found, so it was not read again.
	info, err := os.Stat(source.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(source.Path, make([]byte, info.Size()), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(source.Path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	again, second := build()
	if again != path || !first.Equal(second) {
		t.Errorf("%s of %v became %s of %v", path, first, again, second)
	}
}

func TestEachInputOfTheGraphChangesItsName(t *testing.T) {
	folder, spec, source := t.TempDir(), readCase(t, "dino"), copyWeights(t, "dino")
	seen := map[string]string{}
	add := func(what string, spec models.Spec, source Source, options Options) {
		t.Helper()
		path, err := Cached(context.Background(), folder, spec, source, options)
		if err != nil {
			t.Fatal(err)
		}
		if other, taken := seen[path]; taken {
			t.Errorf("%s and %s share %s", what, other, path)
		}
		seen[path] = what
	}
	add("default", spec, source, Options{})
	add("size", spec, source, Options{ImageSize: 2 * spec.ImageSize})
	add("float16", spec, source, Options{Precision: Float16})
	add("plain", spec, source, Options{Attention: Plain})
	add("random", spec, Source{Seed: 1}, Options{})
	add("another seed", spec, Source{Seed: 2}, Options{})
	other := spec
	other.Stages = [4]int{0, 1, 2, 3}
	other.PositionOffset = 0
	add("description", other, source, Options{})
	content, err := os.ReadFile(source.Path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)-2] ^= 1
	if err := os.WriteFile(source.Path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(source.Path, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	add("weights", spec, source, Options{})
}

// What a crash or a full disk can leave behind is built again.
func TestHalfAPairIsBuiltAgain(t *testing.T) {
	for name, spoil := range map[string]func(model, data string) error{
		"no data":        func(model, data string) error { return os.Remove(data) },
		"no model":       func(model, data string) error { return os.Remove(model) },
		"truncated data": func(model, data string) error { return os.Truncate(data, 100) },
		"empty model":    func(model, data string) error { return os.Truncate(model, 0) },
	} {
		folder, spec, source := t.TempDir(), readCase(t, "clip"), weightsOf("clip")
		path, err := Cached(context.Background(), folder, spec, source, Options{})
		if err != nil {
			t.Fatal(err)
		}
		whole := cached(t, spec, source, Options{})
		if err := spoil(path, path+dataSuffix); err != nil {
			t.Fatal(err)
		}
		again, err := Cached(context.Background(), folder, spec, source, Options{})
		if err != nil || again != path {
			t.Fatalf("%s: got %s, %v", name, again, err)
		}
		sameFile(t, path, whole)
		sameFile(t, path+dataSuffix, whole+dataSuffix)
	}
}

func TestSeveralBuildsAtOnce(t *testing.T) {
	folder, spec := t.TempDir(), readCase(t, "clip_gelu")
	paths, failures := make([]string, 4), make([]error, 4)
	var group sync.WaitGroup
	for i := range paths {
		group.Go(func() {
			paths[i], failures[i] = Cached(context.Background(), folder, spec, weightsOf("clip_gelu"),
				Options{})
		})
	}
	group.Wait()
	whole := cached(t, spec, weightsOf("clip_gelu"), Options{})
	for i, path := range paths {
		if failures[i] != nil || path != paths[0] {
			t.Fatalf("build %d: %s, %v", i, path, failures[i])
		}
	}
	sameFile(t, paths[0], whole)
	sameFile(t, paths[0]+dataSuffix, whole+dataSuffix)
	if entries, _ := os.ReadDir(folder); len(entries) != 4 { // graph, data, their checksums, the weights'
		t.Errorf("left behind: %v", entries)
	}
}

func TestCancelledBuildLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Cached(ctx, folder, readCase(t, "dino"), Source{Seed: 3}, Options{})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Fatalf("left behind: %v", left)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	pickle := filepath.Join(t.TempDir(), "model.pt")
	junk := filepath.Join(t.TempDir(), "model.bin")
	for path, content := range map[string]string{pickle: "PK\x03\x04 archive", junk: "<html></html>"} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	dino := readCase(t, "dino")
	wide := dino
	wide.Width, wide.ClassDim, wide.Heads = 96, 96, 3
	swin := readCase(t, "swin")
	wider := swin
	wider.Window, wider.ImageSize = 4, 64
	deep := dino
	deep.Layers = 9
	inPlaceOfFolder := filepath.Join(t.TempDir(), "cache")
	if err := os.WriteFile(inPlaceOfFolder, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		folder  string
		spec    models.Spec
		source  Source
		options Options
		kind    fault.Kind
		want    string
	}{
		"odd size":      {"", dino, weightsOf("dino"), Options{ImageSize: 65}, fault.Usage, "64"},
		"precision":     {"", dino, Source{}, Options{Precision: "int8"}, fault.Usage, "float16"},
		"attention":     {"", dino, weightsOf("dino"), Options{Attention: "x"}, fault.Usage, "plain"},
		"no file":       {"", dino, Source{Path: "absent.safetensors"}, Options{}, fault.Input, "absent"},
		"pickle":        {"", dino, Source{Path: pickle}, Options{}, fault.Input, "pickle"},
		"another file":  {"", dino, Source{Path: junk}, Options{}, fault.Input, "neither"},
		"a folder":      {"", dino, Source{Path: t.TempDir()}, Options{}, fault.Input, "cannot read"},
		"wrong width":   {"", wide, weightsOf("dino"), Options{}, fault.Input, "has shape"},
		"missing layer": {"", deep, weightsOf("dino"), Options{}, fault.Input, "blocks.4."},
		"swin's window": {"", wider, weightsOf("swin"), Options{}, fault.Input, "position_bias_table"},
		"small swin":    {"", swin, Source{}, Options{ImageSize: 32}, fault.Usage, "fits is 48"},
		"other family":  {"", readCase(t, "dinov2"), weightsOf("dino"), Options{}, fault.Input, "shape"},
		"no folder":     {inPlaceOfFolder, dino, Source{Seed: 1}, Options{}, fault.Output, "MUSC_CACHE"},
	} {
		if c.folder == "" {
			c.folder = t.TempDir()
		}
		_, err := Cached(context.Background(), c.folder, c.spec, c.source, c.options)
		if err == nil || fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v of kind %v", name, err, fault.KindOf(err))
		}
	}
}
