package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"musc/engine"
	"musc/engine/npy"
)

func TestStepsOfARun(t *testing.T) {
	taken, total := stepsOf([]engine.Timing{{Step: engine.StepLoad, Seconds: 1},
		{Step: engine.StepDepth, Seconds: 2}, {Step: engine.StepBackbone, Seconds: 4},
		{Step: engine.StepMutual, Seconds: 8}, {Step: engine.StepImage, Seconds: 16}})
	if !slices.Equal(taken, []float64{1, 6, 24}) || total != 31 {
		t.Errorf("%v, %v", taken, total)
	}
}

// Steps are paired with the samples that are kept: without the round that warms up, where there are more.
func TestStepsArePairedWithTheirRuns(t *testing.T) {
	runs := [][]float64{{9, 9, 9}, {1, 2, 3}, {4, 5, 6}}
	row := Row{Cases: []Case{{Name: caseMusc, Samples: []float64{6, 15}}}}
	row.addSteps(caseMusc, runs)
	row.addSteps(caseWhole, runs) // was left out
	if got := row.find(stepCase(caseMusc, "scoring")); len(row.Cases) != 4 ||
		!slices.Equal(got.Samples, []float64{3, 6}) {
		t.Errorf("%+v", row.Cases)
	}
	cold := Row{Cold: true, Cases: []Case{{Name: caseMusc, Samples: []float64{27}}}}
	cold.addSteps(caseMusc, runs[:2])
	if got := cold.find(stepCase(caseMusc, "load model")); !slices.Equal(got.Samples, []float64{9}) {
		t.Errorf("%+v", cold.Cases)
	}
}

func TestImagesAreComparedByScoreAndOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scores.npy")
	if err := npy.Write(path, []int{2, 3}, []float32{0.25, 0.5, 0.75, 1, 0, 0.5}); err != nil {
		t.Fatal(err)
	}
	got, err := compareImages(path, []engine.Image{{ScoreBefore: 0.25, Score: 0}, {ScoreBefore: 0.5, Score: 1},
		{ScoreBefore: 1, Score: 0.5}})
	if err != nil || got.Largest != 0.25 || *got.Swapped != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := compareImages(path, make([]engine.Image, 4)); err == nil {
		t.Error("four photos have no three scores")
	}
}

// The way from photos to scores beside peers that the test binary plays.
func TestWholeRunBesidePeers(t *testing.T) {
	if os.Getenv("MUSC_ONNXRUNTIME") == "" {
		t.Skip("MUSC_ONNXRUNTIME is not set: no model runs")
	}
	p := tiny()
	p.photos, p.whole = somePhotos(t, 2), limits{least: 1, most: 1}
	b := &bench{plan: p, begun: time.Now(), result: newResult(true), scratch: t.TempDir(),
		server: fakePeers(t, "well"), say: t.Logf}
	if err := b.runAll(t.Context(), b.wholeTasks()); err != nil {
		t.Fatal(err)
	}
	rows := b.result.in(groupWhole)
	if len(rows) != 1 || len(rows[0].Cases) != 2*(1+len(wholeSteps)) {
		t.Fatalf("%+v, %q", rows, b.result.Notes)
	}
	if c := rows[0].find(stepCase(caseWhole, "scoring")); c == nil || c.Samples[0] != 0.0625 {
		t.Errorf("%+v", rows[0].Cases)
	}
	if len(b.result.Agreements) != 1 || !b.result.differs(&rows[0], caseWhole) {
		t.Errorf("scores of 0.5 are none of ours: %+v", b.result.Agreements)
	}
}

// answerWhole is what the fake peers say of photos: a score of 0.5 for all of them.
func answerWhole(ask request) string {
	scores := make([]float32, 2*len(ask.Whole.Photos))
	for k := range scores {
		scores[k] = 0.5
	}
	if ask.Scores != "" {
		if err := npy.Write(ask.Scores, []int{2, len(ask.Whole.Photos)}, scores); err != nil {
			return fmt.Sprintf(`{"error": %q}`, err)
		}
	}
	return `{"seconds": 0.125, "steps": [0.03125, 0.03125, 0.0625]}`
}
