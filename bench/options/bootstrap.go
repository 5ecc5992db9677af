package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"musc/engine/evaluation"
	"musc/engine/evaluation/metrics"
)

// draws of the bootstrap.
const draws = 1000

// difference is by how many points the image AUROC of the same photos changes from a to b, and the standard
// error of that: photos are drawn again with replacement, the same ones for both (paired bootstrap).
func difference(a, b *evaluation.Result) (string, error) {
	before, _ := a.Image.AUROC.Get()
	after, _ := b.Image.AUROC.Get()
	random := rand.New(rand.NewPCG(1, 2))
	n := len(a.Scores)
	labels, of := make([]bool, n), [2][]float64{make([]float64, n), make([]float64, n)}
	var sum, squares, count float64
	for range draws {
		for i := range n {
			k := random.IntN(n)
			labels[i], of[0][i], of[1][i] = a.Scores[k].Defective, a.Scores[k].Score, b.Scores[k].Score
		}
		from, err := metrics.AUROC(labels, of[0])
		if err != nil {
			continue // all drawn are good, or all defective
		}
		to, err := metrics.AUROC(labels, of[1])
		if err != nil {
			return "", err
		}
		sum, squares, count = sum+to-from, squares+(to-from)*(to-from), count+1
	}
	mean := sum / count
	return fmt.Sprintf("%+.1f ± %.1f", 100*(after-before), 100*math.Sqrt(max(0, squares/count-mean*mean))), nil
}
