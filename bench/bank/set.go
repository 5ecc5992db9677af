package main

import (
	"context"
	"math/rand/v2"
	"slices"

	"musc/bench/subject"
	"musc/engine"
	"musc/engine/anomalymap"
	"musc/engine/dataset"
	"musc/engine/evaluation/metrics"
	"musc/engine/features"
	"musc/engine/mutual"
)

// set is a data set: its tokens, and which photos are defective.
type set struct {
	name            string
	labels          []bool // [N] defective
	good, defective []int
	store           *features.Store // [stages][N][P][C]
	degrees         []int
	pairs           *distances // of the tokens as they are
	upsampler       *anomalymap.Upsampler
}

// open runs the default model over a data set.
func open(ctx context.Context, name, path string) (*set, error) {
	class, err := subject.Class(path)
	if err != nil {
		return nil, err
	}
	job, _, _, err := subject.Job(ctx)
	if err != nil {
		return nil, err
	}
	job.Strict = true
	s := &set{name: name, degrees: job.Scoring.Degrees}
	job.Images = make([]dataset.Item, len(class.Test))
	for i, photo := range class.Test {
		job.Images[i] = photo.Item
		s.labels = append(s.labels, photo.Defective)
		if photo.Defective {
			s.defective = append(s.defective, i)
		} else {
			s.good = append(s.good, i)
		}
	}
	batch, err := engine.Extract(ctx, job, engine.Silent{})
	if err != nil {
		return nil, err
	}
	s.store = batch.Store() // until the end of the program
	shape := s.store.Shape()
	if s.upsampler, err = anomalymap.New(shape.Height, shape.Width, 224, 224); err != nil {
		return nil, err
	}
	s.pairs, err = measure(ctx, s.store, s.degrees)
	return s, err
}

// bank draws so many good photos, in ascending order, and lists all others.
func (s *set) bank(size, draw int) (bank, rest []int) {
	random := rand.New(rand.NewPCG(uint64(size), uint64(draw)))
	order := slices.Clone(s.good)
	random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	bank = slices.Sorted(slices.Values(order[:size]))
	for i := range s.labels {
		if !slices.Contains(bank, i) {
			rest = append(rest, i)
		}
	}
	return bank, rest
}

// auroc is that of scores of some photos, in percent.
func (s *set) auroc(photos []int, scores []float64) (float64, error) {
	labels := make([]bool, len(photos))
	for k, i := range photos {
		labels[k] = s.labels[i]
	}
	value, err := metrics.AUROC(labels, scores)
	return 100 * value, err
}

// distances are a(p,i,j) of every stage and degree.
type distances struct {
	images, patches int
	values          [][]float32 // by stage and degree: [N,P,N]
}

// measure compares all photos of a store with each other.
func measure(ctx context.Context, store *features.Store, degrees []int) (*distances, error) {
	shape := store.Shape()
	d := &distances{images: shape.Images, patches: shape.Patches()}
	one := shape
	one.Stages = 1
	for stage := range shape.Stages {
		alone := features.NewMemory(one)
		for i := range shape.Images {
			copy(alone.Tokens(0, i), store.Tokens(stage, i))
		}
		for _, degree := range degrees {
			values := make([]float32, d.images*d.patches*d.images)
			problem := &mutual.Problem{Images: alone, Degrees: []int{degree}, Pairs: values,
				Interval: mutual.Interval{High: 0.3}}
			if _, err := (mutual.CPU{}).PatchScores(ctx, problem); err != nil {
				return nil, err
			}
			d.values = append(d.values, values)
		}
		alone.Close()
	}
	return d, nil
}

// rule is what is made of the distances to the photos of a bank.
type rule struct {
	name     string
	interval mutual.Interval
	average  mutual.Average
}

// rules are those that are compared.
var rules = []rule{
	{"nearest (MuSc+)", mutual.Interval{}, mutual.Mean},
	{"Eq. 2, 0-10 %", mutual.Interval{High: 0.1}, mutual.Mean},
	{"Eq. 2, 0-30 %", mutual.Interval{High: 0.3}, mutual.Mean},
	{"Eq. 2, 0-50 %", mutual.Interval{High: 0.5}, mutual.Mean},
}

// patchScores is Eq. 3 of one photo by the photos of a bank, itself left out.
func (d *distances) patchScores(i int, bank []int, r rule) []float64 {
	scores := make([]float64, d.patches)
	picked := make([]float64, 0, len(bank))
	for _, values := range d.values {
		for p := range scores {
			row := values[(i*d.patches+p)*d.images:][:d.images]
			picked = picked[:0]
			for _, j := range bank {
				if j != i {
					picked = append(picked, float64(row[j]))
				}
			}
			slices.Sort(picked)
			start, stop := r.interval.Bounds(len(picked))
			total := 0.0
			for _, value := range picked[start:stop] {
				total += value
			}
			scores[p] += total / float64(stop-start) / float64(len(d.values))
		}
	}
	return scores
}

// scores are the image scores of photos by a bank.
func (s *set) scores(d *distances, photos, bank []int, r rule) []float64 {
	scores := make([]float64, len(photos))
	for k, i := range photos {
		scores[k] = s.upsampler.Max(d.patchScores(i, bank, r))
	}
	return scores
}
