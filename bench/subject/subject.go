// Package subject is what the benchmarks of quality look at: labelled data sets of one class, scored by the
// default model with its preset.
package subject

import (
	"context"
	"os"

	"musc/engine"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
	"musc/engine/mutual"
	"musc/models"
	"musc/models/resolve"
)

// Class reads a data set of one class. Errors are those of labelled.Open, and of kind fault.Input.
func Class(path string) (*labelled.Class, error) {
	set, err := labelled.Open(path, "")
	if err != nil {
		return nil, err
	}
	if len(set.Classes) != 1 {
		return nil, fault.New(fault.Input, "the data set %s has %d classes; name the folder of one", path,
			len(set.Classes))
	}
	return &set.Classes[0], nil
}

// Job is a job without images, with the default model and its preset, and what both are called.
func Job(ctx context.Context) (job engine.Config, model, preset string, err error) {
	spec, err := models.Lookup(models.DefaultName)
	if err != nil {
		return job, "", "", err
	}
	of := spec.Preset()
	job = engine.Config{Scoring: engine.Defaults(), SpillInto: os.TempDir()}
	scoring := &job.Scoring
	scoring.Stages, scoring.Degrees, scoring.Windows = of.Stages, of.Degrees, of.Windows
	scoring.Interval = mutual.Interval{Low: of.Interval[0], High: of.Interval[1]}
	scoring.NormaliseClass = true
	job.Model, job.Library, err = resolve.Request{}.Backbone(ctx, "")
	return job, spec.Name, of.String(), err
}
