package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/mutual"
)

func TestWhatIsDoneAboutSharedDefects(t *testing.T) {
	items := make([]dataset.Item, 9)
	for _, c := range []struct {
		shared         string
		referencesOnly bool
		sense          bool
	}{
		{"", false, true}, {"warn", false, true}, {"exclude", false, true}, {"trust", false, true},
		{"", true, true}, {"warn", true, true}, {"exclude", true, false}, {"trust", true, false},
		{"Warn", false, false}, {"off", false, false}, {" ", false, false},
	} {
		job := Config{Images: items, References: items[:1], Scoring: Defaults()}
		job.Scoring.Shared, job.Scoring.ReferencesOnly = c.shared, c.referencesOnly
		err := job.Check()
		if (err == nil) != c.sense || err != nil && fault.KindOf(err) != fault.Usage {
			t.Errorf("%q, references only %v: %v", c.shared, c.referencesOnly, err)
		}
	}
}

// batchOf is a batch of so many photos of 3 x 3 patches, of a scattered look. The first ones share a
// defect at patch 4, the image after them has one of its own there.
func batchOf(t *testing.T, images, sharing int, shared string) (*Batch, *Config, scoredSet, *listener) {
	t.Helper()
	shape := features.Shape{Stages: 2, Images: images, Height: 3, Width: 3, Channels: 16}
	store := features.NewMemory(shape)
	t.Cleanup(func() { store.Close() })
	random := rand.New(rand.NewPCG(1, 2))
	for stage := range shape.Stages {
		look, defects := make([]float64, 9*16), [2][16]float64{}
		for k := range look {
			look[k] = random.NormFloat64()
		}
		for k := range 16 {
			defects[0][k], defects[1][k] = 3*random.NormFloat64(), 3*random.NormFloat64()
		}
		for image := range images {
			tokens := store.Tokens(stage, image)
			for k := range tokens {
				x := look[k]
				if k/16 == 4 && image <= sharing {
					x = defects[image/max(sharing, 1)][k%16]
				}
				tokens[k] = float32(x + 0.2*random.NormFloat64())
			}
		}
	}
	heard := &listener{}
	job := &Config{Memory: 1 << 40, Threads: 2, Scoring: Defaults(), scorer: mutual.CPU{Threads: 2}}
	job.Scoring.Shared, job.Scoring.MapSize = shared, 6
	job.Scoring.Stages, job.Scoring.Degrees = []int{2, 3}, []int{1}
	p := &Pipeline{job: *job, observer: heard, largest: images}
	return &Batch{pipeline: p}, job, scoredSet{images: grids{store}, own: make([][]int, images)}, heard
}

// scoreTogether scores all images of a batch as one subset.
func scoreTogether(t *testing.T, b *Batch, job *Config, set scoredSet) (*Result, error) {
	t.Helper()
	n := set.images[0].Shape().Images
	result := &Result{Images: make([]Image, n), Height: 3, Width: 3, Model: backbone.Info{GridHeight: 3, GridWidth: 3}}
	result.clock = &clock{observer: b.pipeline.observer}
	err := b.scorePatches(t.Context(), job, set, [][]int{upTo(n)}, result.clock, result)
	return result, err
}

// sharedScores scores a batch of 20 images, of which the first four share a defect.
func sharedScores(t *testing.T, shared string) (result *Result, notes []string) {
	t.Helper()
	b, job, set, heard := batchOf(t, 20, 4, shared)
	result, err := scoreTogether(t, b, job, set)
	if err != nil {
		t.Fatal(err)
	}
	return result, heard.notes
}

// told says whether there is a note that begins so.
func told(notes []string, beginning string) bool {
	return slices.ContainsFunc(notes, func(note string) bool { return strings.HasPrefix(note, beginning) })
}

func TestPartnersAreFoundAtNoChangeOfAScore(t *testing.T) {
	off, _ := sharedScores(t, SharedOff)
	if off.Partners != nil {
		t.Errorf("partners that nobody asked for: %v", off.Partners)
	}
	warned, _ := sharedScores(t, SharedWarn)
	for i := range off.Images {
		if !slices.Equal(off.Images[i].PatchScores, warned.Images[i].PatchScores) {
			t.Errorf("image %d has other scores", i)
		}
		var want []int
		if i < 4 {
			want = slices.DeleteFunc(upTo(4), func(j int) bool { return j == i })
		}
		if got := warned.Partners[i]; got == nil || !slices.Equal(got, want) {
			t.Errorf("image %d has partners %v, want %v", i, got, want)
		}
	}
}

