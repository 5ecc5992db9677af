package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"

	"musc/engine/bank"
)

// noise is added to every value of a repeated token, as a share of the value: what two photos of the same
// part differ by is more.
const noise = .05

// repeat makes a bank of so many photos at path: those of from, and the same again with noise.
func repeat(path string, from *bank.Bank, photos int) error {
	header := *from.Header()
	calibration := header.Calibration
	calibration.Scores, calibration.FalseAlarms = make([]float64, photos), nil
	for k := range calibration.Scores {
		calibration.Scores[k] = header.Calibration.Scores[k%len(header.Photos)]
	}
	w, err := bank.Create(path, header, false)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2))
	shape := header.Shape
	for k := range photos {
		of := k % len(header.Photos)
		photo := header.Photos[of]
		photo.Class = from.Class(of)
		repeated := k >= len(header.Photos)
		if repeated {
			sum := sha256.Sum256(fmt.Appendf(nil, "%d", k))
			photo.Name, photo.SHA256 = fmt.Sprintf("%d of %s", k, photo.Name), hex.EncodeToString(sum[:])
		}
		err := w.Add(photo, func(view, stage int) []float32 {
			tokens := make([]float32, shape.Patches()*shape.Channels)
			from.Tokens(tokens, of, view, stage)
			for i := range tokens {
				if repeated {
					tokens[i] *= 1 + noise*float32(random.NormFloat64())
				}
			}
			return tokens
		}, func(view int) []bool { return from.Active(of, view) })
		if err != nil {
			w.Abort()
			return err
		}
	}
	return w.Commit(calibration)
}
