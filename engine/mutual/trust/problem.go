package trust

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"musc/cgo/cuda"
	"musc/engine/features"
	"musc/engine/lnamd"
	"musc/engine/mutual"
	"musc/kernels"
)

// problem is one that a device scores for a test.
type problem struct {
	images          int
	height, width   int
	channels        int
	multiprocessors int // that it may use: a block then has several tiles, and their buffers go around
	near            int // Problem.Near
}

// problems have padding in both directions of several tiles: 300 patches are three tiles of 128
// rows, and two of 232 columns, the narrower ones of search_hopper; 483 are two of 256. 96 channels
// are one and a half of its buffers, 320 are five: more than it has. Patches that must be near are
// searched by kernels of their own, which leave out tiles here.
var problems = []problem{
	{images: 4, height: 15, width: 20, channels: 96, multiprocessors: 3},
	{images: 3, height: 15, width: 20, channels: 320, multiprocessors: 2},
	{images: 2, height: 21, width: 23, channels: 160, multiprocessors: 2},
	{images: 2, height: 15, width: 20, channels: 64, multiprocessors: 2, near: 2},
	{images: 2, height: 21, width: 23, channels: 64, multiprocessors: 2, near: 3},
}

// degrees and interval are the paper's, but that more than one scorer counts.
var (
	degrees  = []int{1, 3, 5}
	interval = mutual.Interval{Low: 0, High: 0.7}
)

// The search takes halves: of patches that are about as near it may choose either. These are the
// largest differences to the CPU's that pass, in distances of 0.3 to 1.5. Right kernels come to
// 0 and 3e-6 on these problems; a patch chosen at random is farther by 0.1 and more.
const (
	distanceError = 1e-4
	scoreError    = 1e-4
)

// score lets the device score the problems with the kernel, and compares.
func score(ctx context.Context, ordinal int, kernel kernels.Kernel, problems []problem) finding {
	var found finding
	for _, p := range problems {
		store := p.tokens()
		task := &mutual.Problem{Images: store, Degrees: degrees, Interval: interval,
			Near: p.near}
		c := p.comparison(store)
		got, err := mutual.CUDA{Ordinals: []int{ordinal}, Kernels: []kernels.Kernel{kernel},
			Multiprocessors: p.multiprocessors, Chosen: c.hear}.PatchScores(ctx, task)
		if err != nil {
			return failed(err)
		}
		want, err := mutual.CPU{}.PatchScores(ctx, task)
		if err != nil {
			return finding{Unable: err.Error()}
		}
		c.finish(got, want)
		found.Distance = max(found.Distance, c.distance)
		found.Score = max(found.Score, c.score)
		if c.wrong != "" {
			within := ""
			if p.near > 0 {
				within = fmt.Sprintf(" within %d patches", p.near)
			}
			found.Failure = fmt.Sprintf("with %d channels%s, %s", p.channels, within, c.wrong)
			return found
		}
	}
	return found
}

// failed sorts an error: the kernel's, or one that keeps the device from being tested.
func failed(err error) finding {
	code, ok := cuda.CodeOf(err)
	failure, known := cuda.FailureOf(code)
	if !ok || code == cuda.OutOfMemory || known && !failure.OfKernel {
		return finding{Unable: err.Error()}
	}
	if known {
		return finding{Failure: fmt.Sprintf("%s (CUDA error %d)", failure.What, code)}
	}
	return finding{Failure: err.Error()}
}

// tokens are the same on every machine: a layout that all images share, and noise of their own.
func (p problem) tokens() *features.Store {
	store := features.NewMemory(features.Shape{Stages: 1, Images: p.images, Height: p.height,
		Width: p.width, Channels: p.channels})
	random := rand.New(rand.NewPCG(uint64(p.channels), uint64(p.images)))
	layout := make([]float32, p.height*p.width*p.channels)
	for k := range layout {
		layout[k] = float32(random.NormFloat64())
	}
	for image := range p.images {
		tokens := store.Tokens(0, image)
		for k, x := range layout {
			tokens[k] = x + float32(random.NormFloat64())
		}
	}
	return store
}

