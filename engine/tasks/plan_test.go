package tasks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/mutual"
)

// photos are count items, sorted by name; none of them is a file.
func photos(count int) (items []dataset.Item) {
	for i := range count {
		name := fmt.Sprintf("line%d/%06d.png", i/1000, i)
		items = append(items, dataset.Item{Path: "photos/" + name, Name: name})
	}
	return items
}

// request is a job of count photos in so many subsets.
func request(t testing.TB, count, subsets int) Request {
	t.Helper()
	scoring := engine.Defaults()
	scoring.Subsets = subsets
	return Request{Settings: Settings{Scoring: scoring, Maps: "tiff", Overlays: true},
		Model: "../backbone/testdata/tiny.onnx", Images: photos(count), Version: "v1"}
}

func makePlan(t testing.TB, request Request) (*Plan, *Listing) {
	t.Helper()
	plan, listing, err := Make(request)
	if err != nil {
		t.Fatal(err)
	}
	return plan, listing
}

func TestCutsAreEvenAndBounded(t *testing.T) {
	for name, c := range map[string]struct {
		photos, subsets, tasks, top     int
		maps                            string
		windows                         []int
		depth, score, nearest, draw     int
		subsetsEach, rowsEach, drawEach int
	}{
		"one subset": {photos: 100, subsets: 1, maps: "tiff", windows: []int{2, 3},
			depth: 1, score: 1, subsetsEach: 1, nearest: 1, rowsEach: 4096, draw: 1, drawEach: 1},
		"as many tasks as subsets": {photos: 200_000, subsets: 1000, maps: "tiff", windows: []int{2, 3},
			depth: 100, score: 1000, subsetsEach: 1, nearest: 49, rowsEach: 4096, draw: 1000, drawEach: 1},
		"one subset more": {photos: 200_200, subsets: 1001, maps: "tiff", windows: []int{1, 2},
			depth: 101, score: 501, subsetsEach: 2, nearest: 49, rowsEach: 4096, draw: 501, drawEach: 2},
		"a million": {photos: 1_000_000, subsets: 5000, maps: "none", windows: []int{8, 9},
			depth: 500, score: 1000, subsetsEach: 5, nearest: 64, rowsEach: 15_872},
		"the first thousand drawn": {photos: 100_000, subsets: 500, maps: "npy", windows: []int{1},
			top: 1000, depth: 50, score: 500, subsetsEach: 1, draw: 5, drawEach: 100},
		"the first one drawn": {photos: 1000, subsets: 5, maps: "npy", windows: []int{1},
			top: 1, depth: 1, score: 5, subsetsEach: 1, draw: 1, drawEach: 5},
		"more than all drawn": {photos: 1000, subsets: 5, maps: "npy", windows: []int{1},
			top: 2000, depth: 1, score: 5, subsetsEach: 1, draw: 5, drawEach: 1},
		"few tasks": {photos: 1000, subsets: 100, maps: "tiff", windows: []int{1}, tasks: 7,
			depth: 1, score: 7, subsetsEach: 15, draw: 7, drawEach: 15},
	} {
		r := request(t, c.photos, c.subsets)
		r.Tasks, r.DrawTop, r.Maps, r.Overlays = c.tasks, c.top, c.maps, false
		r.Scoring.Windows = c.windows
		plan, _ := makePlan(t, r)
		got := []int{plan.Tasks(PhaseDepth), plan.Tasks(PhaseScore), plan.Tasks(PhaseNearest),
			plan.Tasks(PhaseMerge), plan.Tasks(PhaseDraw), plan.Cuts.Score.Each, plan.Cuts.Nearest.Each,
			plan.Cuts.Draw.Each}
		want := []int{c.depth, c.score, c.nearest, 1, c.draw, c.subsetsEach, c.rowsEach, c.drawEach}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, not %v", name, got, want)
		}
		for _, phase := range Phases { // every thing is in one task
			cut, next := plan.Cut(phase), 0
			for k := range cut.Tasks() {
				first, last := cut.Range(k)
				if first != next || last <= first || cut.Task(first) != k || cut.Task(last-1) != k {
					t.Errorf("%s: task %d of %s has %d to %d after %d", name, k, phase, first, last, next)
				}
				next = last
			}
			if next != cut.Of && cut.Tasks() > 0 {
				t.Errorf("%s: the tasks of %s have %d of %d", name, phase, next, cut.Of)
			}
		}
	}
}

