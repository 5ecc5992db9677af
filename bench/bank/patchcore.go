package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"musc/bench/present"
	"musc/cgo/cpu"
	"musc/engine/features"
	"musc/engine/mutual"
)

func newPatchCoreTable() *present.Table {
	return &present.Table{Title: "PatchCore's memory of patches beside a bank, on the same tokens: image AUROC " +
		"(standard deviation) and time of one thread",
		Head: []string{"set", "bank", "scored by", "image AUROC", "MB in memory", "to make it, s",
			"a photo, ms"}}
}

// memory is PatchCore's: raw tokens, averaged over 3x3 patches, all stages in a row, of which a greedy
// coreset is kept.
type memory struct {
	width  int
	rows   []float32 // [M,width]
	packed []float32
	sizes  []float32 // [M] squared lengths
}

// patchesOf are the rows [P, stages*C] of one photo.
func patchesOf(store *features.Store, photo int) []float32 {
	shape := store.Shape()
	width := shape.Stages * shape.Channels
	rows := make([]float32, shape.Patches()*width)
	for stage := range shape.Stages {
		tokens := store.Tokens(stage, photo)
		for y := range shape.Height {
			for x := range shape.Width {
				row := rows[(y*shape.Width+x)*width+stage*shape.Channels:][:shape.Channels]
				count := float32(0)
				for v := max(y-1, 0); v <= min(y+1, shape.Height-1); v++ {
					for u := max(x-1, 0); u <= min(x+1, shape.Width-1); u++ {
						count++
						for c, value := range tokens[(v*shape.Width+u)*shape.Channels:][:shape.Channels] {
							row[c] += value
						}
					}
				}
				for c := range row {
					row[c] /= count
				}
			}
		}
	}
	return rows
}

// coreset is the greedy one: each time the row that is farthest from those that are kept, from a row
// drawn at random on. Distances are taken of random projections to 128 values, as in the published code.
func coreset(rows []float32, width int, part float64, random *rand.Rand) (kept []int) {
	const projected = 128
	count := len(rows) / width
	target := max(1, int(part*float64(count)))
	if target == count {
		for i := range count {
			kept = append(kept, i)
		}
		return kept
	}
	matrix := make([]float32, projected*width)
	for k := range matrix {
		matrix[k] = float32(random.NormFloat64() / math.Sqrt(projected))
	}
	packed := make([]float32, cpu.PackedLen(projected, width))
	cpu.Pack(packed, matrix, width)
	small := make([]float32, count*projected)
	cpu.InnerProducts(small, rows, packed, projected, width)
	nearest := make([]float32, count)
	for i := range nearest {
		nearest[i] = math.MaxFloat32
	}
	for at := random.IntN(count); len(kept) < target; {
		kept = append(kept, at)
		centre := small[at*projected:][:projected]
		far := float32(-1)
		for i := range nearest {
			sum := float32(0)
			for c, value := range small[i*projected:][:projected] {
				sum += (value - centre[c]) * (value - centre[c])
			}
			if nearest[i] = min(nearest[i], sum); nearest[i] > far {
				at, far = i, nearest[i]
			}
		}
	}
	return kept
}

func newMemory(store *features.Store, bank []int, part float64, random *rand.Rand) *memory {
	shape := store.Shape()
	m := &memory{width: shape.Stages * shape.Channels}
	var all []float32
	for _, photo := range bank {
		all = append(all, patchesOf(store, photo)...)
	}
	for _, i := range coreset(all, m.width, part, random) {
		m.rows = append(m.rows, all[i*m.width:][:m.width]...)
	}
	m.packed = make([]float32, cpu.PackedLen(len(m.rows)/m.width, m.width))
	cpu.Pack(m.packed, m.rows, m.width)
	m.sizes = squares(m.rows, m.width)
	return m
}

func squares(rows []float32, width int) []float32 {
	sizes := make([]float32, len(rows)/width)
	for i := range sizes {
		sum := 0.0
		for _, value := range rows[i*width:][:width] {
			sum += float64(value) * float64(value)
		}
		sizes[i] = float32(sum)
	}
	return sizes
}