// Without its partners, and scored by the less anomalous half, an image shows the defect as the one does
// that shares its own with nobody.
func TestSharedDefectsAreScoredLikeOthers(t *testing.T) {
	const defect, alone = 4, 4 // patch, image
	warned, _ := sharedScores(t, SharedWarn)
	for shared, note := range map[string]string{
		SharedExclude: "--shared exclude: 4 of 20 photos seem to share a defect with others, and are " +
			"scored without these",
		SharedTrust: "--shared trust: 20 photos are scored by the 10 least anomalous of them",
	} {
		got, notes := sharedScores(t, shared)
		if !told(notes, note) {
			t.Errorf("%s: notes %q", shared, notes)
		}
		unique := got.Images[alone].PatchScores[defect]
		for i := range 4 {
			hidden := warned.Images[i].PatchScores[defect]
			if shown := got.Images[i].PatchScores[defect]; shown < 0.7*unique || hidden > 0.4*unique {
				t.Errorf("%s: the defect of image %d has %v, %v when it is shared, and that of another %v",
					shared, i, shown, hidden, unique)
			}
		}
		for i := 4; i < 20 && shared == SharedExclude; i++ {
			if !slices.Equal(got.Images[i].PatchScores, warned.Images[i].PatchScores) {
				t.Errorf("image %d has no partner, and other scores", i)
			}
		}
		timed := slices.ContainsFunc(got.clock.timings, func(t Timing) bool { return t.Step == StepShared })
		if !timed {
			t.Errorf("%s: timings %v", shared, got.clock.timings)
		}
	}
}

// Whoever did not score an image is no evidence for its score.
func TestEvidenceOfSharedDefects(t *testing.T) {
	for _, shared := range []string{SharedWarn, SharedExclude, SharedTrust} {
		b, job, set, _ := batchOf(t, 20, 4, shared)
		result, err := scoreTogether(t, b, job, set)
		if err != nil {
			t.Fatal(err)
		}
		for i := range result.Images {
			result.Images[i].ScoreBefore = slices.Max(result.Images[i].PatchScores)
		}
		job.Explain = 20
		subsets := [][]int{upTo(20)}
		err = b.explain(t.Context(), job, set, subsets, subsets[0], result.clock, result)
		if err != nil || len(result.Evidence) == 0 {
			t.Fatalf("%s: %d pieces of evidence, error %v", shared, len(result.Evidence), err)
		}
		for _, of := range result.Evidence {
			mean := (of.Stages[0].Score + of.Stages[1].Score) / 2
			if math.Abs(mean-of.Score) > 1e-4 {
				t.Errorf("%s: patch %d of image %d scores %v, its evidence %v", shared, of.Patch, of.Image,
					of.Score, mean)
			}
		}
	}
}

func TestNothingIsShared(t *testing.T) {
	b, job, set, heard := batchOf(t, 20, 0, SharedExclude)
	got, err := scoreTogether(t, b, job, set)
	if err != nil || !told(heard.notes, "--shared exclude: no photos seem to share a defect") {
		t.Errorf("notes %q, error %v", heard.notes, err)
	}
	for i, of := range got.Partners {
		if of == nil || len(of) > 0 {
			t.Errorf("image %d has partners %v", i, of)
		}
	}
}

func TestFewImagesShareNothing(t *testing.T) {
	for shared, note := range map[string]string{SharedWarn: "", SharedExclude: "--shared exclude needs 8 " +
		"photos that score each other: 7 are scored as they are", SharedTrust: "--shared trust needs 8"} {
		b, job, set, heard := batchOf(t, 7, 3, shared)
		got, err := scoreTogether(t, b, job, set)
		if err != nil || got.Partners != nil || note != "" && !told(heard.notes, note) {
			t.Errorf("%s: partners %v, notes %q, error %v", shared, got.Partners, heard.notes, err)
		}
	}
}