// comparison looks at what a device chose and gave.
type comparison struct {
	problem
	aggregated map[int][][]float64 // by degree, of each image [P,C]
	told       int                 // patches that the device chose
	distance   float64             // the largest that a chosen patch is farther than the nearest
	score      float64             // the largest difference of a score
	wrong      string              // the first thing that is; empty: nothing
}

func (p problem) comparison(store *features.Store) *comparison {
	c := &comparison{problem: p, aggregated: map[int][][]float64{}}
	for image := range p.images {
		normalised := make([]float64, p.height*p.width*p.channels)
		for k, x := range store.Tokens(0, image) {
			normalised[k] = float64(x)
		}
		lnamd.NormaliseDefinition(normalised, normalised)
		for _, degree := range degrees {
			tokens := make([]float64, len(normalised))
			lnamd.AggregateDefinition(tokens, normalised, p.height, p.width, p.channels, degree)
			c.aggregated[degree] = append(c.aggregated[degree], tokens)
		}
	}
	return c
}

// hear compares the distances to the patches that the device chose with the least (Eq. 1).
func (c *comparison) hear(chosen mutual.Chosen) {
	image := c.aggregated[chosen.Degree][chosen.Image]
	scorer := c.aggregated[chosen.Degree][chosen.Scorer]
	patches := c.height * c.width
	for patch, at := range chosen.Nearest {
		c.told++
		if at < 0 || at >= patches {
			c.note("degree %d: patch %d of image %d has patch %d of image %d for its nearest, of %d",
				chosen.Degree, patch, chosen.Image, at, chosen.Scorer, patches)
			continue
		}
		token := image[patch*c.channels:][:c.channels]
		least := math.Inf(1)
		for q := range patches {
			if c.counts(patch, q) {
				least = min(least, squaredDistance(token, scorer[q*c.channels:][:c.channels]))
			}
		}
		if !c.counts(patch, at) {
			c.note("degree %d: patch %d of image %d has patch %d of image %d for its nearest, which is "+
				"too far from its place", chosen.Degree, patch, chosen.Image, at, chosen.Scorer)
		}
		least = math.Sqrt(least)
		distance := math.Sqrt(squaredDistance(token, scorer[at*c.channels:][:c.channels]))
		c.distance = max(c.distance, distance-least)
		if !(distance-least <= distanceError) {
			c.note("degree %d: patch %d of image %d is %.5f from what was chosen of image %d, and %.5f "+
				"from its nearest", chosen.Degree, patch, chosen.Image, distance, chosen.Scorer, least)
		}
	}
}

// counts says whether two patches are near each other, if they must be.
func (p problem) counts(patch, other int) bool {
	lines, columns := patch/p.width-other/p.width, patch%p.width-other%p.width
	return p.near == 0 || max(lines, -lines, columns, -columns) <= p.near
}

// finish compares the patch scores, and whether everything was told.
func (c *comparison) finish(got, want []float64) {
	patches := c.height * c.width
	if all := len(degrees) * c.images * (c.images - 1) * patches; c.told != all {
		c.note("%d nearest patches were chosen, not %d", c.told, all)
	}
	for k := range want {
		difference := math.Abs(got[k] - want[k])
		if !(difference <= scoreError) { // also NaN
			c.note("patch %d of image %d scores %.5f, and by the CPU %.5f", k%patches, k/patches, got[k],
				want[k])
			continue
		}
		c.score = max(c.score, difference)
	}
}

// note keeps the first thing that is wrong.
func (c *comparison) note(format string, args ...any) {
	if c.wrong == "" {
		c.wrong = fmt.Sprintf(format, args...)
	}
}

func squaredDistance(a, b []float64) (sum float64) {
	for k, x := range a {
		sum += (x - b[k]) * (x - b[k])
	}
	return sum
}