func TestSubsetsAreDealtOverAllNames(t *testing.T) {
	r := request(t, 101, 4)
	r.Scoring.Seed = 7
	_, listing := makePlan(t, r)
	var names []string
	for _, item := range r.Images {
		names = append(names, item.Name)
	}
	want, err := dataset.DealSubsets(names, 4, 7)
	if err != nil {
		t.Fatal(err)
	}
	if got := listing.Members(0, 4); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	if got := listing.Members(2, 3); !reflect.DeepEqual(got, want[2:3]) {
		t.Errorf("subset 2: %v, not %v", got, want[2])
	}
	one := request(t, 1, 1)
	one.References = photos(2)
	if _, listing := makePlan(t, one); !reflect.DeepEqual(listing.Members(0, 1), [][]int{{0}}) {
		t.Errorf("one photo and references: %v", listing.Members(0, 1))
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Request)
		kind   fault.Kind
	}{
		"no photo":         {func(r *Request) { r.Images = nil }, fault.Input},
		"too many subsets": {func(r *Request) { r.Scoring.Subsets = 6 }, fault.Usage},
		"no subset":        {func(r *Request) { r.Scoring.Subsets = 0 }, fault.Usage},
		"unknown maps":     {func(r *Request) { r.Maps = "png" }, fault.Usage},
		"negative tasks":   {func(r *Request) { r.Tasks = -1 }, fault.Usage},
		"negative top":     {func(r *Request) { r.DrawTop = -1 }, fault.Usage},
		"no model":         {func(r *Request) { r.Model = "absent.onnx" }, fault.Input},
	} {
		r := request(t, 10, 1)
		c.change(&r)
		if _, _, err := Make(r); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v of kind %v", name, err, fault.KindOf(err))
		}
	}
}

