package tasks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"testing"

	"musc/engine/dataset"
	"musc/engine/fault"
)

func TestPlanIsReadAsItWasWritten(t *testing.T) {
	r := request(t, 30, 2)
	r.Images[3].Path, r.Images[3].Label = `photos/a "b", `+"\n c\r.png", " x"
	r.References = []dataset.Item{{Path: "/good/\xff.png", Name: "\xff.png"}}
	r.Skipped, r.Notes = []dataset.Skipped{{Path: "x", Reason: "y"}}, []string{"a note"}
	plan, listing := makePlan(t, r)
	f := Folder{Output: t.TempDir()}
	if err := plan.Write(f, listing); err != nil {
		t.Fatal(err)
	}
	got, err := Read(context.Background(), f)
	if err != nil || !reflect.DeepEqual(got, plan) {
		t.Fatalf("%+v, not %+v, %v", got, plan, err)
	}
	again, err := got.ReadListing(f)
	if err != nil || !reflect.DeepEqual(again, listing) {
		t.Fatalf("%+v, not %+v, %v", again, listing, err)
	}
	if err := plan.Write(f, listing); err != nil {
		t.Errorf("the same plan once more: %v", err)
	}
}

// A line break that would come back as another one is refused: photos have to be found again.
func TestNamesThatListsCannotHoldAreRefused(t *testing.T) {
	r := request(t, 30, 2)
	r.Images[3].Path = "photos/a\r\nb.png"
	plan, listing := makePlan(t, r)
	if err := plan.Write(Folder{Output: t.TempDir()}, listing); fault.KindOf(err) != fault.Input ||
		!strings.Contains(err.Error(), `a\r\nb.png`) {
		t.Errorf("%v", err)
	}
}

func TestWorkOfAnotherPlanIsNotTouched(t *testing.T) {
	f := Folder{Output: t.TempDir()}
	plan, listing := makePlan(t, request(t, 30, 2))
	if err := plan.Write(f, listing); err != nil {
		t.Fatal(err)
	}
	part := f.File(PhaseScore, 1)
	if err := saveJSON(part, "work"); err != nil {
		t.Fatal(err)
	}
	if err := plan.Write(f, listing); err != nil {
		t.Fatal(err)
	}
	other, otherListing := makePlan(t, request(t, 31, 2))
	if err := other.Write(f, otherListing); fault.KindOf(err) != fault.Output {
		t.Errorf("another plan's: %v", err)
	}
	if _, err := os.Stat(part); err != nil {
		t.Errorf("the work is gone: %v", err)
	}
	if err := Remove(f); err != nil {
		t.Fatal(err)
	}
	if err := other.Write(f, otherListing); err != nil {
		t.Errorf("after Remove: %v", err)
	}
	if _, err := os.Stat(part); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the work of the former plan is still there: %v", err)
	}
}

func TestDamagedPlansAreTold(t *testing.T) {
	absent := Folder{Output: t.TempDir()}
	if _, err := Read(context.Background(), absent); fault.KindOf(err) != fault.Input ||
		!errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no plan: %v", err)
	}
	for name, c := range map[string]struct {
		file   func(Folder) string
		change func(string) string
	}{
		"plan cut short": {Folder.planFile, func(s string) string { return s[:len(s)/2] }},
		"plan edited": {Folder.planFile, func(s string) string {
			return strings.Replace(s, "tiff", "npy", 1)
		}},
		"another format": {Folder.planFile, func(s string) string {
			return strings.Replace(s, fmt.Sprintf(`"format": %d`, format), `"format": 99`, 1)
		}},
		"photos cut short": {Folder.Images, func(s string) string { return s[:len(s)-20] }},
		"a photo removed": {Folder.Images, func(s string) string {
			return s[:strings.LastIndex(s[:len(s)-1], "\n")+1]
		}},
		"photos dealt otherwise": {Folder.Images, func(s string) string {
			return strings.NewReplacer("\n0,0,", "\n0,1,", "\n0,1,", "\n0,0,").Replace(s)
		}},
		"no photos":        {Folder.Images, func(string) string { return "" }},
		"references added": {Folder.References, func(s string) string { return s + "a,b\n" }},
	} {
		f := Folder{Output: t.TempDir()}
		plan, listing := makePlan(t, request(t, 30, 2))
		if err := plan.Write(f, listing); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(c.file(f))
		if err != nil {
			t.Fatal(err)
		}
		changed := c.change(string(text))
		if changed == string(text) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if err := os.WriteFile(c.file(f), []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		plan, err = Read(context.Background(), f)
		if err == nil {
			_, err = plan.ReadListing(f)
		}
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), f.Output) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
