package tasks

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"musc/engine"
	"musc/engine/atomicfile"
	"musc/engine/dataset"
	"musc/engine/frame"
	"musc/engine/report"
	"musc/engine/results"
)

// Finish does what is left once all subsets are scored and the nearest images are known: it merges,
// draws what no task has drawn, and puts the results in place, scores.csv last. The result has no
// patch scores and no class tokens.
func (w *Worker) Finish(ctx context.Context, folder *results.Folder, options engine.SaveOptions) (
	*engine.Result, error) {

	merged, err := w.Merge(ctx)
	if err != nil {
		return nil, err
	}
	d, err := w.drawer(ctx, merged)
	if err != nil {
		return nil, err
	}
	if err := d.all(ctx); err != nil {
		return nil, err
	}
	result, err := d.result()
	if err != nil {
		return nil, err
	}
	if err := d.overview(ctx); err != nil {
		return nil, err
	}
	fresh := d.draws.Folder
	if err := d.defects(); err != nil {
		return nil, err
	}
	if err := writeScores(filepath.Join(fresh, results.ScoresFile), result); err != nil {
		return nil, err
	}
	run, err := d.write(result, options)
	if err != nil {
		return nil, err
	}
	if err := d.page(result, run); err != nil {
		return nil, err
	}
	if err := removeLeftovers(fresh); err != nil {
		return nil, err
	}
	if err := folder.Replace(fresh); err != nil {
		return nil, err
	}
	return result, os.RemoveAll(fresh) // what an interrupted writing left there
}

// writeScores writes images that are ranked already.
func writeScores(path string, result *engine.Result) error {
	return report.StreamScores(path, &result.Thresholds, func(write func(row report.Score, rank int) error) error {
		for _, image := range result.Images {
			row := report.Score{Image: image.Name, Score: image.Score, ScoreBefore: image.ScoreBefore,
				Subset: image.Subset}
			if err := write(row, image.Rank); err != nil {
				return err
			}
		}
		return nil
	})
}

// removeLeftovers removes the temporary files of killed tasks from a folder and those in it.
func removeLeftovers(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			atomicfile.RemoveLeftovers(path)
		}
		return err
	})
}

// all draws what is not drawn yet, and tells what the tasks that drew noted.
func (d *drawer) all(ctx context.Context) error {
	var todo []int
	for task := range d.Plan.Tasks(PhaseDraw) {
		found, err := d.readDrawn(task)
		if err != nil {
			todo = append(todo, task)
			continue
		}
		for _, about := range found.Notes {
			d.Observer.Note(about.Text)
		}
	}
	return d.tasks(ctx, todo)
}

// overview draws the most and the least anomalous images, if pictures are asked for.
func (d *drawer) overview(ctx context.Context) error {
	if !d.Plan.Overlays {
		return nil
	}
	ranks := make([]int, len(d.merged.Images))
	for i, image := range d.merged.Images {
		ranks[i] = image.Rank
	}
	most, least := report.SelectOverview(ranks, report.OverviewMost, report.OverviewLeast)
	pick := func(list []int) (picked []*engine.Image, err error) {
		for _, i := range list {
			of := &d.merged.Images[i]
			images, err := d.images(of.Subset, func(other *MergedImage) bool { return other == of })
			if err != nil {
				return nil, err
			}
			picked = append(picked, &images[0].Image)
		}
		return picked, nil
	}
	top, err := pick(most)
	if err != nil {
		return err
	}
	bottom, err := pick(least)
	if err != nil {
		return err
	}
	if err := d.draws.Overview(ctx, top, bottom); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(d.draws.Folder, results.OverviewFile)); err != nil {
		d.Observer.Note("no " + results.OverviewFile + ": none of its photos can be read here")
	}
	return nil
}