func TestDifferencesAreSaidInOptions(t *testing.T) {
	base := request(t, 100, 2)
	base.References = photos(3)
	copied := filepath.Join(t.TempDir(), "tiny.onnx")
	model, err := os.ReadFile(base.Model)
	if err == nil { // one more producer_name
		err = os.WriteFile(copied, append(slices.Clone(model), "\x12\x01x"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	old, _ := makePlan(t, base)
	for want, change := range map[string]func(*Request){
		"":                                         func(*Request) {},
		"--degrees was 1,3,5 and is 1":             func(r *Request) { r.Scoring.Degrees = []int{1} },
		"--windows was 2,3 and is 8,9":             func(r *Request) { r.Scoring.Windows = []int{8, 9} },
		"--interval was 0,0.3 and is 0,0.5":        func(r *Request) { r.Scoring.Interval.High = 0.5 },
		"--average was mean and is max":            func(r *Request) { r.Scoring.Average = mutual.Max },
		"--subsets was 2 and is 3":                 func(r *Request) { r.Scoring.Subsets = 3 },
		"--seed was 0 and is -1":                   func(r *Request) { r.Scoring.Seed = -1 },
		"--strict was not given and is given":      func(r *Request) { r.Strict = true },
		"--bits was not given and is 12":           func(r *Request) { r.Bits = 12 },
		"--batch was not given and is 3":           func(r *Request) { r.Batch = 3 },
		"--map-size was not given and is 64":       func(r *Request) { r.Scoring.MapSize = 64 },
		"--max-pixels was 100000000 and is 5":      func(r *Request) { r.MaxPixels = 5 },
		"--maps was tiff and is none":              func(r *Request) { r.Maps = "none" },
		"--no-overlays was not given and is given": func(r *Request) { r.Overlays = false },
		"--rotate was not given and is given":      func(r *Request) { r.Rotate = true },
		"12 photos more":                           func(r *Request) { r.Images = photos(112) },
		"1 photo fewer":                            func(r *Request) { r.Images = photos(99) },
		"1 reference image more":                   func(r *Request) { r.References = photos(4) },
		"the photos are others, lie elsewhere or have other labels": func(r *Request) {
			r.Images = slices.Clone(r.Images)
			r.Images[50].Label = "good"
		},
		"the model was " + old.Model.Path + " and is " + copied: func(r *Request) { r.Model = copied },
		"--stages was 1,2,3,4 and is 2; 1 photo fewer": func(r *Request) {
			r.Scoring.Stages, r.Images = []int{2}, photos(99)
		},
	} {
		r := base
		change(&r)
		plan, _ := makePlan(t, r)
		if got := strings.Join(Differences(old, plan), "; "); got != want {
			t.Errorf("%q, not %q", got, want)
		}
		if same := plan.ID == old.ID; same != (want == "") {
			t.Errorf("%q: the IDs are %s and %s", want, old.ID, plan.ID)
		}
	}
}

func TestWhatDecidesNothingLeavesTheID(t *testing.T) {
	base := request(t, 100, 2)
	old, _ := makePlan(t, base)
	absolute, err := filepath.Abs(base.Model)
	if err != nil {
		t.Fatal(err)
	}
	r := base
	r.Tasks, r.Version, r.Model = 1, "v2", absolute
	r.Images = slices.Clone(r.Images)
	for i := range r.Images { // typed in another way
		if r.Images[i].Path, err = filepath.Abs(r.Images[i].Path); err != nil {
			t.Fatal(err)
		}
	}
	plan, _ := makePlan(t, r)
	if plan.ID != old.ID || len(plan.ID) != 16 {
		t.Errorf("the IDs are %s and %s", old.ID, plan.ID)
	}
}

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

func TestPathsAreFoundFromElsewhere(t *testing.T) {
	plan, _ := makePlan(t, request(t, 10, 1))
	if got := plan.Locate("photos/a.png"); got != "photos/a.png" {
		t.Errorf("where the plan was made: %s", got)
	}
	here := plan.Folder
	t.Chdir(t.TempDir())
	if got := plan.Locate("photos/../a.png"); got != filepath.Join(here, "a.png") {
		t.Errorf("elsewhere: %s", got)
	}
	if got := plan.Locate("/photos/a.png"); got != "/photos/a.png" {
		t.Errorf("an absolute path: %s", got)
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
			return strings.Replace(s, `"format": 1`, `"format": 2`, 1)
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

func TestTasksAreChecked(t *testing.T) {
	r := request(t, 30, 3)
	r.Maps, r.Overlays = "none", false
	plan, _ := makePlan(t, r)
	for _, c := range []struct {
		phase  Phase
		number int
		ok     bool
	}{{PhaseScore, 0, true}, {PhaseScore, 2, true}, {PhaseScore, 3, false}, {PhaseScore, -1, false},
		{PhaseMerge, 0, true}, {PhaseMerge, 1, false}, {PhaseDraw, 0, false}} {
		if err := plan.CheckTask(c.phase, c.number); (err == nil) != c.ok ||
			!c.ok && fault.KindOf(err) != fault.Usage {
			t.Errorf("%s %d: %v", c.phase, c.number, err)
		}
	}
	if _, err := ParsePhase("scores"); fault.KindOf(err) != fault.Usage {
		t.Errorf("an unknown phase: %v", err)
	}
	if phase, err := ParsePhase("nearest"); phase != PhaseNearest || err != nil {
		t.Errorf("%q, %v", phase, err)
	}
}
