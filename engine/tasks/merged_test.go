package tasks

import (
	"cmp"
	"context"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestMergingTheSamePartsAgainChangesNothing(t *testing.T) {
	b := scored(t, request(t, 30, 3), nil)
	first := b.mustMerge(t)
	written := func() (list []string) {
		for _, path := range []string{b.folder.mergedTable(), b.folder.File(PhaseMerge, 0),
			b.folder.File(PhaseNearest, 0)} {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, string(text))
		}
		return list
	}
	before := written()
	if again := b.mustMerge(t); !reflect.DeepEqual(again, first) || !slices.Equal(written(), before) {
		t.Errorf("%+v, not %+v", again, first)
	}
	part := partOf(b.Plan, 1, b.listing.Members(1, 2)[0]...) // scored again, with another result
	part.Images[0].Before = 77
	if err := b.folder.WritePart(part); err != nil {
		t.Fatal(err)
	}
	if _, err := b.merge(false); fault.KindOf(err) != fault.Input ||
		!strings.Contains(err.Error(), "phase nearest are not done: 0-5 (") ||
		!strings.Contains(err.Error(), "scored again since") {
		t.Errorf("neighbours of other parts: %v", err)
	}
	if again := b.mustMerge(t); again.Image(part.Images[0].Index).Before != 77 {
		t.Errorf("the new score is not in %+v", again.Images)
	}
}

func TestDamagedMergingIsDoneAgain(t *testing.T) {
	b := scored(t, request(t, 30, 3), nil)
	want := b.mustMerge(t)
	record, table := b.folder.File(PhaseMerge, 0), b.folder.mergedTable()
	for name, spoil := range map[string]func(other Folder) error{
		"record cut short": func(Folder) error { return os.Truncate(record, 100) },
		"table cut short":  func(Folder) error { return os.Truncate(table, 100) },
		"another's table":  func(other Folder) error { return os.Rename(other.mergedTable(), table) },
		"another's record": func(other Folder) error {
			return os.Rename(other.File(PhaseMerge, 0), record)
		},
		"another's": func(other Folder) error {
			return errors.Join(os.Rename(other.mergedTable(), table),
				os.Rename(other.File(PhaseMerge, 0), record))
		},
	} {
		other := scored(t, request(t, 31, 3), nil)
		other.mustMerge(t)
		if err := spoil(other.folder); err != nil {
			t.Fatal(err)
		}
		_, err := b.ReadMerged(context.Background(), b.folder, "draw")
		if fault.KindOf(err) != fault.Input ||
			!strings.Contains(err.Error(), "cannot draw: 1 of 1 tasks of the phase merge") {
			t.Errorf("%s: %v", name, err)
		}
		if got := b.mustMerge(t); !slices.Equal(got.Images, want.Images) {
			t.Errorf("%s: merged again to %+v", name, got.Images)
		}
	}
}

// Image is that of an index in the listing, nil if it was not scored.
func (m *Merged) Image(index int) *MergedImage {
	k, found := slices.BinarySearchFunc(m.Images, index, func(image MergedImage, index int) int {
		return cmp.Compare(image.Index, index)
	})
	if !found {
		return nil
	}
	return &m.Images[k]
}
