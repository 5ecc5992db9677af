package mutual

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"musc/engine/features"
)

// withJournal opens a run of the first group of windows with the journal of a step.
func withJournal(t *testing.T, problem *Problem, threads, step int) *run {
	t.Helper()
	b, err := problem.check()
	if err != nil {
		t.Fatal(err)
	}
	r := newTestRun(t, b, threads)
	kept := b.keep("scorer")
	r.journal = kept.newJournal(b, r.distances, step)
	t.Cleanup(kept.close)
	return r
}

// newTestRun is a run of the first group of windows.
func newTestRun(t *testing.T, b *batch, threads int) *run {
	t.Helper()
	group := windowsOf(b.shape, b.Degrees)[0]
	r, err := newRun(context.Background(), b, group, threads, newProgress(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

// values are all distances of a run.
func (r *run) values() []float32 { return r.distances.array.Slice(0, r.distances.array.Len()) }

// A journal names pairs: what a run wrote under one plan goes on under another, and what it holds
// is not computed again, in whatever order pairs were done: distances that are wrong stay.
func TestJournalsGoOnUnderAnyPlan(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	plans := []Plan{{}, {TileImages: 1, StripImages: 1}, {TileImages: 2, StripImages: 1},
		{TileImages: 3, SpillDistances: true, Folder: t.TempDir()}}
	for name, problem := range breaks(t) {
		if problem.Images.Shape().Patches() == 1 {
			continue
		}
		for k := range plans {
			problem.Checkpoint = &Checkpoint{Folder: t.TempDir()}
			problem.Plan = plans[k]
			first := withJournal(t, problem, 1, 4)
			want := newTestRun(t, first.batch, 1)
			if err := want.fillDistances(1); err != nil {
				t.Fatal(err)
			}
			some := spoilSome(first, want, random)
			for n, pair := range some {
				first.journal.mark(pair[0], pair[1])
				if n%3 != 0 && n < len(some)-1 {
					continue
				}
				if err := first.journal.append(); err != nil {
					t.Fatal(err)
				}
			}
			first.journal.close()
			problem.Plan = plans[random.IntN(len(plans))]
			again := withJournal(t, problem, 2, 4)
			if got := again.journal.restore(); got != len(some) {
				t.Errorf("%s: %d pairs of %d", name, got, len(some))
			}
			if err := again.fillDistances(1); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(again.values(), want.values()) {
				t.Errorf("%s, %+v, then %+v: other distances", name, plans[k], problem.Plan)
			}
			again.journal.close()
			if got := withJournal(t, problem, 1, 5).journal.restore(); got != 0 {
				t.Errorf("%s: %d pairs of another step", name, got)
			}
		}
	}
}

// spoilSome gives about half of the pairs the same wrong distances in two runs, and returns them in
// a random order.
func spoilSome(first, second *run, random *rand.Rand) (some [][2]int) {
	n := len(first.members)
	for i := range n {
		for k := max(i+1, first.journal.base); k < n+first.references; k++ {
			if random.IntN(2) == 0 {
				continue
			}
			some = append(some, [2]int{i, k})
			for _, r := range []*run{first, second} {
				for d, view := range (&journal{images: n, distances: r.distances}).views(i, k) {
					for v := range view {
						view[v] = float32(100*i + 10*k + d)
					}
				}
			}
		}
	}
	random.Shuffle(len(some), func(a, b int) { some[a], some[b] = some[b], some[a] })
	return some
}

// A journal counts up to the first block that is not whole, whatever byte of it is wrong; the next
// block is written there.
func TestDamagedJournals(t *testing.T) {
	problem := &Problem{Images: look(t, features.Shape{Stages: 1, Images: 4, Height: 1, Width: 2,
		Channels: 3}, 1), Degrees: []int{1}, Checkpoint: &Checkpoint{Folder: t.TempDir()}}
	first := withJournal(t, problem, 1, 0)
	if err := first.fillDistances(0); err != nil {
		t.Fatal(err)
	}
	clear(first.journal.done)
	pairs := [][2]int{{0, 1}, {1, 3}, {0, 2}, {2, 3}}
	ends := []int64{}
	for _, pair := range pairs {
		first.journal.mark(pair[0], pair[1])
		if err := first.journal.append(); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, first.journal.length)
	}
	first.journal.close()
	whole, err := os.ReadFile(first.journal.path())
	if err != nil || int64(len(whole)) != ends[3] {
		t.Fatal(err, len(whole), ends)
	}
	check := func(what string, content []byte, at int) {
		t.Helper()
		if err := os.WriteFile(first.journal.path(), content, 0o644); err != nil {
			t.Fatal(err)
		}
		want := 0
		for want < len(ends) && ends[want] <= int64(at) {
			want++
		}
		again := withJournal(t, problem, 1, 0)
		defer again.journal.close()
		if got := again.journal.restore(); got != want {
			t.Fatalf("%s at %d: %d pairs, want %d", what, at, got, want)
		}
		for k, pair := range pairs {
			if again.journal.has(pair[0], pair[1]) != (k < want) {
				t.Fatalf("%s at %d: pair %v", what, at, pair)
			}
		}
		if err := again.fillDistances(0); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(again.values(), first.values()) {
			t.Fatalf("%s at %d: other distances", what, at)
		}
		if err := again.journal.append(); err != nil {
			t.Fatal(err)
		}
		again.journal.close()
		if got := withJournal(t, problem, 1, 0); got.journal.restore() != 6 ||
			!slices.Equal(got.values(), first.values()) {
			t.Fatalf("%s at %d: written again, not all is there", what, at)
		} else {
			got.journal.close()
		}
	}
	for at := range whole {
		check("end", whole[:at], at)
		spoiled := bytes.Clone(whole)
		spoiled[at] ^= 0x40
		check("change", spoiled, at)
		check("zeros", append(bytes.Clone(whole[:at]), make([]byte, 100)...), at)
	}
}

// A step that takes long is kept while it goes on.
func TestLongStepsAreKeptWhileTheyGoOn(t *testing.T) {
	problem := *breaks(t)["references"]
	want, err := CPU{}.PatchScores(context.Background(), &problem)
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	problem.Checkpoint = &Checkpoint{Folder: t.TempDir(), Every: 300 * time.Millisecond,
		Note: func(text string) { notes = append(notes, text) }}
	path := filepath.Join(problem.Checkpoint.Folder, journalFile)
	ctx, cancel := context.WithCancel(context.Background())
	problem.Progress = func(done, total int) {
		if done < total/2 {
			return
		}
		for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(time.Millisecond) {
			if info, err := os.Stat(path); err == nil && info.Size() > 1000 {
				break
			}
		}
		cancel()
	}
	if _, err := (CPU{Threads: 1}).PatchScores(ctx, &problem); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	first := 0
	problem.Progress = func(done, total int) {
		if first == 0 {
			first = done
		}
	}
	got, err := CPU{}.PatchScores(context.Background(), &problem)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "gone on", got, want, 0, 0)
	if len(notes) != 2 || !strings.HasSuffix(notes[0], "after 1 of 3 steps") ||
		!strings.HasSuffix(notes[1], " pairs of images of the step at hand") {
		t.Errorf("notes: %q", notes)
	}
	if pairs := 7*6/2 + 7*2; first != 2*pairs {
		t.Errorf("goes on at %d pairs, want the first step's %d", first, 2*pairs)
	}
}

// Where distances cannot be written there is one note; the sums are kept all the same.
func TestJournalsThatCannotBeWritten(t *testing.T) {
	for says, block := range map[string]func(path string) error{
		"nor can it be removed": func(path string) error {
			return os.MkdirAll(filepath.Join(path, "inside"), 0o755)
		},
		"no space left on device": func(path string) error { return os.Symlink("/dev/full", path) },
	} {
		problem := *breaks(t)["images"]
		want, err := CPU{}.PatchScores(context.Background(), &problem)
		if err != nil {
			t.Fatal(err)
		}
		notes := make(chan string, 10)
		problem.Checkpoint = &Checkpoint{Folder: t.TempDir(), Every: time.Millisecond,
			Note: func(text string) { notes <- text }}
		if err := block(filepath.Join(problem.Checkpoint.Folder, journalFile)); err != nil {
			t.Fatal(err)
		}
		text := ""
		problem.Progress = func(int, int) {
			if text == "" {
				select {
				case text = <-notes:
				case <-time.After(time.Minute):
				}
			}
		}
		got, err := CPU{Threads: 1}.PatchScores(context.Background(), &problem)
		if err != nil {
			t.Fatal(err)
		}
		within(t, says, got, want, 0, 0)
		if !strings.Contains(text, "keeps only whole steps") || !strings.Contains(text, says) {
			t.Errorf("noted %q, want %q", text, says)
		}
		b, err := problem.check()
		if err != nil {
			t.Fatal(err)
		}
		if done := b.stepsDone(CPU{}.Name(), 3); done != 3 {
			t.Errorf("%d of 3 steps are kept", done)
		}
	}
}
