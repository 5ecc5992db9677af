package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// keptRun is an extraction of nine photos, two a batch, into a folder that keeps them.
type keptRun struct {
	t      *testing.T
	photos []dataset.Item
	keep   Keep
	base   string
	heard  listener
}

func newKeptRun(t *testing.T) *keptRun {
	t.Helper()
	k := &keptRun{t: t, keep: Keep{Folder: filepath.Join(t.TempDir(), "kept"), Always: true}, base: "b"}
	for i := range 9 {
		from := fmt.Sprintf("../testdata/washer/images/%03d.png", 2*i)
		k.photos = append(k.photos, copied(t, dataset.Item{Path: from}))
		k.photos[i].Name = fmt.Sprint(i)
	}
	return k
}

// run extracts. computed are the batches that the backbone has seen, by the first pixels.
func (k *keptRun) run(before func(run int) error) (found *extracted, tokens []float32,
	computed [][]float32, err error) {

	k.t.Helper()
	source := &fakeSource{before: before, all: new(atomic.Int32)}
	job := Config{Batch: 2, Threads: 2, Memory: 1 << 30, Scoring: Defaults(), Images: k.photos}
	x := newExtractor(&job, job.Images, &clock{observer: &k.heard}, tinyInfo,
		newLanes([]tokenSource{source}, 1, 1))
	x.allocate = tinyStore
	if x.keeper, err = newKeeper(k.keep, k.base, &job, tinyInfo, k.heard.Note); err != nil {
		return nil, nil, nil, err
	}
	if err = x.run(context.Background()); err == nil {
		for image := range x.found.images {
			for stage := range tinyInfo.Stages {
				tokens = append(tokens, x.found.store.Tokens(stage, image)...)
			}
			tokens = append(tokens, x.found.images[image].ClassToken...)
		}
		x.found.close()
	}
	return &x.found, tokens, source.batches, err
}

// files are the kept ones.
func (k *keptRun) files() []string {
	names, _ := filepath.Glob(filepath.Join(k.keep.Folder, "*"))
	return names
}

func never(int) error { return errors.New("it was computed again") }

// What was kept is not computed again: a whole run, or what there is of it when it was stopped; the
// backbone sees the batches that it would have seen.
func TestWhatIsKeptIsNotComputedAgain(t *testing.T) {
	k := newKeptRun(t)
	want, wantTokens, batches, err := k.run(atOnce)
	if err != nil || len(batches) != 5 || len(k.files()) != 5 {
		t.Fatalf("%d batches, kept %v, %v", len(batches), k.files(), err)
	}
	same := func(what string, found *extracted, tokens []float32) {
		t.Helper()
		if !slices.Equal(tokens, wantTokens) {
			t.Errorf("%s: other tokens", what)
		}
		for i, image := range found.images {
			if w := want.images[i]; image.Name != w.Name || image.Digest != w.Digest ||
				image.Width != 256 || image.Height != 256 || image.Brightness != w.Brightness ||
				image.Sharpness != w.Sharpness || image.Brightness < 1 || image.Sharpness == 0 {
				t.Errorf("%s: image %d is %+v", what, i, image)
			}
		}
	}
	found, tokens, _, err := k.run(never)
	if err != nil {
		t.Fatal(err)
	}
	same("all was kept", found, tokens)

	for stop := range 5 {
		k.keep.Folder = filepath.Join(t.TempDir(), "kept")
		stopped := errors.New("stopped")
		if _, _, _, err := k.run(func(run int) error {
			if run == stop {
				return stopped
			}
			return nil
		}); !errors.Is(err, stopped) {
			t.Fatal(err)
		}
		// On one lane a batch is kept when the next one is sent.
		kept := len(k.files())
		if kept < stop-1 {
			t.Errorf("stopped at batch %d, and only %d are kept", stop, kept)
		}
		found, tokens, computed, err := k.run(atOnce)
		if err != nil || !slices.EqualFunc(computed, batches[kept:], slices.Equal) {
			t.Errorf("stopped at batch %d: then computed %v, %v", stop, computed, err)
		}
		same(fmt.Sprint("stopped at batch ", stop), found, tokens)
	}
}

