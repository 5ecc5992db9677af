package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/mutual"
	"musc/engine/npy"
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
		&cli.StringFlag{Name: "scorer", Value: "cpu",
			Usage: "`cpu`, or definition: the slow float64 one that cpu is tested against"},
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
		Flags:        slices.Concat(own, scoringFlags(), machineFlags(), outputFlags()),
		OnUsageError: usageError,
		Action:       scoreTokens,
	}
}

func scoreTokens(c *cli.Context) error {
	const example = "mutual --stage s0.npy --grid 37x37 -o scores.npy"
	output, err := require(c, "output", example)
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
	scoring, err := scoringOf(c)
	if err != nil {
		return err
	}
	memory, err := parseBytes(c.String("memory"))
	if err != nil {
		return err
	}
	if memory == 0 {
		memory = engine.FairShare()
	}
	stages, references := c.StringSlice("stage"), c.StringSlice("reference")
	switch {
	case len(stages) == 0:
		return fault.New(fault.Usage, "musc mutual needs --stage, as in: musc %s", example)
	case len(references) > 0 && len(references) != len(stages):
		return fault.New(fault.Usage, "%d --stage and %d --reference files; give one reference file "+
			"for each stage", len(stages), len(references))
	}
	arrays, err := openTokens(stages, height*width)
	if err != nil {
		return err
	}
	defer arrays.close()
	normal, err := openTokens(references, height*width)
	if err != nil {
		return err
	}
	defer normal.close()

	shape := features.Shape{Stages: len(stages), Images: arrays.images(), Height: height,
		Width: width, Channels: arrays.channels()}
	threads := max(c.Int("threads"), 0)
	plan := mutual.NewPlan(memory-engine.Resident(), mutual.Sizes{Shape: shape,
		References: normal.images(), ReferencesOnly: scoring.ReferencesOnly, Threads: threads})
	plan.Folder = filepath.Dir(output)
	observer, finish := newObserver(c.App.Writer, c.App.ErrWriter, c.Bool("json"), c.Bool("quiet"))
	defer finish()
	observer.Note("plan: " + plan.String())
	problem := &mutual.Problem{Degrees: scoring.Degrees, Interval: scoring.Interval,
		Average: scoring.Average, ReferencesOnly: scoring.ReferencesOnly, Plan: plan}
	if problem.Images, err = arrays.load(c, shape, plan); err != nil {
		return err
	}
	defer problem.Images.Close()
	if len(references) > 0 {
		shape.Images = normal.images()
		if problem.References, err = normal.load(c, shape, plan); err != nil {
			return err
		}
		defer problem.References.Close()
	}
	var scorer mutual.Scorer = mutual.CPU{Threads: threads}
	switch c.String("scorer") {
	case "cpu":
	case "definition":
		scorer = mutual.Definition{}
	default:
		return fault.New(fault.Usage, "--scorer %q is not one of cpu, definition", c.String("scorer"))
	}
	begun, told := false, 0
	problem.Progress = func(done, total int) {
		if !begun {
			observer.Begin(engine.StepMutual, total)
			begun = true
		}
		observer.Advance(done - told)
		told = done
	}
	scores, err := scorer.PatchScores(c.Context, problem)
	if err != nil {
		return err
	}
	values := make([]float32, len(scores))
	for i, score := range scores {
		values[i] = float32(score)
	}
	return npy.Write(output, []int{arrays.images(), height * width}, values)
}

// tokenArrays are the .npy files of the stages, all of one shape [N,P,C].
type tokenArrays struct {
	paths  []string
	arrays []*npy.Array
}

// openTokens checks that every file has the shape [N,P,C] of the first one.
func openTokens(paths []string, patches int) (tokens *tokenArrays, err error) {
	tokens = &tokenArrays{paths: paths}
	defer func() {
		if err != nil {
			tokens.close()
		}
	}()
	for _, path := range paths {
		array, err := npy.Open(path)
		if err != nil {
			return nil, err
		}
		tokens.arrays = append(tokens.arrays, array)
		shape := array.Shape
		if len(shape) != 3 || slices.Min(shape) < 1 {
			return nil, fault.New(fault.Input, "%s has the shape %v; [N,P,C] is needed: images, "+
				"patches, channels", path, shape)
		}
		if shape[1] != patches {
			return nil, fault.New(fault.Input, "%s has %d patches an image, but --grid says %d; "+
				"correct --grid", path, shape[1], patches)
		}
		if first := tokens.arrays[0].Shape; !slices.Equal(shape, first) {
			return nil, fault.New(fault.Input, "%s has the shape %v and %s %v; all stages need the "+
				"same", path, shape, paths[0], first)
		}
	}
	return tokens, nil
}

func (t *tokenArrays) images() int {
	if len(t.arrays) == 0 {
		return 0
	}
	return t.arrays[0].Shape[0]
}

func (t *tokenArrays) channels() int { return t.arrays[0].Shape[2] }

func (t *tokenArrays) close() {
	for _, array := range t.arrays {
		array.Close()
	}
}

// load reads all tokens into a store, in memory or spilled as the plan says.
func (t *tokenArrays) load(c *cli.Context, shape features.Shape, plan mutual.Plan) (
	store *features.Store, err error) {
	if plan.Spill {
		if store, err = features.NewSpilled(shape, plan.Folder); err != nil {
			return nil, err
		}
	} else {
		store = features.NewMemory(shape)
	}
	defer func() {
		if err != nil {
			store.Close()
		}
	}()
	for stage, array := range t.arrays {
		for image := range shape.Images {
			if err := c.Context.Err(); err != nil {
				return nil, err
			}
			tokens := store.Tokens(stage, image)
			if err := array.ReadFloat32(tokens, image*len(tokens)); err != nil {
				return nil, fmt.Errorf("image %d: %w", image, err)
			}
			if err := store.CheckFinite(stage, image); err != nil {
				var where *features.NonFinite
				if errors.As(err, &where) {
					err = fault.New(fault.Input, "%s holds %v for image %d, patch %d, channel %d; "+
						"scores would mean nothing: leave that image out", t.paths[stage], where.Value,
						image, where.Patch, where.Channel)
				}
				return nil, err
			}
			store.Release(stage, image)
		}
	}
	return store, nil
}
