package main

import (
	"fmt"
	"math/rand/v2"

	"musc/engine/features"
)

// shape is what one image gives a scorer at one stage, and the degrees it is aggregated with.
type shape struct {
	name                    string
	height, width, channels int
	degrees                 []int
}

// The transformers of the paper's tables, at the sizes they are used with. ViT-L/14 at 518 pixels
// is the paper's default, and what the goals are about; class tokens are one patch an image.
var (
	vitL      = shape{"ViT-L/14 at 518", 37, 37, 1024, []int{1, 3, 5}}
	vitB      = shape{"ViT-B/16 at 512", 32, 32, 768, []int{1, 3, 5}}
	vitS      = shape{"ViT-S/14 at 518", 37, 37, 384, []int{1, 3, 5}}
	vitSSmall = shape{"ViT-S/14 at 224", 16, 16, 384, []int{1, 3, 5}}
	classes   = shape{"1x1 grid", 1, 1, 768, []int{1}}
)

func (s shape) patches() int { return s.height * s.width }

// String names the shape with its sizes, as tables and saved results do.
func (s shape) String() string {
	return fmt.Sprintf("%s, %d x %d", s.name, s.patches(), s.channels)
}

func (s shape) tokensOf(images int) features.Shape {
	return features.Shape{Stages: 1, Images: images, Height: s.height, Width: s.width,
		Channels: s.channels}
}

// Synthetic tokens look like those of aligned photos of one product: a layout that all images
// share and noise of their own, such that the nearest patch of another image is about 0.45 away.
// One channel is far larger than the others, as in real transformers.
const (
	noise        = 0.35
	loudChannel  = 25
	layoutSeed   = 7
	noiseSeed    = 1
	loudPosition = 3 // the loud channel is the one at a third of them
)

// fillTokens writes synthetic tokens into a store; the same store gets the same tokens always. An
// image's tokens do not depend on how many images there are.
func fillTokens(store *features.Store) {
	size := store.Shape()
	layout := make([]float32, size.Patches()*size.Channels)
	for stage := range size.Stages {
		random := rand.New(rand.NewPCG(layoutSeed, uint64(stage)))
		for k := range layout {
			layout[k] = float32(random.NormFloat64())
			if k%size.Channels == size.Channels/loudPosition {
				layout[k] += loudChannel
			}
		}
		random = rand.New(rand.NewPCG(noiseSeed, uint64(stage)))
		for image := range size.Images {
			tokens := store.Tokens(stage, image)
			for k, x := range layout {
				tokens[k] = x + noise*float32(random.NormFloat64())
			}
			store.Release(stage, image)
		}
	}
}
