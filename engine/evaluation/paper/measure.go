package paper

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/evaluation"
	"musc/engine/evaluation/labelled"
	"musc/engine/report"
)

// unit is one setting that is to be measured on one class.
type unit struct {
	setting
	scoring engine.Scoring
	folder  *evaluation.Folder
}

// measure measures one class under all settings of a group.
func (job *Job) measure(ctx context.Context, e *Experiment, layout labelled.Layout,
	class *labelled.Class, group group, model string, m *Measured) error {
	identity, err := engine.Identify(model)
	if err != nil {
		return err
	}
	keep := func(s setting, result *evaluation.Result) {
		m.Results[layout][s.row] = append(m.Results[layout][s.row], result)
	}
	var todo []unit
	for _, s := range group.settings {
		u := unit{setting: s, scoring: engine.Defaults()}
		u.scoring.Windows, u.scoring.DealByLabel = evaluation.Windows(layout), true
		u.scoring.MapSize = job.Engine.Scoring.MapSize
		if s.change != nil {
			s.change(&u.scoring, len(class.Test))
		}
		u.folder = &evaluation.Folder{
			Path: filepath.Join(job.Folder, slug(string(layout)), slug(group.model), slug(s.row)),
			Settings: map[string]any{"scoring": u.scoring, "references": s.references,
				"model": report.Sums(identity), "seed": job.Seed},
			Inputs: func(class *labelled.Class) ([]string, error) {
				return evaluation.ReferenceFiles(class, min(s.references, len(class.Normal)), job.Seed)
			},
			Overwrite: job.Overwrite, Contents: &job.contents,
		}
		result, err := u.folder.Load(class)
		if err != nil {
			return err
		}
		if result != nil {
			keep(s, result)
		} else {
			todo = append(todo, u)
		}
	}
	if len(todo) == 0 {
		job.Observer.Note(fmt.Sprintf("%s, %s, %s: finished by an earlier run", layout, group.model,
			class.Name))
		return nil
	}
	job.Observer.Note(fmt.Sprintf("%s, %s, %s: %d images under %d settings", layout, group.model,
		class.Name, len(class.Test), len(todo)))
	return job.score(ctx, e, class, model, todo, keep)
}

// score runs the backbone over a class and scores it under every setting.
func (job *Job) score(ctx context.Context, e *Experiment, class *labelled.Class, model string,
	todo []unit, keep func(setting, *evaluation.Result)) error {
	config := job.Engine
	config.Model, config.Images, config.Scoring = model, evaluation.Items(class), engine.Defaults()
	var err error
	if config.References, err = job.references(class, todo); err != nil {
		return err
	}
	batch, err := engine.Extract(ctx, config, job.Observer)
	if err != nil {
		return err
	}
	defer batch.Close()
	degrees := map[int]*engine.Result{} // of single degrees, which several settings average
	for _, u := range todo {
		references := u.references
		if references < 0 || references > batch.References() {
			references = batch.References()
		}
		var found *engine.Result
		if e.averageDegrees {
			found, err = averageDegrees(ctx, batch, u.scoring, degrees)
		} else {
			found, err = batch.Score(ctx, u.scoring, references)
		}
		if err != nil {
			return err
		}
		result, err := evaluation.OfEngine(ctx, class, found, u.scoring.MapSize)
		if err != nil {
			return err
		}
		if references < u.references {
			result.Notes = append(result.Notes, fmt.Sprintf("only %d reference images for %s",
				references, u.row))
		}
		if err := u.folder.Save(class, result); err != nil {
			return err
		}
		keep(u.setting, result)
	}
	return nil
}

// references are as many as the setting with the most takes.
func (job *Job) references(class *labelled.Class, todo []unit) ([]dataset.Item, error) {
	most := 0
	for _, u := range todo {
		if u.references < 0 {
			return evaluation.References(class, -1, job.Seed)
		}
		most = max(most, u.references)
	}
	return evaluation.References(class, min(most, len(class.Normal)), job.Seed)
}

// averageDegrees scores each degree once, whatever sets of them are asked for (Eq. 3 is a mean).
func averageDegrees(ctx context.Context, batch *engine.Batch, scoring engine.Scoring,
	known map[int]*engine.Result) (*engine.Result, error) {
	var parts []*engine.Result
	for _, degree := range scoring.Degrees {
		if known[degree] == nil {
			single := scoring
			single.Degrees = []int{degree}
			result, err := batch.Score(ctx, single, 0)
			if err != nil {
				return nil, err
			}
			known[degree] = result
		}
		parts = append(parts, known[degree])
	}
	return batch.Average(scoring, parts...)
}

// slug makes a row's name a folder's.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '+':
			return r
		}
		return '_'
	}, name)
}
