package rscin

import "math"

// Normalise divides each class token of tokens [N,d] by its Euclidean length, so that a similarity
// is a cosine: raw tokens of great length would be everybody's neighbours. Tokens of zeros, and those
// that are not finite (Nearest names them), stay as they are. It computes in float64.
func Normalise(tokens []float32, d int) {
	for first := 0; first < len(tokens); first += d {
		token := tokens[first : first+d]
		sum := 0.0
		for _, entry := range token {
			sum += float64(entry) * float64(entry)
		}
		length := math.Sqrt(sum)
		if length == 0 || !finite(length) {
			continue
		}
		for c, entry := range token {
			token[c] = float32(float64(entry) / length)
		}
	}
}
