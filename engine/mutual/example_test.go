package mutual_test

import (
	"context"
	"fmt"
	"log"

	"musc/engine/features"
	"musc/engine/mutual"
)

// Patch tokens of any source, in memory: five images of 2 x 2 patches with 3 channels, one stage. One
// patch of the last image is like none in the others; the rest of it differs a little, too, since LNAMD
// subtracts the mean of an image.
func ExampleCPU() {
	shape := features.Shape{Stages: 1, Images: 5, Height: 2, Width: 2, Channels: 3}
	store := features.NewMemory(shape)
	defer store.Close()
	for image := range shape.Images {
		tokens := store.Tokens(0, image) // [P,C], row by row
		copy(tokens, []float32{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0})
		if image == 4 {
			copy(tokens[3*3:], []float32{-1, -1, -1})
		}
		if err := store.Accept(0, image); err != nil {
			log.Fatal(err)
		}
	}
	scores, err := mutual.CPU{}.PatchScores(context.Background(), &mutual.Problem{Images: store,
		Degrees: []int{1}, Interval: mutual.Interval{Low: 0, High: 0.3}, Average: mutual.Mean})
	if err != nil {
		log.Fatal(err)
	}
	for image := range shape.Images {
		fmt.Printf("%.2f\n", scores[image*shape.Patches():(image+1)*shape.Patches()])
	}
	// Output:
	// [0.00 0.00 0.00 0.00]
	// [0.00 0.00 0.00 0.00]
	// [0.00 0.00 0.00 0.00]
	// [0.00 0.00 0.00 0.00]
	// [0.77 0.77 0.77 1.29]
}
