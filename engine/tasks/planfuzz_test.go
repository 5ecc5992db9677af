package tasks

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// A plan whose tasks would have nothing, or too much, is refused, as is one that would divide by nothing.
func TestPlansWhoseTasksAreNotTheirsAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Cuts){
		"tasks of nothing":    func(c *Cuts) { c.Score.Each = 0 },
		"less than nothing":   func(c *Cuts) { c.Draw.Each = -1 },
		"more than all":       func(c *Cuts) { c.Depth.Each = 1 << 62 },
		"other photos":        func(c *Cuts) { c.Depth.Of++ },
		"fewer subsets":       func(c *Cuts) { c.Score.Of-- },
		"other nearest":       func(c *Cuts) { c.Nearest = Cut{Of: 7, Each: 1} },
		"tasks without photo": func(c *Cuts) { c.Depth = Cut{} },
	} {
		plan, listing := makePlan(t, request(t, 30, 2))
		f := Folder{Output: t.TempDir()}
		spoil(&plan.Cuts)
		if err := plan.Write(f, listing); err != nil {
			t.Fatal(err)
		}
		if _, err := read(f); fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), f.planFile()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever a plan.json says under a right ID, it is refused with the file's name, or its tasks have each of its
// photos and subsets once, its list is read or refused, and it is written as it was read.
func FuzzPlan(f *testing.F) {
	scored := request(f, 5, 2)
	banked := request(f, 3, 1)
	banked.Bank, banked.ROI = &Bank{Path: "b.musc", ID: "ab"}, &ROI{Path: "m.png", SHA256: "cd"}
	banked.References, banked.Maps, banked.Overlays = []dataset.Item{{Path: "r.png", Name: "r.png"}}, "none", false
	for _, r := range []Request{scored, banked} {
		plan, _ := makePlan(f, r)
		plan.Model, plan.Folder = Model{}, "/photos" // and not where the test happens to run
		text, err := json.Marshal(plan)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte("index,subset,path,name,label\n0,0,a,a,\n"))
	}
	f.Add([]byte(`{"format":3,"images":{"count":1},"subsets":1,"cuts":{"depth":{"of":1,"each":0}}}`), []byte(""))
	folder := Folder{Output: f.TempDir()}
	f.Fuzz(func(t *testing.T, text, list []byte) {
		made := &Plan{}
		if json.Unmarshal(text, made) == nil { // else it is refused as it is
			var err error
			if made.ID, err = made.identity(); err != nil {
				return // settings that no JSON holds are none that JSON gave
			}
			if err := saveJSON(folder.planFile(), made); err != nil {
				t.Fatal(err)
			}
		} else if err := os.MkdirAll(folder.Path(), 0o755); err != nil {
			t.Fatal(err)
		} else if err := os.WriteFile(folder.planFile(), text, 0o644); err != nil {
			t.Fatal(err)
		}
		plan, err := read(folder)
		if err != nil {
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), folder.Output) {
				t.Fatal(err)
			}
			return
		}
		for _, phase := range Phases {
			checkDealt(t, plan, phase)
		}
		if err := os.WriteFile(folder.Images(), list, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := plan.ReadListing(folder); err != nil && (fault.KindOf(err) != fault.Input ||
			!strings.Contains(err.Error(), folder.Output)) {
			t.Fatal(err)
		}
		if err := saveJSON(folder.planFile(), plan); err != nil {
			t.Fatal(err)
		}
		if again, err := read(folder); err != nil || fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", plan) &&
			!reflect.DeepEqual(again, plan) {
			t.Fatalf("read again: %+v, not %+v, %v", again, plan, err)
		}
	})
}

// checkDealt fails unless the first tasks of a phase and its last ones have one thing after the other.
func checkDealt(t *testing.T, plan *Plan, phase Phase) {
	t.Helper()
	cut, tasks := plan.Cut(phase), plan.Tasks(phase)
	next := 0
	for k := range tasks {
		if k == 10 && tasks > 20 { // all the others are as these
			k = tasks - 1
			next, _ = cut.Range(k)
		}
		first, last := cut.Range(k)
		if first != next || last <= first || cut.Task(first) != k || cut.Task(last-1) != k {
			t.Fatalf("task %d of %d of %s has [%d,%d) of %+v", k, tasks, phase, first, last, cut)
		}
		if next = last; k == tasks-1 {
			break
		}
	}
	if tasks > 0 && next != cut.Of || tasks == 0 && cut.Of != 0 {
		t.Fatalf("%d tasks of %s have %d of %+v", tasks, phase, next, cut)
	}
}
