package main

import (
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/atomicfile"
	"musc/engine/device"
	"musc/engine/fault"
	"musc/engine/mutual"
	"musc/engine/mutual/trust"
	"musc/engine/npy"
	"musc/models"
)

func mutualCommand() *cli.Command {
	own := []cli.Flag{
		&cli.StringSliceFlag{Name: "stage", Usage: "`NPY` with one stage's patch tokens [N,P,C]; " +
			"repeat for each stage (required)"},
		&cli.StringSliceFlag{Name: "reference", Usage: "`NPY` with the reference images' tokens " +
			"[M,P,C]; one for each --stage, in the same order"},
		&cli.StringFlag{Name: "grid", Usage: "patch rows and columns, `HxW` (required)"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"},
			Usage: "the `NPY` to write: patch scores [N,P], float32 (required)"},
		overwriteFlag(),
		&cli.StringFlag{Name: "scorer", Value: "auto",
			Usage: "`auto`, cpu, cuda:N, or definition: the slow float64 one that they are tested " +
				"against"},
	}
	return &cli.Command{
		Name:  "mutual",
		Usage: "score your own patch tokens",
		Description: `LNAMD and MSM (Eq. 1-3) on patch tokens of any backbone, float16, float32 or float64, in NumPy's
format. The grid of the patches is row-major and P = H*W.

Examples:
   musc mutual --stage s0.npy --stage s1.npy --grid 37x37 -o scores.npy
   musc mutual --stage s0.npy --reference r0.npy --references-only --grid 16x16 -o scores.npy
   musc mutual --stage tokens.npy --grid 1x1 --degrees 1 -o scores.npy   # one token an image`,
		Flags:        slices.Concat(own, scoringFlags(categoryMethod), machineFlags(), outputFlags()),
		OnUsageError: usageError,
		Action:       scoreTokens,
	}
}

func scoreTokens(c *cli.Context) error {
	const example = "mutual --stage s0.npy --grid 37x37 -o scores.npy"
	output, err := outputFile(c, example, "stage", "reference")
	if err != nil {
		return err
	}
	grid, err := require(c, "grid", example)
	if err != nil {
		return err
	}
	height, width, err := parseGrid(grid)
	if err != nil {
		return err
	}
	if len(c.StringSlice("stage")) == 0 {
		return fault.New(fault.Usage, "musc mutual needs --stage, as in: musc %s", example)
	}
	job := engine.TokenConfig{Stages: c.StringSlice("stage"), References: c.StringSlice("reference"),
		Height: height, Width: width, Threads: max(c.Int("threads"), 0), SpillInto: os.TempDir()}
	if folder, ok := atomicfile.InPlace(output); ok {
		job.SpillInto = folder
	}
	if job.Scoring, err = scoringOf(c, models.PaperPreset()); err != nil {
		return err
	}
	if job.Memory, err = parseBytes(c.String("memory")); err != nil {
		return err
	}
	observer, finish := newObserver(c, c.Bool("quiet"))
	if job.Scorer, err = scorerOf(c, observer); err != nil {
		finish()
		return err
	}
	scores, images, err := engine.ScoreTokens(c.Context, job, observer)
	finish()
	if err != nil {
		return err
	}
	values := make([]float32, len(scores))
	for i, score := range scores {
		values[i] = float32(score)
	}
	return npy.Write(output, []int{images, height * width}, values)
}

// scorerOf reads --scorer.
func scorerOf(c *cli.Context, observer engine.Observer) (mutual.Scorer, error) {
	name := c.String("scorer")
	if name == "definition" {
		return mutual.Definition{}, nil
	}
	resources := trust.Resources{Threads: max(c.Int("threads"), 0),
		Note: func(plan string) { observer.Note("plan: " + plan) },
		Test: trust.Test{Child: selfTestChild(), Tell: observer.Note}}
	var err error
	if resources.Device, err = device.Parse(name); err != nil {
		return nil, fault.New(fault.Usage, "--scorer %q is not one of auto, cpu, cuda:N, definition",
			name)
	}
	if resources.DeviceMemory, err = parseBytes(c.String("vram")); err != nil {
		return nil, err
	}
	scorer, reason, err := trust.NewScorer(c.Context, resources)
	if reason != "" {
		observer.Note("CUDA is not used: " + reason)
	}
	return scorer, err
}
