// Package paper repeats the tables of "MuSc: Zero-Shot Industrial Anomaly Classification and
// Segmentation with Mutual Scoring of the Unlabeled Images" (ICLR 2024) on data sets and weights
// that the user has, and puts the paper's numbers beside its own. The numbers are data, in
// published.csv; so are the settings, in experiments.go.
package paper

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/evaluation"
	"musc/engine/fault"
	"musc/engine/labelled"
)

// Job is what an experiment runs with.
type Job struct {
	Engine engine.Config // the machine's part; images, model and scoring are the experiment's
	Data   map[labelled.Layout]*labelled.Dataset
	// Model finds the graph of a backbone by its name. An error of kind fault.Setup leaves the rows
	// with that backbone out.
	Model     func(name string) (path string, err error)
	Backbone  string   // instead of the paper's; "": the paper's
	Classes   []string // only these; none: all
	Folder    string   // where finished classes are kept
	Overwrite bool     // do not take finished ones
	Seed      int64    // of the choice of reference images
	Observer  engine.Observer
}

// Measured is what an experiment gave.
type Measured struct {
	Experiment *Experiment
	// Results are those of each data set, by row; of one class each.
	Results map[labelled.Layout]map[string][]*evaluation.Result
	Missing []string // what could not be run, and where to get what it needs
}

// sources says where a benchmark comes from.
var sources = map[labelled.Layout]string{
	labelled.MVTec: "give its folder with --mvtec; MVTec Software offers it under the name MVTec AD " +
		"(Bergmann et al., CVPR 2019)",
	labelled.VisA: "give its folder with --visa; Amazon offers it with its spot-diff " +
		"repository (Zou et al., ECCV 2022)",
	labelled.BTAD: "give its folder with --btad; it is offered with VT-ADL (Mishra et al., ISIE 2021)",
}

// Run runs an experiment on the data and weights that are there. What is not is listed. Classes
// that an earlier run with the same settings finished are not computed again.
func Run(ctx context.Context, e *Experiment, job *Job) (*Measured, error) {
	m := &Measured{Experiment: e, Results: map[labelled.Layout]map[string][]*evaluation.Result{}}
	for _, layout := range e.data {
		data := job.Data[layout]
		if data == nil {
			m.miss("%s: %s", layout, sources[layout])
			continue
		}
		m.Results[layout] = map[string][]*evaluation.Result{}
		classes, err := job.classes(e, layout, data, m)
		if err != nil {
			return nil, err
		}
		for _, group := range byModel(e.settings, job.Backbone) {
			path, err := job.Model(group.model)
			if fault.KindOf(err) == fault.Setup {
				m.miss("%v", err)
				continue
			}
			if err != nil {
				return nil, err
			}
			for i := range classes {
				err := job.measure(ctx, e, layout, &classes[i], group, path, m)
				if fault.KindOf(err) == fault.Input {
					m.miss("%s, %s: %v", layout, classes[i].Name, err)
				} else if err != nil {
					return nil, err
				}
			}
		}
	}
	return m, nil
}

// miss notes what cannot be run, once.
func (m *Measured) miss(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(m.Missing, text) {
		m.Missing = append(m.Missing, text)
	}
}

// classes are those of the data set that the experiment and the user want.
func (job *Job) classes(e *Experiment, layout labelled.Layout, data *labelled.Dataset,
	m *Measured) (classes []labelled.Class, err error) {
	if classes, err = data.Select(job.Classes); err != nil {
		return nil, err
	}
	wanted := e.classes[layout]
	if wanted == nil {
		return classes, nil
	}
	classes = slices.DeleteFunc(slices.Clone(classes), func(class labelled.Class) bool {
		return !slices.Contains(wanted, class.Name)
	})
	for _, name := range wanted {
		if !slices.ContainsFunc(classes, func(c labelled.Class) bool { return c.Name == name }) {
			m.miss("%s: %s has no class %s", layout, data.Root, name)
		}
	}
	return classes, nil
}

// group are the settings with one backbone, for which it runs once a class.
type group struct {
	model    string
	settings []setting
}

func byModel(settings []setting, instead string) (groups []group) {
	for _, s := range settings {
		model := s.model
		if instead != "" {
			model = instead
		}
		k := slices.IndexFunc(groups, func(g group) bool { return g.model == model })
		if k < 0 {
			k, groups = len(groups), append(groups, group{model: model})
		}
		groups[k].settings = append(groups[k].settings, s)
	}
	return groups
}

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
			Settings: map[string]any{"scoring": u.scoring, "references": s.references, "model": identity,
				"seed": job.Seed},
		}
		var result *evaluation.Result
		if !job.Overwrite {
			if result, err = u.folder.Load(class); err != nil {
				return err
			}
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