// result gathers what all tasks found out, without patch scores and class tokens.
func (d *drawer) result() (*engine.Result, error) {
	merged := d.merged
	result := &engine.Result{Skipped: slices.Clone(d.Plan.Skipped), Height: merged.Height,
		Width: merged.Width, Scorer: merged.Provenance.Scorer, Plan: merged.MemoryPlan,
		Depth: d.draws.Decode.Depth, Model: merged.Model, Timings: merged.Timings,
		Thresholds: merged.Thresholds, Findings: merged.Findings}
	result.Warnings = slices.Concat(d.Plan.Notes, d.scaled, merged.Warnings)
	if d.Plan.Export != "" && !merged.Thresholds.Known() {
		note := "nothing is exported, as there are no verdicts: " + merged.Thresholds.Why
		result.Warnings = append(result.Warnings, note)
		d.Observer.Note(note)
	}
	for _, about := range merged.Skipped {
		result.Skipped = append(result.Skipped, dataset.Skipped{Path: about.Path, Reason: about.Text})
	}
	var notes []About
	drawing := engine.Timing{Step: engine.StepReport}
	for task := range d.Plan.Tasks(PhaseDraw) {
		found, err := d.record(task)
		if err != nil {
			return nil, err
		}
		notes = append(notes, found.Notes...)
		drawing.Seconds += found.Seconds
	}
	result.Timings = append(slices.Clip(result.Timings), drawing)
	slices.SortStableFunc(notes, func(a, b About) int { return cmp.Compare(a.Index, b.Index) })
	for _, about := range notes {
		result.Warnings = append(result.Warnings, about.Text)
	}
	result.Images = make([]engine.Image, len(merged.Images))
	for i, image := range merged.Images {
		result.Images[i] = engine.Image{Item: d.photos.Images[image.Index], Width: image.Width,
			Height: image.Height, ScoreBefore: image.Before, Score: image.Score, Rank: image.Rank,
			Subset: image.Subset}
	}
	return result, nil
}

// write writes run.json and what it refers to.
func (d *drawer) write(result *engine.Result, options engine.SaveOptions) (run report.Run, err error) {
	shortened := report.Shortenings(d.names(), d.files)
	run = engine.NewRun(d.merged.Provenance, options)
	run.Plan = d.Plan.ID
	run.Preset = d.Plan.Preset
	d.Plan.frameOf(&run)
	run.Scoring, run.Scale, run.Depth = d.Plan.Scoring, d.merged.Scale, result.Depth
	run.Counts = report.Counts{Listed: d.Plan.Images.Count, Scored: len(result.Images),
		Skipped: len(result.Skipped), References: d.Plan.References.Count}
	run.Machine.Threads, run.Machine.MemoryBound = d.draws.Threads, d.draws.Memory
	run.Machine.Plan = result.Plan
	run.Warnings, run.Shortened = result.Warnings, shortened
	run.Timings, run.Skipped = engine.Timed(result.Timings), engine.Left(result.Skipped)
	run.Hosts, run.Rotate = d.merged.Hosts, d.Plan.Rotate
	run.Verdicts, run.Findings = verdictsOf(result), findingsOf(result)
	if note := engine.ShortenedNote(len(shortened)); note != "" {
		d.Observer.Note(note)
	}
	if run.Repeat, err = d.repeat(); err != nil {
		return run, err
	}
	return run, report.WriteRun(filepath.Join(d.draws.Folder, results.RunFile), run)
}

// frameOf fills in how photos were framed and what they were scored by.
func (p *Plan) frameOf(run *report.Run) {
	if p.Frame != (frame.Options{}) {
		run.Frame = p.Frame
	}
	if p.ROI != nil {
		run.ROI = p.ROI
	}
	if p.Bank != nil {
		run.Bank = p.Bank
	}
}

// MayOverwrite says that a run that goes on may replace the results in the output folder: so it was told
// when it began, or they are its own, or not whole, since it was stopped while they took their place.
func (p *Plan) MayOverwrite(f Folder) bool {
	if slices.Contains(p.Command, "--overwrite") || slices.Contains(p.Command, "-overwrite") {
		return true
	}
	if _, err := os.Stat(filepath.Join(f.Output, results.ScoresFile)); err != nil {
		return results.Recognise(f.Output) == results.Scored
	}
	return p.InPlace(f)
}

// InPlace says whether the results in the output folder are the plan's, and whole.
func (p *Plan) InPlace(f Folder) bool {
	if _, err := os.Stat(filepath.Join(f.Output, results.ScoresFile)); err != nil {
		return false
	}
	var run struct {
		Plan string `json:"plan_id"`
	}
	return loadJSON(filepath.Join(f.Output, results.RunFile), &run) == nil && run.Plan == p.ID
}
