package engine

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"testing"

	"musc/engine/dataset"
)

// grid is a map of scores that are 0 but for those that are named, by patch.
func grid(size int, named map[int]float64) []float64 {
	scores := make([]float64, size)
	for p, score := range named {
		scores[p] = score
	}
	return scores
}

func TestPeaks(t *testing.T) {
	for name, c := range map[string]struct {
		height, width int
		scores        []float64
		want          []int
	}{
		"one":                      {4, 7, grid(28, map[int]float64{9: 1}), []int{9}},
		"the highest first":        {3, 9, grid(27, map[int]float64{1: 2, 13: 3, 25: 2.5}), []int{13, 25, 1}},
		"three at most":            {1, 16, grid(16, map[int]float64{0: 2, 4: 3, 8: 4, 12: 5}), []int{12, 8, 4}},
		"neighbours are no peaks":  {1, 9, grid(9, map[int]float64{4: 3, 6: 2.9, 2: 2.9}), []int{4}},
		"three patches away are":   {1, 9, grid(9, map[int]float64{4: 3, 7: 2.9, 1: 2.9}), []int{4, 1, 7}},
		"half as high is enough":   {1, 9, grid(9, map[int]float64{1: 4, 6: 2}), []int{1, 6}},
		"less is not":              {1, 9, grid(9, map[int]float64{1: 4, 6: 1.9}), []int{1}},
		"above the median":         {1, 4, []float64{5, 3, 3, 4}, []int{0, 3}},
		"a plateau has one":        {1, 8, []float64{0, 1, 1, 1, 1, 1, 0, 0}, []int{1}},
		"a slope has one":          {1, 8, []float64{8, 7, 6, 5, 4, 3, 2, 1}, []int{0}},
		"all equal":                {2, 9, grid(18, nil), []int{0}},
		"one patch":                {1, 1, []float64{3}, []int{0}},
		"rows do not run together": {2, 5, grid(10, map[int]float64{4: 2, 5: 2}), []int{4, 5}},
	} {
		if got := peaks(c.scores, c.height, c.width); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestImagesThatStandOut(t *testing.T) {
	// The golden scores of the estimate, whose review level is .33551, and more.
	tail := []float64{.30, .31, .29, .32, .305, .295, .315, .30, .325, .45, .50, .42}
	for name, c := range map[string]struct {
		scores []float64
		most   int
		want   []int
	}{
		"those above the review level": {slices.Concat(tail, []float64{.46}), 9, []int{10, 12, 9, 11}},
		"as many as asked for":         {slices.Concat(tail, []float64{.46}), 2, []int{10, 12}},
		"three if fewer stand out":     {tail[:10], 9, []int{9, 8, 3}},
		"three of too few for a level": {[]float64{1, 9, 1, 1, 9, 9, 9, 9}, 9, []int{1, 4, 5}},
		"both of two":                  {[]float64{1, 2}, 9, []int{1, 0}},
		"the only one":                 {[]float64{1}, 9, []int{0}},
		"of equal ones the first":      {slices.Repeat([]float64{1}, 12), 9, []int{0, 1, 2}},
	} {
		result := &Result{Images: make([]Image, len(c.scores))}
		for i, score := range c.scores {
			result.Images[i].ScoreBefore = score
		}
		if got, err := standOut(result, upTo(len(c.scores)), c.most); err != nil ||
			!slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
}

// explained checks that every piece of evidence adds up to the patch score of the image it names.
func explained(t *testing.T, result *Result) {
	t.Helper()
	if len(result.Evidence) == 0 {
		t.Fatal("no evidence")
	}
	for _, e := range result.Evidence {
		score := 0.0
		for _, stage := range e.Stages {
			score += stage.Score / float64(len(e.Stages))
			for _, match := range stage.Nearest {
				if !match.Reference && (match.Image == e.Image || match.Image >= len(result.Images) ||
					result.Images[match.Image].Subset != result.Images[e.Image].Subset) {
					t.Errorf("image %d is near image %d", e.Image, match.Image)
				}
			}
		}
		image := result.Images[e.Image]
		if e.Score != image.PatchScores[e.Patch] || !(math.Abs(score-e.Score) < 1e-5) {
			t.Errorf("%s, patch %d: stages give %v, evidence says %v, mutual scoring %v", image.Name, e.Patch,
				score, e.Score, image.PatchScores[e.Patch])
		}
		if e.Typical >= 0 && e.Normal != result.Images[e.Typical].PatchScores[e.Patch] {
			t.Errorf("%s: image %d is not typical", image.Name, e.Typical)
		}
	}
	if _, err := json.Marshal(result.Evidence); err != nil {
		t.Error(err)
	}
}

func TestEvidenceOfAJob(t *testing.T) {
	job := newJob(t)
	job.Images, job.Explain = job.Images[:14], 5
	plain := job
	plain.Explain = 0
	want := score(t, plain)
	if want.Evidence != nil {
		t.Error("evidence that was not asked for")
	}
	result := score(t, job)
	if !reflect.DeepEqual(result.Images, want.Images) {
		t.Error("with evidence images have other scores")
	}
	explained(t, result)
	top := slices.IndexFunc(result.Images, func(i Image) bool {
		return i.ScoreBefore == mostAnomalous(result)
	})
	if e := result.Evidence[0]; e.Image != top || e.Score != slices.Max(result.Images[top].PatchScores) {
		t.Errorf("the first evidence is of image %d, patch %d", e.Image, e.Patch)
	}
	if !slices.ContainsFunc(result.Timings, func(t Timing) bool { return t.Step == StepEvidence }) {
		t.Errorf("its time is not told: %v", result.Timings)
	}
	job.Memory, job.Threads = 1, 1
	if spilled := score(t, job); !reflect.DeepEqual(spilled.Evidence, result.Evidence) {
		t.Error("with the least memory there is other evidence")
	}
}

func mostAnomalous(result *Result) (most float64) {
	for _, image := range result.Images {
		most = max(most, image.ScoreBefore)
	}
	return most
}

func TestEvidenceOfOtherJobs(t *testing.T) {
	job := newJob(t)
	job.Explain = 2
	images := job.Images
	for name, change := range map[string]func(*Config){
		"subsets, in one of which an image is alone": func(job *Config) {
			broken := dataset.Item{Path: brokenFile(t), Name: "broken"}
			job.Images = append([]dataset.Item{broken}, images[:5]...)
			job.Scoring.Subsets = 3
		},
		"one image and references": func(job *Config) {
			job.Images, job.References = images[:1], images[1:4]
		},
		"references that are images": func(job *Config) {
			job.Images, job.References = images[:5], images[3:7]
		},
		"all references are images": func(job *Config) {
			job.Images, job.References = images[:5], images[:3]
		},
		"references only, that are images": func(job *Config) {
			job.Images, job.References = images[:5], images[3:7]
			job.Scoring.ReferencesOnly = true
		},
	} {
		t.Run(name, func(t *testing.T) {
			other := job
			change(&other)
			result := score(t, other)
			if explained(t, result); other.Scoring.Subsets > 1 && len(result.Images) != 4 {
				t.Errorf("%d images were scored: none was alone", len(result.Images))
			}
		})
	}
}
