package tasks

import (
	"fmt"
	"path/filepath"
	"time"

	"musc/engine"
	"musc/engine/report"
	"musc/engine/report/page"
)

// parameters describe a run for people.
func (p *Plan) parameters(run *report.Run) (list []page.Parameter) {
	add := func(name, format string, values ...any) {
		if value := fmt.Sprintf(format, values...); value != "" {
			list = append(list, page.Parameter{Name: name, Value: value})
		}
	}
	of := p.Scoring
	add("started", "%s", run.Started.Format(time.RFC3339))
	add("photos", "%d scored of %d, %d left out", run.Counts.Scored, run.Counts.Listed, run.Counts.Skipped)
	if run.Counts.References > 0 {
		add("reference images", "%d", run.Counts.References)
	}
	add("model", "%s at %d pixels, %d x %d patches", filepath.Base(run.Model.Name), run.Model.ImageSize,
		run.Model.GridHeight, run.Model.GridWidth)
	add("preset", "%s's", p.Preset)
	add("stages", "%s", numbers(of.Stages))
	add("degrees", "%s", numbers(of.Degrees))
	add("interval", "%v to %v, %s", of.Interval.Low, of.Interval.High, of.Average)
	add("RsCIN windows", "%s", numbers(of.Windows))
	add("subsets", "%d", of.Subsets)
	add("threshold", "%s", p.Threshold)
	add("backbone", "ONNX Runtime %s, %s", run.Runtime.Version, run.Runtime.Provider)
	add("mutual scoring", "%s", run.Machine.Scorer)
	add("decoders", "%s", run.Decoders.Names)
	for _, timing := range run.Timings {
		seconds := time.Duration(timing.Seconds * float64(time.Second))
		add("time: "+timing.Step, "%s", engine.FormatDuration(seconds))
	}
	return list
}
