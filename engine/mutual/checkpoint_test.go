package mutual

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"musc/cgo/cpu"
	"musc/engine/features"
)

// always keeps whatever there is to keep.
const always = time.Nanosecond

// breaks are problems that a run is killed in: with references, only by them, images of one patch,
// a subset, two groups of windows, with the distances of pairs, without some scorers.
func breaks(t *testing.T) map[string]*Problem {
	shape := features.Shape{Stages: 3, Images: 7, Height: 3, Width: 4, Channels: 8}
	images := look(t, shape, 1)
	shape.Images = 2
	references := look(t, shape, 2)
	point := look(t, features.Shape{Stages: 2, Images: 9, Height: 1, Width: 1, Channels: 8}, 3)
	wide := look(t, features.Shape{Stages: 2, Images: 4, Height: 2, Width: 9, Channels: 5}, 4)
	degrees, interval := []int{1, 3}, Interval{0.1, 0.7}
	return map[string]*Problem{
		"pairs": withRoom(&Problem{Images: images, References: references, Degrees: degrees,
			Interval: interval}),
		"excluded": {Images: images, Degrees: degrees, Interval: interval,
			Exclude: [][]int{{1, 2}, {0, 2}, {0, 1}, nil, {5}, nil, nil},
			Scored:  []bool{true, true, true, false, true, true, false}},
		"images": {Images: images, Degrees: degrees, Interval: interval},
		"references": {Images: images, References: references, Degrees: degrees,
			Interval: interval},
		"references only": {Images: images, References: references, Degrees: degrees,
			ReferencesOnly: true},
		"a subset": {Images: images, References: references, Members: []int{5, 0, 3},
			Degrees: degrees, Interval: interval},
		"one patch": {Images: point, Degrees: degrees, Interval: interval, Average: Max},
		"two groups": {Images: wide, Degrees: []int{1, 3, 5, 7, 9, 11, 13, 15, 17},
			Interval: interval},
	}
}

// Killed over and over, at any pair, under any plan, a run ends with the same bytes; what its steps
// added up to is there, and what was written last is gone, torn or older after a power loss.
func TestScoringGoesOnAfterBreaks(t *testing.T) {
	for name, problem := range breaks(t) {
		want, err := CPU{}.PatchScores(context.Background(), problem)
		if err != nil {
			t.Fatal(err)
		}
		for _, loss := range []string{"none", "truncated", "former"} {
			t.Run(name+", "+loss, func(t *testing.T) {
				random := rand.New(rand.NewPCG(3, uint64(len(name)+100*len(loss))))
				for range 4 {
					breakAndGoOn(t, *problem, want, loss, random)
				}
			})
		}
	}
}

