package frame

// Stitch puts the patch scores of the upright tiles together to those of the canvas. tiles are by tile
// [P], nil of those that were left out; active says which patches of a tile took part, nil: all. A patch
// that took part nowhere is 0.
//
// Where tiles overlap, a patch has the mean of their scores, weighted along both axes: over an overlap of
// o patches a tile's weight falls towards its border from o/(o+1) to 1/(o+1), and that of its
// neighbour rises, so that neither border shows. Equal scores stay exactly what they are.
func (o Options) Stitch(tiles [][]float64, active [][]bool, m Model) []float64 {
	height, width := o.Canvas(m)
	rows, columns := o.Tiles.grid()
	scores, weights := make([]float64, height*width), make([]float64, height*width)
	for tile, from := range tiles {
		if from == nil {
			continue
		}
		top, left := o.Corner(tile, m)
		down := fade(m.Height, o.Tiles.Overlap, tile/columns, rows)
		across := fade(m.Width, o.Tiles.Overlap, tile%columns, columns)
		for p, score := range from {
			if active != nil && active[tile] != nil && !active[tile][p] {
				continue
			}
			y, x := p/m.Width, p%m.Width
			to := (top+y)*width + left + x
			weight := float64(down[y] * across[x])
			weights[to] += weight
			scores[to] += float64(weight / weights[to] * (score - scores[to]))
		}
	}
	return scores
}

// fade are the weights, whole numbers, of the patches of a tile along an axis, where it is the k-th of
// count.
func fade(size, overlap, k, count int) []int {
	weights := make([]int, size)
	for i := range weights {
		weights[i] = overlap + 1
		if k > 0 {
			weights[i] = min(weights[i], i+1)
		}
		if k < count-1 {
			weights[i] = min(weights[i], size-i)
		}
	}
	return weights
}
