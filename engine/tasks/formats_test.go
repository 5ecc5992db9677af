package tasks

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

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