// score is the largest distance of a patch to its nearest one in the memory.
func (m *memory) score(rows []float32) float64 {
	count := len(m.sizes)
	products := make([]float32, len(rows)/m.width*count)
	cpu.InnerProducts(products, rows, m.packed, count, m.width)
	largest := float32(0)
	for p, own := range squares(rows, m.width) {
		nearest := float32(math.MaxFloat32)
		for j, product := range products[p*count:][:count] {
			nearest = min(nearest, own+m.sizes[j]-2*product)
		}
		largest = max(largest, nearest)
	}
	return math.Sqrt(float64(largest))
}

// addPatchCore scores by the same banks in both ways.
func addPatchCore(ctx context.Context, t *present.Table, s *set, draws int) error {
	for _, size := range []int{8, len(s.good) / 2, len(s.good) - 6} {
		name := fmt.Sprintf("%d good", size)
		if err := s.addMuSc(ctx, t, name, size, draws); err != nil {
			return err
		}
		for _, part := range []float64{0.01, 0.1, 1} {
			aurocs, made, took, photos, bytes := make([]float64, draws), 0.0, 0.0, 0, 0
			for draw := range draws {
				bank, rest := s.bank(size, draw)
				begun := time.Now()
				m := newMemory(s.store, bank, part, rand.New(rand.NewPCG(uint64(draw), 1)))
				made += time.Since(begun).Seconds()
				bytes = 4 * len(m.rows)
				scores := make([]float64, len(rest))
				begun = time.Now()
				for k, i := range rest {
					scores[k] = m.score(patchesOf(s.store, i))
				}
				took += time.Since(begun).Seconds()
				photos += len(rest)
				var err error
				if aurocs[draw], err = s.auroc(rest, scores); err != nil {
					return err
				}
			}
			t.Add(s.name, name, fmt.Sprintf("PatchCore, %.0f %% coreset", 100*part), meanText(aurocs),
				fmt.Sprintf("%.1f", float64(bytes)/1e6), fmt.Sprintf("%.2f", made/float64(draws)),
				fmt.Sprintf("%.1f", 1000*took/float64(photos)))
		}
	}
	return nil
}

// addMuSc is the row of a bank by the nearest photo. The time is that of searching a bank that is ready.
func (s *set) addMuSc(ctx context.Context, t *present.Table, name string, size, draws int) error {
	aurocs := make([]float64, draws)
	for draw := range draws {
		bank, rest := s.bank(size, draw)
		var err error
		if aurocs[draw], err = s.auroc(rest, s.scores(s.pairs, rest, bank, rules[0])); err != nil {
			return err
		}
	}
	bank, rest := s.bank(size, 0)
	references, photo := some(s.store, bank), some(s.store, rest[:1])
	begun := time.Now()
	prepared, err := mutual.NewPrepared(ctx, &mutual.Problem{References: references, Degrees: s.degrees,
		Interval: mutual.Interval{High: 0.3}, ReferencesOnly: true}, 1, 1<<40, nil)
	if err != nil {
		return err
	}
	defer prepared.Close()
	made, took := time.Since(begun).Seconds(), math.MaxFloat64
	for range 5 {
		begun := time.Now()
		if _, err := prepared.PatchScores(ctx, photo, nil); err != nil {
			return err
		}
		took = min(took, time.Since(begun).Seconds())
	}
	t.Add(s.name, name, "bank, nearest", meanText(aurocs), fmt.Sprintf("%.1f", float64(prepared.Bytes())/1e6),
		fmt.Sprintf("%.2f", made), fmt.Sprintf("%.1f", 1000*took))
	return nil
}

// some copies photos to a store of their own.
func some(store *features.Store, photos []int) *features.Store {
	shape := store.Shape()
	shape.Images = len(photos)
	out := features.NewMemory(shape)
	for stage := range shape.Stages {
		for k, i := range photos {
			copy(out.Tokens(stage, k), store.Tokens(stage, i))
		}
	}
	return out
}
