package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"musc/cgo/cpu"
	"musc/engine"
	"musc/engine/bank"
	"musc/engine/device"
	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/imageio"
	"musc/engine/report"
	"musc/engine/reproduce"
	"musc/engine/results"
	"musc/models/resolve"
)

// check looks at what the run read, at versions and the machine, and tells. With --check that decides how the
// command ends.
func (r *repetition) check() error {
	r.tellRecord()
	if err := r.checkInputs(); err != nil {
		return err
	}
	here, notes, err := r.here()
	if err != nil {
		return err
	}
	differs := reproduce.Reasons(r.then, here, nil)
	same := len(differs) == 0 && (r.inputs == nil || r.inputs.Same())
	if err := r.tellCheck(differs, notes, same); err != nil || !r.Bool("check") || same {
		return err
	}
	return errDiffers
}

func (r *repetition) tellCheck(differs []reproduce.Reason, notes []string, same bool) error {
	if r.Bool("json") {
		return json.NewEncoder(r.App.Writer).Encode(map[string]any{"event": "checked", "same": same,
			"inputs": r.inputs, "differs": differs, "notes": slices.Concat([]string{}, notes)})
	}
	if r.Bool("quiet") && !r.Bool("check") {
		return nil
	}
	w := r.App.Writer
	if r.inputs == nil {
		fmt.Fprintln(w, "inputs: not checked")
	} else {
		fmt.Fprintf(w, "inputs: %v\n", r.inputs)
	}
	for _, reason := range differs {
		if reason.Kind != "record" { // which was told
			fmt.Fprintf(w, "not as then: %s\n", reason.Text)
		}
	}
	for _, note := range notes {
		fmt.Fprintln(w, note)
	}
	var err error
	if len(differs) == 0 {
		_, err = fmt.Fprintln(w, "versions and machine: as then")
	}
	return err
}

// checkInputs reads what the run read once more.
func (r *repetition) checkInputs() (err error) {
	if r.then.Inputs == nil {
		return nil
	}
	observer, finish := newObserver(r.Context, r.Bool("quiet"))
	observer.Begin("read inputs", len(r.then.Inputs))
	r.inputs, err = reproduce.CheckInputs(r.Context.Context, r.folder, r.then.Inputs, observer.Advance)
	finish()
	if err != nil {
		return err
	}
	if r.then.Kind == results.Scored {
		r.inputs.FindNew(r.folder, r.then.Inputs, r.then.Run.Skipped, r.line.photos(r.folder))
	}
	r.checkOther("bank", func(path string) (string, error) {
		b, err := bank.Open(path)
		if err != nil {
			return "", err
		}
		defer b.Close()
		return b.Header().ID, nil
	}, "id")
	r.checkOther("roi", func(path string) (string, error) {
		roi, err := frame.ReadROI(path, imageio.Options{ApplyOrientation: r.then.Run.Rotate})
		return roi.SHA256(), err
	}, "sha256")
	return nil
}

// checkOther looks at a bank or a mask, which run.json has under the name of the option with its identity.
func (r *repetition) checkOther(name string, identify func(path string) (string, error), field string) {
	var recorded map[string]any
	if json.Unmarshal(r.then.Fields[name], &recorded) != nil || recorded[field] == nil {
		return
	}
	path := r.line.String(name)
	known := slices.ContainsFunc(r.then.Inputs, func(sum results.Sum) bool { return sum.Path == path })
	if path == "" || known {
		return
	}
	r.inputs.Checked++
	switch found, err := identify(reproduce.At(r.folder, path)); {
	case !reproduce.Present(reproduce.At(r.folder, path)):
		r.inputs.Missing = append(r.inputs.Missing, path)
	case err != nil || found != recorded[field]:
		r.inputs.Changed = append(r.inputs.Changed, path)
	}
}

// here is what a run on this machine would record of it, as far as that is known before, and notes. Errors say
// what is missing to run at all.
func (r *repetition) here() (here *reproduce.Record, notes []string, err error) {
	then := &r.then.Run
	here = &reproduce.Record{Kind: r.then.Kind}
	here.Run.Tool = report.Tool{Version: version()}
	r.level = os.Getenv(cpu.Variable)
	switch recorded := then.Machine.SIMD; {
	case r.level != "" && recorded != "" && r.level != recorded:
		notes = append(notes, fmt.Sprintf("SIMD level: %s, as %s says, and not %s as recorded", r.level,
			cpu.Variable, recorded))
	case r.level != "" || recorded == "":
	case slices.Contains(cpu.Levels(), recorded):
		r.level = recorded
		notes = append(notes, "SIMD level: "+recorded+", as recorded")
	default:
		notes = append(notes, fmt.Sprintf("SIMD level: %s, as this machine does not have the recorded one, %s",
			cpu.Level(), recorded))
	}
	here.Run.Machine.SIMD = r.level
	if r.level == "" {
		here.Run.Machine.SIMD = cpu.Level()
	}
	choice, err := device.Parse(r.line.String("device"))
	if err != nil {
		return nil, nil, err
	}
	choice.CUDA = choice.CUDA && (r.then.OnGPU() || r.then.Kind == results.Evaluated)
	model := r.line.String("model")
	if isGraph(model) {
		model = reproduce.At(r.folder, model)
		if !reproduce.Present(model) {
			return nil, nil, fault.New(fault.Setup, "the run's model %s is not here%s; bring it back to %[1]s",
				model, sumsOf(then.Model))
		}
	} else if len(then.Model.Files) > 0 {
		model = then.Model.Files[0].Path
	}
	if r.then.Kind == results.Evaluated && then.Runtime.Library.SHA256 == "" { // it measured other tools' maps
		return here, notes, nil
	}
	library, err := resolve.Library("", choice) // never the record's, whose code would run
	if err != nil {
		return nil, nil, err
	}
	from, err := engine.Here(library)
	if err != nil {
		return nil, nil, err
	}
	here.Run.Runtime.Library, here.Run.Runtime.Version = from.Runtime.Library, from.Runtime.Version
	here.Run.Decoders, here.Run.Machine.Processor = from.Decoders, from.Processor
	switch {
	case len(then.Model.Files) == 0:
	case !reproduce.Present(model):
		notes = append(notes, fmt.Sprintf("the model %s is not where it was, %s: it is looked for by its name, or "+
			"built again", then.Model.Name, model))
	default:
		here.Run.Model.Name = then.Model.Name
		if here.Run.Model.Files, err = engine.Identify(model); err != nil {
			return nil, nil, err
		}
	}
	return here, notes, nil
}

// sumsOf says which files a model has.
func sumsOf(of report.Model) string {
	text := ""
	for _, file := range of.Files {
		text += fmt.Sprintf(" (%s has the sha256 %s)", filepath.Base(file.Path), file.SHA256)
	}
	return text
}
