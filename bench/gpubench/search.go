//go:build cuda && linux

package gpubench

import (
	"errors"

	"musc/kernels"
)

// search measures all pairs of p.Slots images, by the events before and after each search.
func (p Plan) search(ordinal int, s Shape) (Search, error) {
	device, err := kernels.Open(ordinal, "")
	if err != nil {
		return Search{}, err
	}
	result, err := p.searchOn(device, s)
	return result, errors.Join(err, device.Close())
}

func (p Plan) searchOn(device *kernels.Device, s Shape) (_ Search, err error) {
	scoring, err := device.NewScoring(kernels.Sizes{Height: s.Height, Width: s.Width,
		Channels: s.Channels, Degrees: 1, Slots: p.Slots, Rows: p.Slots, Scorers: p.Slots,
		Images: p.Slots})
	if err != nil {
		return Search{}, err
	}
	defer func() { err = errors.Join(err, scoring.Close()) }()
	one := s
	one.Stages = 1
	store := synthetic(one, p.Slots)
	defer store.Close()
	sample := func(k int) []float32 { return store.Tokens(0, k) }
	if err := scoring.Begin([]int{0}, sample, 1); err != nil {
		return Search{}, err
	}
	var pairs []kernels.Pair
	for i := range p.Slots {
		if err := scoring.Load(i, store.Tokens(0, i)); err != nil {
			return Search{}, err
		}
		for j := i + 1; j < p.Slots; j++ {
			pairs = append(pairs, kernels.Pair{Rows: i, RowOfRows: i, ScorerOfRows: j,
				Columns: j, RowOfColumns: j, ScorerOfColumns: i})
		}
	}
	if err := errors.Join(scoring.Clear(), scoring.Wait()); err != nil {
		return Search{}, err
	}
	scoring.Time()
	const repeats = 10 // a round; the first round warms up
	for range (1 + p.Rounds) * repeats {
		if err := scoring.Search(pairs); err != nil {
			return Search{}, err
		}
	}
	spans, err := scoring.Spans()
	if err != nil {
		return Search{}, err
	}
	var samples []float64
	for _, span := range spans[repeats:] {
		samples = append(samples, 1e3*(span.End-span.Begin).Seconds())
	}
	took := median(samples)
	patches := float64(s.patches())
	work := 2 * float64(len(pairs)) * patches * patches * float64(s.Channels)
	return Search{Shape: s.Name, Images: p.Slots, Milliseconds: took, Samples: samples,
		Teraflops: work / took / 1e9}, nil
}