// A warning does without what memory does not allow, and says so once; what was asked for fails.
func TestDistancesOfPairsThatDoNotFit(t *testing.T) {
	b, job, set, heard := batchOf(t, 20, 4, SharedWarn)
	job.Memory = 1
	const why = "the distances between 20 photos take 19.2 kB, which is too much beside the rest within " +
		"the memory bound of 1 B; --memory "
	for range 2 {
		got, err := scoreTogether(t, b, job, set)
		if err != nil || got.Partners != nil {
			t.Errorf("partners %v, error %v", got.Partners, err)
		}
	}
	if !told(heard.notes, "defects that photos share are not looked for: "+why) || len(heard.notes) != 2 {
		t.Errorf("notes %q", heard.notes) // the other is the plan
	}
	job.Scoring.Shared = SharedExclude
	_, err := scoreTogether(t, b, job, set)
	if fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), "--shared exclude: "+why) {
		t.Errorf("exclude: %v", err)
	}
	job.Scoring.Shared = SharedTrust // needs no distances of pairs
	if got, err := scoreTogether(t, b, job, set); err != nil || got.Partners != nil {
		t.Errorf("trust: partners %v, error %v", got.Partners, err)
	}
}

// What the message proposes is enough, and little less is not.
func TestMemoryThatIsProposedForPairs(t *testing.T) {
	sizes := mutual.Sizes{Shape: features.Shape{Stages: 4, Images: 500, Height: 16, Width: 16,
		Channels: 384}, Largest: 500, Degrees: []int{1, 3, 5}, Threads: 2}
	all := sizes
	all.Pairs = true
	enough := mutual.NewPlan(1<<50, all).EstimatedBytes
	const others = 100 << 20 // that the process holds
	for _, c := range []struct {
		memory int64
		want   string
	}{
		{300 << 20, "M is enough, or --subset-size "}, {101 << 20, "M is enough"},
	} {
		text := noRoomForPairs(&Config{Memory: c.memory, Scoring: Scoring{Shared: SharedWarn}},
			c.memory-others, sizes)
		if !strings.Contains(text, c.want) {
			t.Errorf("%d bytes: %q does not say %q", c.memory, text, c.want)
		}
		var proposed int64
		_, after, _ := strings.Cut(text, "--memory ")
		if _, err := fmt.Sscanf(after, "%dM", &proposed); err != nil {
			t.Fatal(text, err)
		}
		if over := proposed<<20 - others - enough; over < 0 || over > 1<<20 {
			t.Errorf("%d bytes: %q is %d bytes more than is needed", c.memory, text, over)
		}
	}
	if _, ok := planPairs(enough, sizes, false); !ok {
		t.Errorf("%d bytes are not enough", enough)
	}
	if _, ok := planPairs(mutual.NewPlan(enough, sizes).LeastBytes, sizes, true); ok {
		t.Error("the least memory without pairs is enough for them")
	}
}

func TestAGPULooksForNoSharedDefects(t *testing.T) {
	b, job, set, heard := batchOf(t, 20, 4, SharedWarn)
	job.scorer = mutual.CUDA{}
	plan, pairs, err := b.pipeline.planFor(job, set.images[0], 20)
	if err != nil || pairs || !told(heard.notes, "defects that photos share are not looked for: that is "+
		"not done on a GPU") {
		t.Errorf("%v, pairs %v, notes %q, error %v", plan, pairs, heard.notes, err)
	}
	for _, shared := range []string{SharedExclude, SharedTrust} {
		job.Scoring.Shared = shared
		if _, _, err := b.pipeline.planFor(job, set.images[0], 20); fault.KindOf(err) != fault.Usage {
			t.Errorf("%s: %v", shared, err)
		}
	}
}

func TestPartnersAreExcludedUnlessTooFewAreLeft(t *testing.T) {
	partners := [][]int{{1, 2}, {0}, {0}, {}, {5, 6, 7}, {4}, {4}, {4}}
	exclude, scored, kept := excluded(partners, 3)
	wantScored := []bool{true, true, true, false, false, true, true, true} // 1 of 3 is left, or none
	if !slices.Equal(scored, wantScored) || kept != 1 || exclude[4] != nil || exclude[3] != nil ||
		!slices.Equal(exclude[0], []int{1, 2}) {
		t.Errorf("excluded %v, scored %v, kept %d", exclude, scored, kept)
	}
	if _, scored, _ = excluded([][]int{{1, 2, 3}}, 4); !scored[0] {
		t.Error("a quarter is left, and not enough")
	}
	if _, scored, kept = excluded([][]int{{1, 2, 3, 4}}, 5); scored[0] || kept != 1 {
		t.Error("less than a quarter is left, and enough")
	}
}

