package tasks

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// testdata/format3 is the work of a plan as the first release left it, with one part. It is never written
// anew: as long as the format is 3 such a run goes on (docs/stable.md), and another format is refused.
func TestPlansOfThisFormatGoOnAndOthersAreRefused(t *testing.T) {
	f := Folder{Output: t.TempDir()}
	if err := os.CopyFS(f.Path(), os.DirFS("testdata/format3")); err != nil {
		t.Fatal(err)
	}
	plan, err := Read(t.Context(), f)
	if err != nil {
		t.Fatalf("%v; if the plan has another form now, raise its format and say so in docs/stable.md", err)
	}
	if listing, err := plan.ReadListing(f); err != nil || len(listing.Images) != 6 {
		t.Errorf("%v, %v", listing, err)
	}
	part, err := plan.ReadPart(f, 1, Whole)
	if want := partOf(plan, 1, 2, 5); err != nil || !reflect.DeepEqual(part, want) {
		t.Errorf("%+v, not %+v, %v; if parts have another form now, raise the plan's format", part, want, err)
	}

	text, err := os.ReadFile(f.planFile())
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{`"format": 2`, `"format": 4`} {
		changed := bytes.Replace(text, []byte(`"format": 3`), []byte(other), 1)
		if err := os.WriteFile(f.planFile(), changed, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(t.Context(), f); fault.KindOf(err) != fault.Input ||
			!strings.Contains(err.Error(), "is of another version of musc, v1; go on with that one") {
			t.Errorf("%s: %v", other, err)
		}
	}
}

// Builds before 0.9.0 named what was left out with capital keys. Such a plan goes on to its results, and a
// program that looks for capital keys reads those of today: JSON is read whatever the case.
func TestPlansOfEitherCaseAreRead(t *testing.T) {
	left := []dataset.Skipped{{Path: "absent.png", Reason: `line 2 of "Path": it is not there`}, {Path: "b.png"}}
	b, w := decided(t, func(r *Request) { r.Skipped = left })
	now, err := os.ReadFile(b.folder.planFile())
	if err != nil {
		t.Fatal(err)
	}
	var older struct {
		Skipped []struct{ Path, Reason string }
	}
	if err := json.Unmarshal(now, &older); err != nil || len(older.Skipped) != len(left) ||
		dataset.Skipped(older.Skipped[0]) != left[0] || dataset.Skipped(older.Skipped[1]) != left[1] {
		t.Errorf("an older program reads %+v, %v", older, err)
	}

	before := bytes.Replace(now, []byte(`
    {
      "path": "absent.png",
      "reason": "line 2 of \"Path\": it is not there"
    },
    {
      "path": "b.png",
      "reason": ""
    }`), []byte(`
    {
      "Path": "absent.png",
      "Reason": "line 2 of \"Path\": it is not there"
    },
    {
      "Path": "b.png",
      "Reason": ""
    }`), 1)
	if bytes.Equal(before, now) {
		t.Fatalf("another form: %s", now)
	}
	if err := os.WriteFile(b.folder.planFile(), before, 0o644); err != nil {
		t.Fatal(err)
	}
	if w.Plan, err = Read(t.Context(), b.folder); err != nil || w.Plan.ID != b.Plan.ID {
		t.Fatal(w.Plan, err)
	}
	result := finish(t, b, w)
	if !slices.Equal(result.Skipped[:len(left)], left) {
		t.Errorf("merged: %+v", result.Skipped)
	}
}