func breakAndGoOn(t *testing.T, problem Problem, want []float64, loss string, random *rand.Rand) {
	t.Helper()
	folder, wantPairs := t.TempDir(), problem.Pairs
	if wantPairs != nil {
		withRoom(&problem)
	}
	problem.Checkpoint = &Checkpoint{Folder: folder, Key: "key", Every: always}
	former := map[string][]byte{}
	b, err := problem.check()
	if err != nil {
		t.Fatal(err)
	}
	groups := windowsOf(b.shape, b.Degrees)
	steps := b.shape.Stages * len(groups)
	for range 6 {
		problem.Plan = Plan{SpillDistances: random.IntN(2) == 0, Folder: t.TempDir(),
			TileImages: random.IntN(4), StripImages: random.IntN(4)}
		b, scorer := &batch{}, CPU{Threads: 1 + random.IntN(3)}
		if b, err = problem.check(); err != nil {
			t.Fatal(err)
		}
		before, done := b.stepsDone(scorer.Name(), steps), 0
		ctx, cancel := context.WithCancel(context.Background())
		stop := 1 + random.IntN(b.pairs()*b.shape.Stages*len(b.Degrees))
		problem.Progress = func(now, _ int) {
			if done = now; now >= stop {
				cancel()
			}
		}
		got, err := scorer.PatchScores(ctx, &problem)
		if err == nil {
			within(t, "not broken", got, want, 0, 0)
		} else if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
		perStep := b.pairs() * len(b.Degrees) / len(groups) // at least, of the first group
		if after := b.stepsDone(scorer.Name(), steps); len(groups) == 1 &&
			after < max(before, (done-1)/perStep) {
			t.Errorf("%d steps are kept after %d of %d pairs, and %d before", after, done,
				b.pairs()*b.shape.Stages*len(b.Degrees), before)
		}
		lose(t, folder, loss, former, random)
	}
	problem.Progress = nil
	got, err := CPU{}.PatchScores(context.Background(), &problem)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "in the end", got, want, 0, 0)
	if !slices.Equal(problem.Pairs, wantPairs) {
		t.Error("other distances of pairs in the end")
	}
	if _, err := os.Stat(filepath.Join(folder, journalFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the distances are still there: %v", err)
	}
	if err := problem.Checkpoint.Remove(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// lose does to some of the files what a power loss may do to what is not yet on disk.
func lose(t *testing.T, folder, loss string, former map[string][]byte, random *rand.Rand) {
	t.Helper()
	for _, name := range []string{sumsFile, journalFile} {
		path := filepath.Join(folder, name)
		now, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		content := now
		switch earlier, known := former[name]; {
		case loss == "truncated" && random.IntN(2) == 0:
			content = now[:random.IntN(len(now)+1)]
		case loss == "former" && known && random.IntN(2) == 0:
			content = earlier
		}
		if random.IntN(2) == 0 {
			former[name] = now
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Sums that are not worth a write are written once distances that need them are.
func TestSumsOfShortSteps(t *testing.T) {
	b, err := (&Problem{Images: look(t, features.Shape{Stages: 1, Images: 2, Height: 1, Width: 2,
		Channels: 3}, 1), Degrees: []int{1}, Checkpoint: &Checkpoint{Folder: t.TempDir(),
		Every: 1000 * time.Hour}}).check()
	if err != nil {
		t.Fatal(err)
	}
	k := b.keep("scorer")
	defer k.close()
	sums := make([]float64, 4)
	k.save(1, []float64{1, 2, 3, 4})
	if done := k.read(sums, nil, 3); done != 0 || k.sumsAreSaved() {
		t.Errorf("%d steps are kept at once", done)
	}
	if !k.saveUnsaid() || k.read(sums, nil, 3) != 1 || sums[3] != 4 || !k.sumsAreSaved() {
		t.Errorf("then they are not kept: %v", sums)
	}
	k.saved = time.Now().Add(-20 * time.Hour) // a 50th
	k.save(2, []float64{5, 6, 7, 8})
	if done := k.read(sums, nil, 3); done != 2 || sums[3] != 8 {
		t.Errorf("after so long: %d steps, %v", done, sums)
	}
}

// What is kept is not computed again: it stays what it was though the images are others by now.
func TestScoresAreKeptUntilTheyAreRemoved(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 4, Height: 2, Width: 2, Channels: 8}
	images := look(t, shape, 1)
	var notes []string
	problem := &Problem{Images: images, Degrees: []int{1}, Interval: everyScorer,
		Checkpoint: &Checkpoint{Folder: filepath.Join(t.TempDir(), "new", "folder"), Every: always,
			Note: func(text string) { notes = append(notes, text) }}}
	want, err := CPU{}.PatchScores(context.Background(), problem)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	for stage := range shape.Stages {
		clear(images.Tokens(stage, 0))
	}
	last := 0
	problem.Progress = func(done, total int) { last = total - done }
	got, err := CPU{}.PatchScores(context.Background(), problem)
	if err != nil || last != 0 || len(notes) != 1 ||
		!strings.HasSuffix(notes[0], "after 2 of 2 steps") {
		t.Errorf("%v, %d pairs missing, %q", err, last, notes)
	}
	within(t, "kept", got, want, 0, 0)
	if err := problem.Checkpoint.Remove(); err != nil {
		t.Fatal(err)
	}
	if got, _ = (CPU{}).PatchScores(context.Background(), problem); got[0] == want[0] {
		t.Error("removed, and still kept")
	}
}

// The files of another problem, of other settings or of another scorer are never used.
func TestFilesOfAnotherProblem(t *testing.T) {
	base := breaks(t)["references"]
	folder := t.TempDir()
	problem := func() *Problem {
		p := *base
		p.Checkpoint = &Checkpoint{Folder: folder, Key: "this", Every: always,
			Note: func(text string) { t.Errorf("noted %q", text) }}
		return &p
	}
	for name, change := range map[string]func(p *Problem){
		"key":             func(p *Problem) { p.Checkpoint.Key = "that" },
		"members":         func(p *Problem) { p.Members = []int{1, 0, 2, 3, 4, 5, 6} },
		"degrees":         func(p *Problem) { p.Degrees = []int{1, 5} },
		"interval":        func(p *Problem) { p.Interval.High = 0.9 },
		"average":         func(p *Problem) { p.Average = Max },
		"excluded":        func(p *Problem) { p.Exclude = [][]int{{1}, {0}, nil, nil, nil, nil, nil} },
		"others excluded": func(p *Problem) { p.Exclude = [][]int{{2}, {0}, nil, nil, nil, nil, nil} },
		"some":            func(p *Problem) { p.Scored = []bool{true, false, true, true, true, true, true} },
		"no references":   func(p *Problem) { p.References = nil },
		"references only": func(p *Problem) { p.ReferencesOnly = true },
	} {
		if _, err := (CPU{}).PatchScores(context.Background(), problem()); err != nil {
			t.Fatal(err)
		}
		other := problem()
		change(other)
		got, err := CPU{}.PatchScores(context.Background(), other)
		if err != nil {
			t.Fatal(err)
		}
		other.Checkpoint = nil
		want, err := CPU{}.PatchScores(context.Background(), other)
		if err != nil {
			t.Fatal(err)
		}
		within(t, name, got, want, 0, 0)
	}
	ids := map[[32]byte]string{}
	eachLevel(t, func() {
		b, err := problem().check()
		if err != nil {
			t.Fatal(err)
		}
		id := b.identity(CPU{}.Name())
		if other, there := ids[id]; there {
			t.Errorf("%s and %s share their files", other, cpu.Level())
		}
		ids[id] = cpu.Level()
	})
}

// Any change of a byte and any length but its own make a file of sums one that is not used.
func TestDamagedSums(t *testing.T) {
	b, err := (&Problem{Images: look(t, features.Shape{Stages: 1, Images: 2, Height: 1, Width: 2,
		Channels: 3}, 1), Degrees: []int{1}, Checkpoint: &Checkpoint{Folder: t.TempDir()}}).check()
	if err != nil {
		t.Fatal(err)
	}
	k := b.keep("scorer")
	defer k.close()
	sums := []float64{1, 2, 3, 4}
	t.Run("alone", func(t *testing.T) { damageSums(t, k, sums) })
	k.pairs = []float32{0, 1, 0, 2, 3, 0, 4, 0}
	t.Run("with pairs", func(t *testing.T) { damageSums(t, k, sums) })
}

func damageSums(t *testing.T, k *keeper, sums []float64) {
	k.write(3, sums)
	path := filepath.Join(k.Folder, sumsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	read := func(content []byte, steps int) int {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return k.read(make([]float64, len(sums)), slices.Clone(k.pairs), steps)
	}
	if done := read(whole, 3); done != 3 {
		t.Errorf("undamaged: %d steps", done)
	}
	if done := read(whole, 2); done != 0 {
		t.Errorf("more steps than there are: %d", done)
	}
	for length := range whole {
		spoiled := bytes.Clone(whole)
		spoiled[length] ^= 0x10
		if done := read(spoiled, 3); done != 0 {
			t.Errorf("byte %d changed: %d steps", length, done)
		}
		if done := read(whole[:length], 3); done != 0 {
			t.Errorf("%d of %d bytes: %d steps", length, len(whole), done)
		}
	}
	if done := read(append(whole, 0), 3); done != 0 {
		t.Errorf("one byte more: %d steps", done)
	}
}

// Where nothing can be written there is one note, and the scores.
func TestFoldersThatCannotBeWritten(t *testing.T) {
	base := breaks(t)["images"]
	want, err := CPU{}.PatchScores(context.Background(), base)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		before func(t *testing.T, folder string)
		during func(t *testing.T, folder string)
		says   string
	}{
		"a file": {before: func(t *testing.T, folder string) {
			if err := os.WriteFile(folder, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}, says: "keeps nothing for a later run: "},
		"full": {before: func(t *testing.T, folder string) {
			if err := errors.Join(os.Mkdir(folder, 0o755),
				os.Symlink("/dev/full", filepath.Join(folder, sumsFile))); err != nil {
				t.Fatal(err)
			}
		}, says: "no space left on device"},
		"no folder any more": {during: func(t *testing.T, folder string) { os.RemoveAll(folder) },
			says: "keeps nothing more for a later run: "},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "folder")
			if c.before != nil {
				c.before(t, folder)
			}
			var notes []string
			problem := *base
			problem.Checkpoint = &Checkpoint{Folder: folder, Every: time.Millisecond,
				Note: func(text string) { notes = append(notes, text) }}
			problem.Progress = func(done, total int) {
				if c.during != nil && done >= total/2 {
					c.during(t, folder)
					c.during = nil
				}
			}
			got, err := CPU{Threads: 1}.PatchScores(context.Background(), &problem)
			if err != nil {
				t.Fatal(err)
			}
			within(t, name, got, want, 0, 0)
			if len(notes) != 1 || !strings.Contains(notes[0], c.says) {
				t.Errorf("notes: %q", notes)
			}
		})
	}
}

// Of two that score the same at once one keeps, the other says that it does not.
func TestTwoAtOnceDoNotShareFiles(t *testing.T) {
	problem := *breaks(t)["images"]
	second := problem
	var notes []string
	problem.Checkpoint = &Checkpoint{Folder: t.TempDir(), Every: always}
	second.Checkpoint = &Checkpoint{Folder: problem.Checkpoint.Folder, Every: always,
		Note: func(text string) { notes = append(notes, text) }}
	var other []float64
	problem.Progress = func(done, total int) {
		if done >= total/2 && other == nil {
			var err error
			if other, err = (CPU{}).PatchScores(context.Background(), &second); err != nil {
				t.Error(err)
			}
		}
	}
	want, err := CPU{Threads: 1}.PatchScores(context.Background(), &problem)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "the second", other, want, 0, 0)
	if len(notes) != 1 || !strings.Contains(notes[0], "another process has ") {
		t.Errorf("notes: %q", notes)
	}
	_, err = CPU{}.PatchScores(context.Background(), &second)
	if err != nil || len(notes) != 2 ||
		!strings.Contains(notes[1], "after 3 of 3 steps") {
		t.Errorf("then: %v, %q", err, fmt.Sprint(notes))
	}
}
