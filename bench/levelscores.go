package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"musc/bench/present"
	"musc/engine"
	"musc/engine/anomalymap"
	"musc/engine/assets"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/mutual"
)

// allowed is how far a level's patch scores may be from the definition's.
const allowed = 4e-6

func levelsCommand() *cli.Command {
	return &cli.Command{
		Name: "levels", ArgsUsage: "[NAME=FOLDER ...]", Action: levelsAction,
		Usage: "compare the scores of every SIMD level with the definition in float64, on photos",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "images", Value: 12,
				Usage: "photos of a folder, evenly spread, that patch scores are compared on; 0: all"},
			&cli.IntFlag{Name: "threads", Value: runtime.GOMAXPROCS(0)},
		},
	}
}

// levelsAction prints a table and fails where a level's scores are too far from the definition's, or
// order photos otherwise.
func levelsAction(c *cli.Context) error {
	named, err := namedFolders(c.Args().Slice())
	if err != nil {
		return err
	}
	t := present.Table{Title: "Scores of every level beside the definition in float64",
		Head: []string{"photos", "tokens", "level", "largest difference of a patch", "mean",
			"of an image's score", "pairs in another order"}}
	threads := max(c.Int("threads"), 1)
	var wrong []string
	for _, from := range named {
		fmt.Fprintf(c.App.ErrWriter, "%s: the backbone\n", from[0])
		batch, err := photoTokens(c.Context, from[1], threads)
		if err != nil {
			return err
		}
		defer batch.Close()
		for _, tokens := range []tokenSet{patchesOf(batch, c.Int("images")), classesOf(batch)} {
			fmt.Fprintf(c.App.ErrWriter, "%s: the definition, %s\n", from[0], tokens.name)
			rows, err := tokens.compare(c.Context, threads)
			if err != nil {
				return err
			}
			for _, row := range rows {
				t.Add(from[0], tokens.name, row.level, fmt.Sprintf("%.2g", row.patch.Largest),
					fmt.Sprintf("%.2g", row.patch.Typical), fmt.Sprintf("%.2g", row.image.Largest),
					fmt.Sprint(*row.image.Swapped))
				if row.patch.Largest > allowed || *row.image.Swapped > 0 {
					wrong = append(wrong, fmt.Sprintf("%s at %s, %s", row.level, from[0], tokens.name))
				}
			}
		}
	}
	t.Write(c.App.Writer)
	if len(wrong) > 0 {
		return fault.New(fault.Internal, "scores differ by more than %g, or order photos otherwise: %s",
			allowed, strings.Join(wrong, "; "))
	}
	return nil
}

// namedFolders reads NAME=FOLDER; none: the demo's photos, where they are set up, and the washers.
func namedFolders(arguments []string) (named [][2]string, err error) {
	for _, argument := range arguments {
		name, folder, ok := strings.Cut(argument, "=")
		if !ok {
			return nil, fault.New(fault.Usage, "photos are given as NAME=FOLDER, not %q", argument)
		}
		named = append(named, [2]string{name, folder})
	}
	if len(named) > 0 {
		return named, nil
	}
	if folder, err := assets.DemoFolder(); err == nil {
		named = append(named, [2]string{"demo", folder})
	}
	return append(named, [2]string{"washers", filepath.Join("testdata", "washer", "images")}), nil
}

// photoTokens are the default model's tokens of the photos of a folder.
func photoTokens(ctx context.Context, folder string, threads int) (*engine.Batch, error) {
	job, err := endToEnd(ctx, folder, threads)
	if err != nil {
		return nil, err
	}
	return engine.Extract(ctx, job, engine.Silent{})
}

// tokenSet is a batch of tokens that is scored by every level.
type tokenSet struct {
	name    string
	images  *features.Store
	members []int // of images; nil: all
	degrees []int
	side    int // of the map whose maximum is an image's score
}