func TestTheMoreAnomalousHalf(t *testing.T) {
	for _, c := range []struct{ scores, want []float64 }{
		{[]float64{5, 1, 4, 2}, []float64{0, 2}},
		{[]float64{5, 1, 4, 2, 3}, []float64{0, 2}},
		{[]float64{1, 1, 1, 1}, []float64{2, 3}},
		{[]float64{1}, nil},
	} {
		got := moreAnomalous(c.scores)
		if len(got) != len(c.want) {
			t.Fatalf("%v: %v", c.scores, got)
		}
		for k := range got {
			if float64(got[k]) != c.want[k] {
				t.Errorf("%v: %v, want %v", c.scores, got, c.want)
			}
		}
	}
}

// Images that cannot be scored leave the numbers of the others' partners what they are.
func TestPartnersOfSubsets(t *testing.T) {
	result := &Result{Images: make([]Image, 6)}
	for i := range result.Images {
		if i != 1 { // alone in its subset
			result.Images[i].PatchScores = []float64{float64(i)}
		}
	}
	result.takePartners([]int{4, 0, 3}, compared{})
	if result.Partners != nil {
		t.Errorf("unknown partners are %v", result.Partners)
	}
	result.takePartners([]int{5, 0, 2}, compared{[][]int{{1, 2}, {0}, {}}, []float64{5, 1, 0}})
	scored := result.dropUnscored()
	want := [][]int{{4}, {}, nil, nil, {0, 1}} // of the images 0, 2, 3, 4, 5
	if len(result.Images) != 5 || !slices.Equal(scored, []int{0, 2, 3, 4, 5}) || !slices.EqualFunc(result.Partners, want, slices.Equal) ||
		result.Partners[1] == nil || result.Partners[2] != nil {
		t.Errorf("%d images, partners %v, want %v", len(result.Images), result.Partners, want)
	}
	if !slices.Equal(result.Rises, []float64{1, 0, 0, 0, 5}) {
		t.Errorf("rises %v", result.Rises)
	}
}

// A defect that four of twelve images share at one patch hides a distance of 0.70 behind one of 0.35.
func TestScoresRiseWithoutPartners(t *testing.T) {
	const images, patches = 12, 4
	problem := &mutual.Problem{Interval: mutual.Interval{High: 0.3}, Images: features.NewMemory(
		features.Shape{Stages: 1, Images: images, Height: 2, Width: 2, Channels: 1})}
	defer problem.Images.Close()
	partners := make([][]int, images)
	for i := range images {
		for p := range patches {
			for j := range images {
				distance := .30 + .002*float64((3*i+5*p+7*j)%11)
				if i < 4 && p == 2 {
					distance = .70
					if j < 4 {
						distance = .35
					}
				}
				problem.Pairs = append(problem.Pairs, float32(distance))
			}
			if i < 4 {
				partners[i] = slices.DeleteFunc([]int{0, 1, 2, 3}, func(j int) bool { return j == i })
			}
		}
	}
	partners[5] = slices.DeleteFunc(upTo(images), func(j int) bool { return j == 5 }) // all others
	for i, rise := range rises(problem, partners) {
		want := 0.0
		if i < 4 {
			want = .35
		}
		if math.Abs(rise-want) > 1e-6 {
			t.Errorf("image %d: %v, want %v", i, rise, want)
		}
	}
}

// Looking for shared defects leaves every score of a whole job what it is.
func TestWarningOfSharedDefectsChangesNoScore(t *testing.T) {
	job := newJob(t)
	job.Images = job.Images[:9]
	want := patchScores(score(t, job))
	job.Scoring.Shared = SharedWarn
	result := score(t, job)
	if !slices.Equal(patchScores(result), want) || len(result.Partners) != 9 {
		t.Errorf("other scores, or partners %v", result.Partners)
	}
	job.Scoring.Shared, job.Memory = SharedExclude, 1
	if _, err := Score(t.Context(), job, Silent{}); fault.KindOf(err) != fault.Usage {
		t.Errorf("without memory: %v", err)
	}
}
