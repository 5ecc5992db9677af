package tasks

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/rscin"
)

// neighboursOf are those of all tasks, one after the other.
func neighboursOf(t *testing.T, b batch) (list []rscin.Neighbour) {
	t.Helper()
	g, err := b.gather(context.Background(), b.folder, Table, "test")
	if err != nil {
		t.Fatal(err)
	}
	for task := range b.Tasks(PhaseNearest) {
		want, err := b.nearestOf(g, task)
		if err != nil {
			t.Fatal(err)
		}
		part, err := readNearest(b.folder, task, want)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, part.neighbours...)
	}
	return list
}

// Blocks of rows, in any order and from a file as well, give what all rows at once give.
func TestNearestByBlocksEqualsTheWhole(t *testing.T) {
	var unreadable = []int{1, 2, 17}
	for name, machine := range map[string]engine.Config{
		"in memory": {Threads: 2},
		"spilled":   {Threads: 1, Memory: 1, SpillInto: t.TempDir()},
	} {
		b := scored(t, request(t, 33, 4), func(part *Part) { without(part, unreadable...) })
		for _, tasks := range [][]int{{5, 2}, {0, 1, 2, 3, 4, 5, 6}} {
			if err := b.Nearest(context.Background(), b.folder, tasks, machine,
				engine.Silent{}); err != nil {
				t.Fatal(err)
			}
		}
		var class []float32
		for i := range 33 {
			if !slices.Contains(unreadable, i) {
				class = append(class, partOf(b.Plan, 0, i).Class...)
			}
		}
		d := tinyModel.ClassDim
		want, err := rscin.Nearest(context.Background(), rscin.InMemory(class, d), 0, 30, 3,
			rscin.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := neighboursOf(t, b); !slices.Equal(got, want) {
			t.Errorf("%s: %v, not %v", name, got, want)
		}
	}
}

func TestTasksBeyondTheImagesHaveNoRows(t *testing.T) {
	b := scored(t, request(t, 20, 2), func(part *Part) { without(part, upTo(18)...) })
	if err := b.nearest(upTo(b.Tasks(PhaseNearest))...); err != nil {
		t.Fatal(err)
	}
	if got := neighboursOf(t, b); len(got) != 4 { // both images, and both are the nearest of each
		t.Errorf("%v", got)
	}
}

func TestTokensOfAnotherModelAreNamed(t *testing.T) {
	b := scored(t, request(t, 20, 2), func(part *Part) {
		if part.Subset == 1 {
			part.Model.ClassDim = 2
			part.Class = part.Class[:len(part.Class)/2]
		}
	})
	if err := b.nearest(0); fault.KindOf(err) != fault.Input ||
		!strings.Contains(err.Error(), "000001.npz") || !strings.Contains(err.Error(), "different models") {
		t.Errorf("%v", err)
	}
}

func TestNearestIsFoundOnce(t *testing.T) {
	b := scored(t, request(t, 20, 2), nil)
	if err := b.nearest(1); err != nil {
		t.Fatal(err)
	}
	former, err := os.Stat(b.folder.File(PhaseNearest, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.nearest(1); err != nil {
		t.Fatal(err)
	}
	if again, err := os.Stat(b.folder.File(PhaseNearest, 1)); err != nil || !os.SameFile(former, again) {
		t.Errorf("the neighbours were written again: %v", err)
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Nearest(stopped, b.folder, []int{2}, engine.Config{}, engine.Silent{}); err == nil {
		t.Error("it goes on though it was stopped")
	}
}
