package tasks

import (
	"os"
	"strings"
	"testing"

	"musc/engine"
	"musc/engine/fault"
)

func TestWhatKeepsFromMergingIsNamed(t *testing.T) {
	remove := func(phase Phase, number int) func(*testing.T, batch) {
		return func(t *testing.T, b batch) {
			if err := os.Remove(b.folder.File(phase, number)); err != nil {
				t.Fatal(err)
			}
		}
	}
	cut := func(phase Phase, number int) func(*testing.T, batch) {
		return func(t *testing.T, b batch) {
			if err := os.Truncate(b.folder.File(phase, number), 700); err != nil {
				t.Fatal(err)
			}
		}
	}
	rewrite := func(change func(*Part)) func(*testing.T, batch) {
		return func(t *testing.T, b batch) {
			for subset, members := range b.listing.Members(0, b.Subsets) {
				part := partOf(b.Plan, subset, members...)
				change(part)
				if err := b.folder.WritePart(part); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		spoil func(*testing.T, batch)
		want  []string
	}{
		"a part missing": {remove(PhaseScore, 2), []string{"1 of 3 tasks of the phase score", "done: 2;"}},
		"a part cut short": {cut(PhaseScore, 1), []string{"1 of 3 tasks of the phase score", "done: 1 (",
			"000001.npz", "cut short"}},
		"neighbours missing": {remove(PhaseNearest, 4), []string{"1 of 6 tasks of the phase nearest",
			"done: 4;", "musc task "}},
		"neighbours cut short": {cut(PhaseNearest, 5), []string{"phase nearest", "done: 5 (", "cut short"}},
		"no image": {rewrite(func(p *Part) { *p = *partOf(&Plan{ID: p.Plan}, p.Subset) }),
			[]string{"none of the 30 images can be read"}},
		"one alone": {rewrite(func(p *Part) {
			*p = *partOf(&Plan{ID: p.Plan}, p.Subset)
			p.Skipped = []About{{Index: 7, Path: "7.png", Text: "it is empty"}}
			if p.Subset == 1 {
				p.Skipped = append(p.Skipped, About{Index: 8, Path: "8.png", Text: engine.AloneReason})
			}
		}), []string{"only 8.png is left to score (3 left out)"}},
		"each alone": {rewrite(func(p *Part) {
			*p = *partOf(&Plan{ID: p.Plan}, p.Subset)
			p.Skipped = []About{{Index: 8, Path: "8.png", Text: engine.AloneReason}}
		}), []string{"each of the 3 images", "fewer --subsets"}},
		"an image twice": {rewrite(func(p *Part) { p.Images[0].Index = 0 }), []string{"both have image 0"}},
	} {
		b := scored(t, request(t, 30, 3), nil)
		b.mustMerge(t)
		if err := os.Remove(b.folder.File(PhaseMerge, 0)); err != nil {
			t.Fatal(err)
		}
		c.spoil(t, b)
		_, err := b.merge(false)
		if fault.KindOf(err) != fault.Input {
			t.Errorf("%s: %v of kind %v", name, err, fault.KindOf(err))
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q is not in %q", name, part, err)
			}
		}
	}
}

func TestPhotosThatRsCINCannotRescoreAreNamed(t *testing.T) {
	for name, spoil := range map[string]func(*Part, int){
		"no weights": func(p *Part, k int) { clear(p.Class[k*p.Model.ClassDim:][:p.Model.ClassDim]) },
		"not finite": func(p *Part, k int) { p.Class[k*p.Model.ClassDim] /= 0 * p.Class[0] },
	} {
		b := scored(t, request(t, 12, 2), func(p *Part) {
			for k := range p.Images {
				if p.Images[k].Index == 7 {
					spoil(p, k)
				}
			}
		})
		err := b.nearest(0, 1, 2)
		if err == nil {
			_, err = b.merge(false)
		}
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), b.listing.Images[7].Path) ||
			!strings.Contains(err.Error(), "--windows 1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
