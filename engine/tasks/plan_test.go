package tasks

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/fault"
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
