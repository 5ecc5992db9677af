package serve

import (
	"context"
	"image"

	"musc/engine"
	"musc/engine/report"
)

// byBank inspects photos with the engine.
type byBank struct{ inspector *engine.Inspector }

// ByBank is what a server needs of an inspector of the engine. job is the one it was opened with.
func ByBank(inspector *engine.Inspector, job *engine.Config) (Loaded, error) {
	header := inspector.Bank().Header()
	product := Product{Bank: header.ID, Photos: len(header.Photos), Model: header.Model.Name,
		Thresholds: *inspector.Thresholds(), Decode: job.Decode}
	var err error
	product.Scale, err = scaleOf(header.Calibration.Scores, product.Thresholds.Threshold)
	return Loaded{byBank{inspector}, product, inspector.Close}, err
}

// scaleOf is the scale of all maps of a bank: what good photos reach at their hottest, by their scores of
// the calibration, has hardly a colour. The threshold is 0 if there is none.
func scaleOf(scores []float64, threshold float64) (report.Scale, error) {
	summaries := make([]report.Summary, len(scores))
	for i, score := range scores {
		summaries[i] = report.Summary{Shoulder: score, Peak: score}
	}
	if len(summaries) == 0 { // a bank of one photo has none, and no threshold unless one was given
		summaries = []report.Summary{{Shoulder: threshold, Peak: max(threshold, 1)}}
	}
	return report.BatchScale(summaries, threshold)
}

func (b byBank) Inspect(ctx context.Context, photo Photo) (*Inspection, error) {
	found, err := b.inspector.Inspect(ctx, engine.Photo{Name: photo.Name, Data: photo.Data})
	if err != nil {
		return nil, err
	}
	scores, rows, columns := found.Place.Cut(found.PatchScores, b.inspector.Height(), b.inspector.Width())
	area := found.Place.Photo(found.Width, found.Height)
	out := &Inspection{Score: found.ScoreBefore, Verdict: found.Verdict, Regions: found.Regions,
		Width: found.Width, Height: found.Height, Scores: make([]float32, len(scores)), Rows: rows,
		Columns: columns, Area: image.Rect(area.X, area.Y, area.X+area.Width, area.Y+area.Height),
		Warnings: found.Warnings, Seconds: map[string]float64{}}
	for p, score := range scores {
		out.Scores[p] = float32(score)
	}
	for _, timing := range found.Timings {
		out.Seconds[string(timing.Step)] += timing.Seconds
	}
	return out, nil
}
