package tasks

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"musc/engine"
	"musc/engine/report"
	"musc/engine/rscin"
)

// batch is a plan whose phase score is done.
type batch struct {
	*Plan
	listing *Listing
	folder  Folder
}

// scored makes a plan and the parts of its subsets; change may be nil and changes each before it is
// written. The tasks of the phase nearest have five rows each.
func scored(t testing.TB, r Request, change func(*Part)) batch {
	t.Helper()
	plan, listing := makePlan(t, r)
	if plan.Tasks(PhaseNearest) > 0 {
		plan.Cuts.Nearest.Each = 5
	}
	b := batch{plan, listing, Folder{Output: t.TempDir()}}
	if err := plan.Write(b.folder, listing); err != nil {
		t.Fatal(err)
	}
	for subset, members := range listing.Members(0, plan.Subsets) {
		part := partOf(plan, subset, members...)
		part.Skipped, part.Warnings = nil, nil
		if change != nil {
			change(part)
		}
		if err := b.folder.WritePart(part); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// without takes images out of a part.
func without(part *Part, indices ...int) {
	patches, d := part.Model.Patches(), part.Model.ClassDim
	for k := len(part.Images) - 1; k >= 0; k-- {
		if slices.Contains(indices, part.Images[k].Index) {
			part.Images = slices.Delete(part.Images, k, k+1)
			part.Scores = slices.Delete(part.Scores, k*patches, (k+1)*patches)
			part.Class = slices.Delete(part.Class, k*d, (k+1)*d)
		}
	}
}

func (b batch) nearest(tasks ...int) error {
	return b.Nearest(context.Background(), b.folder, tasks, engine.Config{}, engine.Silent{})
}

func (b batch) merge(allowMixed bool) (*Merged, error) {
	return b.Merge(context.Background(), b.folder, b.listing, allowMixed, engine.Silent{})
}

func (b batch) mustMerge(t testing.TB) *Merged {
	t.Helper()
	if err := b.nearest(upTo(b.Tasks(PhaseNearest))...); err != nil {
		t.Fatal(err)
	}
	merged, err := b.merge(false)
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

// However a batch is cut, its scores, ranks and scale are those of all images at once.
func TestMergingEqualsTheBatchAtOnce(t *testing.T) {
	unreadable := []int{0, 3, 4, 19, 22}
	for name, c := range map[string]struct {
		subsets   int
		windows   []int
		normalise bool
	}{
		"one subset":             {1, []int{2, 3}, false},
		"several":                {4, []int{2, 3}, false},
		"tokens of length 1":     {1, []int{2, 3}, true},
		"several, all length 1":  {4, []int{2, 3}, true},
		"a window of 1":          {3, []int{1, 4}, false},
		"no RsCIN":               {3, []int{1}, false},
		"no RsCIN, all length 1": {3, []int{1}, true},
		"window above all":       {5, []int{8, 100}, false},
	} {
		r := request(t, 23, c.subsets)
		r.Scoring.Windows, r.Scoring.NormaliseClass = c.windows, c.normalise
		b := scored(t, r, func(part *Part) { without(part, unreadable...) })
		got := b.mustMerge(t)

		var want []MergedImage
		var before []float64
		var tokens []float32
		var summaries []report.Summary
		for i := range r.Images {
			if slices.Contains(unreadable, i) {
				continue
			}
			one := partOf(b.Plan, 0, i)
			want = append(want, MergedImage{Index: i, Subset: b.listing.Subset[i], Width: 100 + i,
				Height: 50, Before: one.Images[0].Before})
			before = append(before, one.Images[0].Before)
			tokens = append(tokens, one.Class...)
			summaries = append(summaries, one.Images[0].Summary)
		}
		if c.normalise {
			rscin.Normalise(tokens, tinyModel.ClassDim)
		}
		after := before
		if !slices.Equal(c.windows, []int{1}) {
			var err error
			if after, err = rscin.Rescore(before, tokens, len(before), tinyModel.ClassDim,
				c.windows); err != nil {
				t.Fatal(err)
			}
		}
		var rows []report.Score
		for k := range want {
			want[k].Score = after[k]
			rows = append(rows, report.Score{Image: r.Images[want[k].Index].Name, Score: after[k]})
		}
		for k, rank := range report.Ranks(rows) {
			want[k].Rank = rank
		}
		if !slices.Equal(got.Images, want) {
			t.Errorf("%s: %+v, not %+v", name, got.Images, want)
		}
		if scale, err := report.BatchScale(summaries, 0); got.Scale != scale || err != nil {
			t.Errorf("%s: scale %v, not %v", name, got.Scale, scale)
		}
		if image := got.Image(5); image == nil || image.Index != 5 {
			t.Errorf("%s: image 5 is %v", name, image)
		}
		if image := got.Image(3); image != nil {
			t.Errorf("%s: image 3, which was not scored, is %v", name, image)
		}
		again, err := b.ReadMerged(context.Background(), b.folder, "draw")
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s: read again as %+v, not %+v, %v", name, again, got, err)
		}
	}
}

func TestMergingSumsUpWhatPartsSay(t *testing.T) {
	r := request(t, 40, 4)
	r.References = photos(3)
	b := scored(t, r, func(part *Part) {
		part.Host = fmt.Sprintf("node%d", part.Subset%2)
		part.MemoryPlan = "all in memory"
		part.Own = part.Subset
		part.Timings = []engine.Timing{{Step: engine.StepLoad, Seconds: 1},
			{Step: engine.StepMutual, Seconds: 2}}
		reference := About{Reference: true, Index: 2, Path: "r.png", Text: "it is empty"}
		first := part.Images[0].Index
		without(part, first)
		part.Skipped = []About{{Index: first, Path: "p.png", Text: "it is text"}, reference}
		second := part.Images[0].Index
		part.Warnings = []About{{Index: second, Text: fmt.Sprint("image ", second)},
			{Reference: true, Index: 0, Text: "rotated"}, {Index: -1, Text: "of none"}}
	})
	got := b.mustMerge(t)
	hosts := []report.Host{{Name: "node0", Subsets: 2}, {Name: "node1", Subsets: 2}}
	if !slices.Equal(got.Hosts, hosts) {
		t.Errorf("hosts %v", got.Hosts)
	}
	if len(got.Timings) != 4 || got.Timings[0].Seconds != 4 || got.Timings[1].Seconds != 8 ||
		got.Timings[2].Step != engine.StepNearest || !(got.Timings[2].Seconds > 0) ||
		got.Timings[3].Step != engine.StepRank {
		t.Errorf("timings %v", got.Timings)
	}
	if got.MemoryPlan != "all in memory" || got.Height != 2 || got.Width != 3 ||
		got.Model.Name != "tiny" || got.Provenance.Scorer != "cpu (avx2)" {
		t.Errorf("%+v", got)
	}
	if len(got.Skipped) != 5 || !got.Skipped[0].Reference || !slices.IsSortedFunc(got.Skipped[1:],
		func(a, b About) int { return a.Index - b.Index }) {
		t.Errorf("skipped %v", got.Skipped)
	}
	if len(got.Warnings) != 7 || !strings.HasPrefix(got.Warnings[0], "6 of 3 reference images") ||
		got.Warnings[1] != "of none" || got.Warnings[2] != "rotated" {
		t.Errorf("warnings %q", got.Warnings)
	}
	var images []int
	for _, warning := range got.Warnings[3:] {
		var index int
		fmt.Sscanf(warning, "image %d", &index)
		images = append(images, index)
	}
	if !slices.IsSorted(images) {
		t.Errorf("warnings of images %v", images)
	}
}