// patchesOf are the patch tokens of at most so many images of a batch, evenly spread; 0: of all.
func patchesOf(batch *engine.Batch, most int) tokenSet {
	store := batch.Store()
	shape := store.Shape()
	members := evenly(shape.Images, most)
	return tokenSet{fmt.Sprintf("%d x %d x %d, %d stages, %d photos", shape.Height, shape.Width,
		shape.Channels, shape.Stages, len(members)), store, members, engine.Defaults().Degrees, wholeSize}
}

// evenly are at most so many of the numbers below n, evenly spread; 0: all.
func evenly(n, most int) []int {
	count := n
	if most > 0 {
		count = min(n, most)
	}
	numbers := make([]int, count)
	for k := range numbers {
		numbers[k] = k * n / count
	}
	return numbers
}

// classesOf are the class tokens of a batch, as images of one patch.
func classesOf(batch *engine.Batch) tokenSet {
	images, _ := batch.Read()
	store := features.NewMemory(features.Shape{Stages: 1, Images: len(images), Height: 1, Width: 1,
		Channels: len(images[0].ClassToken)})
	for k, image := range images {
		copy(store.Tokens(0, k), image.ClassToken)
		store.Release(0, k)
	}
	return tokenSet{fmt.Sprintf("class tokens, 1 x 1 x %d, %d photos", store.Shape().Channels,
		len(images)), store, nil, []int{1}, 1}
}

// levelRow is how far a level's scores are from the definition's.
type levelRow struct {
	level        string
	patch, image Agreement
}

// compare scores the tokens by the definition and by every level of the machine, and leaves the level in
// use as it was.
func (s tokenSet) compare(ctx context.Context, threads int) (rows []levelRow, err error) {
	want, err := s.defined(ctx, threads)
	if err != nil {
		return nil, err
	}
	wantImages, err := s.imageScores(want)
	if err != nil {
		return nil, err
	}
	before := level()
	defer func() { err = errors.Join(err, useLevel(before)) }()
	for _, name := range levels() {
		if err := useLevel(name); err != nil {
			return nil, err
		}
		got, err := mutual.CPU{Threads: threads}.PatchScores(ctx, s.problem())
		if err != nil {
			return nil, err
		}
		images, err := s.imageScores(got)
		if err != nil {
			return nil, err
		}
		row := levelRow{name, differences(got, want), differences(images, wantImages)}
		swapped := swappedPairs(images, wantImages)
		row.image.Swapped = &swapped
		rows = append(rows, row)
	}
	return rows, nil
}

func (s tokenSet) problem() *mutual.Problem {
	return &mutual.Problem{Images: s.images, Members: s.members, Degrees: s.degrees, Interval: interval}
}

func (s tokenSet) count() int {
	if s.members == nil {
		return s.images.Shape().Images
	}
	return len(s.members)
}

// defined are the definition's patch scores [N,P]. Each thread scores images of its own.
func (s tokenSet) defined(ctx context.Context, threads int) ([]float64, error) {
	parts, failures := make([][]float64, threads), make([]error, threads)
	var running sync.WaitGroup
	for part := range threads {
		running.Go(func() {
			problem := s.problem()
			problem.Scored = make([]bool, s.count())
			for k := part; k < len(problem.Scored); k += threads {
				problem.Scored[k] = true
			}
			if slices.Contains(problem.Scored, true) {
				parts[part], failures[part] = mutual.Definition{}.PatchScores(ctx, problem)
			}
		})
	}
	running.Wait()
	scores := make([]float64, s.count()*s.images.Shape().Patches())
	for _, part := range parts {
		for k, score := range part {
			scores[k] += score // the others' are 0
		}
	}
	return scores, errors.Join(failures...)
}

// imageScores are the maxima of the anomaly maps of patch scores [N,P].
func (s tokenSet) imageScores(scores []float64) ([]float64, error) {
	shape := s.images.Shape()
	maps, err := anomalymap.New(shape.Height, shape.Width, s.side, s.side)
	if err != nil {
		return nil, err
	}
	images := make([]float64, 0, s.count())
	for own := range slices.Chunk(scores, shape.Patches()) {
		images = append(images, maps.Max(own))
	}
	return images, nil
}
