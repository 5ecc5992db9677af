package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"musc/bench/present"
)

// chooser keeps some photos of a bank; m is M[i,p,j] among all photos.
type chooser struct {
	name   string
	choose func(m *means, bank []int, keep, draw int) []int
}

var choosers = []chooser{
	{"at random", func(_ *means, bank []int, keep, draw int) []int {
		order := slices.Clone(bank)
		random := rand.New(rand.NewPCG(uint64(keep), uint64(draw)))
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		return order[:keep]
	}},
	{"k-centre, mean", func(m *means, bank []int, keep, _ int) []int {
		return kCentre(bank, keep, func(i, j int) float64 { return m.quantile(i, j, -1) })
	}},
	{"k-centre, 90 %", func(m *means, bank []int, keep, _ int) []int {
		return kCentre(bank, keep, func(i, j int) float64 { return m.quantile(i, j, 0.9) })
	}},
	{"k-centre, max", func(m *means, bank []int, keep, _ int) []int {
		return kCentre(bank, keep, func(i, j int) float64 { return m.quantile(i, j, 1) })
	}},
	{"facility, mean", func(m *means, bank []int, keep, _ int) []int {
		return facility(bank, keep, func(i, j int) float64 { return m.quantile(i, j, -1) })
	}},
	{"facility, 90 %", func(m *means, bank []int, keep, _ int) []int {
		return facility(bank, keep, func(i, j int) float64 { return m.quantile(i, j, 0.9) })
	}},
	{"facility, max", func(m *means, bank []int, keep, _ int) []int {
		return facility(bank, keep, func(i, j int) float64 { return m.quantile(i, j, 1) })
	}},
	{"facility of patches", facilityOfPatches},
}

func newThinTable() *present.Table {
	head := []string{"set", "bank", "kept", "draws", "whole bank"}
	for _, c := range choosers {
		head = append(head, c.name)
	}
	return &present.Table{Title: "Which photos a thinned bank keeps: image AUROC of all photos outside of the bank", Head: head}
}

// means is M[i,p,j], the mean distance over stages and degrees.
type means struct {
	*distances
	m      []float32
	photos map[[3]int]float64
}

func (s *set) means() *means {
	m := &means{s.pairs, make([]float32, len(s.pairs.values[0])), map[[3]int]float64{}}
	for _, values := range s.pairs.values {
		for k, value := range values {
			m.m[k] += value / float32(len(s.pairs.values))
		}
	}
	return m
}

// quantile is that of the distances of photo i's patches to photo j; q below 0 is the mean.
func (m *means) quantile(i, j int, q float64) float64 {
	key := [3]int{i, j, int(100 * q)}
	if value, known := m.photos[key]; known {
		return value
	}
	values := make([]float64, m.patches)
	for p := range values {
		values[p] = float64(m.m[(i*m.patches+p)*m.images+j])
	}
	slices.Sort(values)
	value := mean(values)
	if q >= 0 {
		value = values[int(q*float64(len(values)-1))]
	}
	m.photos[key] = value
	return value
}

// kCentre keeps the photo that is farthest from those that are kept, again and again; first the one
// whose farthest photo is nearest.
func kCentre(bank []int, keep int, distance func(i, j int) float64) []int {
	far := func(i int) (worst float64) {
		for _, k := range bank {
			if k != i {
				worst = max(worst, distance(k, i))
			}
		}
		return worst
	}
	first := slices.MinFunc(bank, func(a, b int) int { return cmp.Compare(far(a), far(b)) })
	kept := []int{first}
	for len(kept) < keep {
		best, farthest := -1, -1.0
		for _, i := range bank {
			nearest := 1e9
			for _, j := range kept {
				nearest = min(nearest, distance(i, j))
			}
			if !slices.Contains(kept, i) && nearest > farthest {
				best, farthest = i, nearest
			}
		}
		kept = append(kept, best)
	}
	return kept
}

// facility keeps the photo that brings all photos nearest to their nearest kept one, again and again.
func facility(bank []int, keep int, distance func(i, j int) float64) (kept []int) {
	nearest := map[int]float64{}
	for _, i := range bank {
		nearest[i] = 1e9
	}
	for len(kept) < keep {
		best, least := -1, 0.0
		for _, j := range bank {
			if slices.Contains(kept, j) {
				continue
			}
			total := 0.0
			for _, i := range bank {
				if i != j {
					total += min(nearest[i], distance(i, j))
				}
			}
			if best < 0 || total < least {
				best, least = j, total
			}
		}
		kept = append(kept, best)
		for _, i := range bank {
			nearest[i] = min(nearest[i], distance(i, best))
		}
		nearest[best] = 0
	}
	return kept
}

// facilityOfPatches is facility where each patch has a nearest kept photo of its own.
func facilityOfPatches(m *means, bank []int, keep, _ int) (kept []int) {
	nearest := make([]float32, m.images*m.patches)
	for k := range nearest {
		nearest[k] = 1e9
	}
	for len(kept) < keep {
		best, least := -1, 0.0
		for _, j := range bank {
			if slices.Contains(kept, j) {
				continue
			}
			total := 0.0
			for _, i := range bank {
				for p := range m.patches {
					k := i*m.patches + p
					if i != j {
						total += float64(min(nearest[k], m.m[k*m.images+j]))
					}
				}
			}
			if best < 0 || total < least {
				best, least = j, total
			}
		}
		kept = append(kept, best)
		for k := range nearest {
			nearest[k] = min(nearest[k], m.m[k*m.images+best])
		}
	}
	return kept
}

// addThin thins banks of half of the good photos.
func addThin(_ context.Context, t *present.Table, s *set, draws int) error {
	m := s.means()
	size := len(s.good) * 2 / 3
	for _, keep := range []int{size / 6, size / 3, size / 2, size * 3 / 4} {
		cells := []string{s.name, fmt.Sprint(size), fmt.Sprint(keep), fmt.Sprint(draws), ""}
		whole := make([]float64, draws)
		for _, c := range choosers {
			aurocs := make([]float64, draws)
			for draw := range draws {
				bank, rest := s.bank(size, draw)
				var err error
				kept := c.choose(m, bank, keep, draw)
				if aurocs[draw], err = s.auroc(rest, s.scores(s.pairs, rest, kept, rules[0])); err != nil {
					return err
				}
				if whole[draw], err = s.auroc(rest, s.scores(s.pairs, rest, bank, rules[0])); err != nil {
					return err
				}
			}
			cells = append(cells, meanText(aurocs))
		}
		cells[4] = meanText(whole)
		t.Add(cells...)
	}
	return nil
}
