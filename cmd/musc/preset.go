package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine/fault"
	"musc/engine/tasks"
	"musc/models"
)

// categoryPreset is categoryMethod of commands whose defaults are a preset.
const categoryPreset = "METHOD (defaults are the model's preset; --preset paper takes the paper's)"

// modelPreset is what --preset calls the preset of the model.
const modelPreset = "model"

// presetOptions are the options that a preset stands for.
var presetOptions = []string{"stages", "degrees", "interval", "windows"}

// ofPreset adds --preset to the options of a command, whose defaults are then the preset's.
func ofPreset(flags []cli.Flag) []cli.Flag {
	for _, flag := range flags {
		switch option := flag.(type) {
		case *cli.IntSliceFlag:
			if slices.Contains(presetOptions, option.Name) {
				option.DefaultText = presetText(option.Name)
			}
		case *cli.StringFlag:
			if slices.Contains(presetOptions, option.Name) {
				option.DefaultText = presetText(option.Name)
			}
		}
	}
	return append([]cli.Flag{&cli.StringFlag{Name: "preset", Category: categoryPreset,
		Value: modelPreset, Usage: "what is not given here is: of `model`, measured best for it (musc models " +
			"info NAME tells where; an .onnx file has the paper's), or of paper"}}, flags...)
}

// presetText says what an option is unless it is given.
func presetText(option string) string {
	own, paper := models.Registry[0].Preset().Options()[option], models.PaperPreset().Options()[option]
	if own != paper {
		return "the preset's: " + own + " with the default model, " + paper + " with the paper's"
	}
	return "the preset's: " + paper
}

// presetOf is the preset that a command line asks for. Its name is for the record: "model" or "paper",
// and which options were given instead of the preset's, as in "model with --stages, --windows".
func presetOf(c *cli.Context) (preset models.Preset, name string, err error) {
	name = c.String("preset")
	switch model := c.String("model"); {
	case name == models.PaperName:
		preset = models.PaperPreset()
	case name != modelPreset:
		return preset, "", fault.New(fault.Usage, "--preset %q is not one of %s, %s", name, modelPreset,
			models.PaperName)
	case strings.EqualFold(filepath.Ext(model), ".onnx"):
		preset = models.PaperPreset()
	default:
		spec, err := models.Lookup(model)
		if err != nil {
			return preset, "", err
		}
		preset = spec.Preset()
	}
	var given []string
	for _, option := range presetOptions {
		if c.IsSet(option) {
			given = append(given, "--"+option)
		}
	}
	if len(given) > 0 {
		name += " with " + strings.Join(given, ", ")
	}
	return preset, name, nil
}

// settingsNote says which preset is in force, and what it and the options come to. The plan was made
// of the same command line.
func settingsNote(c *cli.Context, plan *tasks.Plan) string {
	of := &plan.Scoring
	inForce := models.Preset{Stages: of.Stages, Degrees: of.Degrees, Windows: of.Windows,
		Interval: [2]float64{of.Interval.Low, of.Interval.High}}
	costs := frameCosts(plan)
	if plan.Bank != nil {
		way := "the nearest of its photos counts"
		if of.ReferencesInterval {
			way = "the interval over its photos counts"
		}
		return fmt.Sprintf("settings: the bank's, %s, of %s: %s, %s%s", plan.Bank.Path,
			counted(plan.References.Count, "photo"), inForce, way, costs)
	}
	preset, name, _ := presetOf(c) // a wrong one makes no plan
	whose, other := "the paper's", ""
	if preset.Name != models.PaperName {
		whose, other = "the preset of "+preset.Name, "; --preset paper takes the paper's"
	}
	if _, options, found := strings.Cut(name, " with "); found {
		whose += " with " + options
	}
	return fmt.Sprintf("settings: %s: %s%s%s", whose, inForce, costs, other)
}
