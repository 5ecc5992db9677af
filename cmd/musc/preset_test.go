package main

import (
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
	"musc/engine/mutual"
	"musc/engine/tasks"
	"musc/models"
)

// parsed hands a command line, read as that command reads it, to action.
func parsed(command *cli.Command, args string, action func(*cli.Context) error) error {
	command.Action = action
	app := &cli.App{Commands: []*cli.Command{command}, Writer: io.Discard, ErrWriter: io.Discard}
	return app.Run(append([]string{"musc", command.Name}, strings.Fields(args)...))
}

func TestPaperPresetIsTheEnginesDefaults(t *testing.T) {
	paper, defaults := models.PaperPreset(), engine.Defaults()
	interval := mutual.Interval{Low: paper.Interval[0], High: paper.Interval[1]}
	if !reflect.DeepEqual(paper.Stages, defaults.Stages) || interval != defaults.Interval ||
		!reflect.DeepEqual(paper.Degrees, defaults.Degrees) ||
		!reflect.DeepEqual(paper.Windows, defaults.Windows) || defaults.NormaliseClass {
		t.Errorf("%+v, but %+v", paper, defaults)
	}
}

// What score and plan compute with, what run.json says of it and what a user is told.
func TestPresetOfACommandLine(t *testing.T) {
	const (
		own   = "the preset of dinov2_vits14_imgfocus"
		paper = "; --preset paper takes the paper's"
	)
	for args, want := range map[string]struct{ name, note string }{
		"": {"model",
			own + ": stages 2,3, degrees 1,3,5, interval 0,0.3, RsCIN off" + paper},
		"--preset model --model DINOv2-S": {"model",
			own + ": stages 2,3, degrees 1,3,5, interval 0,0.3, RsCIN off" + paper},
		"--preset paper": {"paper",
			"the paper's: stages 1,2,3,4, degrees 1,3,5, interval 0,0.3, RsCIN windows 2,3"},
		"--model dino-b16": {"model",
			"the paper's: stages 1,2,3,4, degrees 1,3,5, interval 0,0.3, RsCIN windows 2,3"},
		"--model my/own.ONNX": {"model",
			"the paper's: stages 1,2,3,4, degrees 1,3,5, interval 0,0.3, RsCIN windows 2,3"},
		"--windows 8,9 --stages 4": {"model with --stages, --windows", own +
			" with --stages, --windows: stages 4, degrees 1,3,5, interval 0,0.3, RsCIN windows 8,9" + paper},
		"--interval 0.5,0.7 --degrees 1": {"model with --degrees, --interval", own +
			" with --degrees, --interval: stages 2,3, degrees 1, interval 0.5,0.7, RsCIN off" + paper},
		"--preset paper --windows 1": {"paper with --windows",
			"the paper's with --windows: stages 1,2,3,4, degrees 1,3,5, interval 0,0.3, RsCIN off"},
	} {
		for _, command := range []*cli.Command{scoreCommand(), planCommand()} {
			err := parsed(command, args+" "+washers, func(c *cli.Context) error {
				preset, name, err := presetOf(c)
				if err != nil {
					return err
				}
				job, _, _, err := scoreConfig(c, preset, new([]string))
				note := settingsNote(c, &tasks.Plan{Settings: tasks.Settings{Scoring: job.Scoring}})
				if note != "settings: "+want.note || name != want.name || !job.Scoring.NormaliseClass {
					t.Errorf("%s %s: %q, %s, normalised %v", command.Name, args, name, note,
						job.Scoring.NormaliseClass)
				}
				return err
			})
			if err != nil {
				t.Errorf("%s %s: %v", command.Name, args, err)
			}
		}
	}
}

func TestPresetsThatAreNone(t *testing.T) {
	for _, args := range []string{"--preset=", "--preset Paper", "--preset visa", "--model no-such-model"} {
		err := parsed(scoreCommand(), args, func(c *cli.Context) error {
			_, _, err := presetOf(c)
			return err
		})
		if fault.KindOf(err) != fault.Usage ||
			!strings.Contains(args, "model") && !strings.Contains(err.Error(), "model, paper") {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestModelsTellTheirPresets(t *testing.T) {
	for name, want := range map[string][]string{
		models.DefaultName: {"own: stages 2,3, degrees 1,3,5, interval 0,0.3, RsCIN off", "mean image AUROC 89.1"},
		"ViT-L-14-336": {"the paper's: stages 1,2,3,4, degrees 1,3,5, interval 0,0.3, RsCIN windows 2,3",
			"97.8 on MVTec AD"},
	} {
		code, stdout, stderr := musc(t, "models", "info", name)
		for _, text := range want {
			if code != exitOK || !strings.Contains(stdout, text) {
				t.Errorf("%s: exit %d: %s%s, want %q", name, code, stdout, stderr, text)
			}
		}
	}
	_, list, _ := musc(t, "models", "list")
	if own := strings.Count(list, "  own "); own != 1 ||
		strings.Count(list, "  the paper's  ") != len(models.Registry)-own {
		t.Errorf("musc models list:\n%s", list)
	}
}

// The published evaluation is the paper's, whatever is measured best for a model.
func TestEvalTakesNoPreset(t *testing.T) {
	for layout, windows := range map[labelled.Layout][]int{labelled.MVTec: {2, 3}, labelled.VisA: {8, 9}} {
		err := parsed(evalCommand(), "--model no-such-file.onnx", func(c *cli.Context) error {
			job, _ := evalConfig(c, layout) // there is no such model
			want := engine.Defaults()
			want.Windows, want.DealByLabel = windows, true
			if !reflect.DeepEqual(job.Scoring, want) {
				t.Errorf("%s: %+v, want %+v", layout, job.Scoring, want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"eval", "paper"} {
		code, _, stderr := musc(t, name, "--preset", "paper", "x")
		if code != exitUsage || !strings.Contains(stderr, "-preset") {
			t.Errorf("%s --preset: exit %d: %s", name, code, stderr)
		}
	}
}
