// Package paper repeats the tables of "MuSc: Zero-Shot Industrial Anomaly Classification and
// Segmentation with Mutual Scoring of the Unlabeled Images" (ICLR 2024) on data sets and weights
// that the user has, and puts the paper's numbers beside its own. The numbers are data, in
// published.csv; so are the settings, in experiments.go.
package paper

import (
	"context"
	"fmt"
	"slices"

	"musc/engine"
	"musc/engine/evaluation"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
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
	Remarks   []string // what makes the figures others than the paper's: for the tables' notes
	Observer  engine.Observer

	contents evaluation.Contents
}

// Measured is what an experiment gave.
type Measured struct {
	Experiment *Experiment
	// Results are those of each data set, by row; of one class each.
	Results map[labelled.Layout]map[string][]*evaluation.Result
	Missing []string // what could not be run, and where to get what it needs
	Remarks []string // the job's
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
	m := &Measured{Experiment: e, Remarks: job.Remarks, Results: map[labelled.Layout]map[string][]*evaluation.Result{}}
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