// A kept file counts only if it is whole, and of these photos and this base.
func TestWhatIsKeptOfOtherPhotosIsNotUsed(t *testing.T) {
	k := newKeptRun(t)
	_, want, batches, err := k.run(atOnce)
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string][]byte{}
	for _, name := range k.files() {
		if whole[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	restore := func() {
		for name, content := range whole {
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	damages := map[string]func(content []byte) []byte{
		"empty":           func([]byte) []byte { return nil },
		"cut in its head": func(c []byte) []byte { return c[:60] },
		"cut short":       func(c []byte) []byte { return c[:len(c)-1] },
		"longer":          func(c []byte) []byte { return append(slices.Clone(c), 0) },
		"a flipped bit":   func(c []byte) []byte { c = slices.Clone(c); c[len(c)-100] ^= 4; return c },
		"no content":      func(c []byte) []byte { return make([]byte, len(c)) },
	}
	for name, damage := range damages {
		restore()
		files := k.files()
		for _, file := range files[:2] {
			if err := os.WriteFile(file, damage(whole[file]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, tokens, computed, err := k.run(atOnce)
		if err != nil || len(computed) != 2 || !slices.Equal(tokens, want) {
			t.Errorf("%s: %d batches computed, %v", name, len(computed), err)
		}
	}
	restore()
	k.base = "of another model"
	if _, _, computed, err := k.run(atOnce); err != nil || len(computed) != len(batches) {
		t.Errorf("another base: %d batches computed, %v", len(computed), err)
	}
	k.base = "b"
	k.photos[2] = copied(t, dataset.Item{Path: "../testdata/washer/images/040.png"})
	_, _, computed, err := k.run(atOnce)
	if err != nil || len(computed) != 1 || len(computed[0]) != 2 {
		t.Errorf("a photo that has changed: computed %v, %v", computed, err)
	}
}

// By itself a run keeps what it gives only if that is expected to take long, and says so.
func TestOnlyLongRunsAreKept(t *testing.T) {
	k := newKeptRun(t)
	k.keep.Always = false
	if _, _, _, err := k.run(atOnce); err != nil || len(k.files()) != 0 || len(k.heard.notes) != 0 {
		t.Errorf("a short one: kept %v, told %q, %v", k.files(), k.heard.notes, err)
	}
	keeper, err := newKeeper(k.keep, "b", &Config{Scoring: Defaults()}, tinyInfo, k.heard.Note)
	if err != nil {
		t.Fatal(err)
	}
	keeper.starts(time.Now().Add(-time.Minute))
	keeper.done = 2
	if keeper.worth(9) {
		t.Error("four and a half minutes are long")
	}
	if !keeper.worth(11) || len(k.heard.notes) != 1 ||
		!strings.Contains(k.heard.notes[0], "expected to take 5 min 30 s: what it gives is kept") {
		t.Errorf("five and a half minutes: told %q", k.heard.notes)
	}
}

// A folder that takes nothing is an error before any work; one that takes no more costs a note.
func TestKeepingThatFails(t *testing.T) {
	k := newKeptRun(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	k.keep.Folder = filepath.Join(file, "kept")
	if _, _, _, err := k.run(atOnce); fault.KindOf(err) != fault.Output {
		t.Errorf("a folder in a file: %v", err)
	}
	k.keep.Folder = filepath.Join(t.TempDir(), "kept")
	found, _, _, err := k.run(func(run int) error {
		if run == 1 {
			return os.RemoveAll(k.keep.Folder)
		}
		return nil
	})
	if err != nil || len(found.images) != 9 {
		t.Errorf("%d images, %v", len(found.images), err)
	}
	if len(k.heard.notes) != 1 || !strings.Contains(k.heard.notes[0], "is not kept any more") {
		t.Errorf("told %q", k.heard.notes)
	}
}
