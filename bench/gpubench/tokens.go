//go:build cuda && linux

package gpubench

import (
	"math/rand/v2"
	"sync"

	"musc/engine/features"
)

// synthetic tokens are a layout that all images share and noise of their own, with one loud
// channel, as those of aligned photos of one product.
func synthetic(s Shape, images int) *features.Store {
	store := features.NewMemory(features.Shape{Stages: s.Stages, Images: images, Height: s.Height,
		Width: s.Width, Channels: s.Channels})
	var group sync.WaitGroup
	for stage := range s.Stages {
		group.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(stage)))
			layout := make([]float32, s.patches()*s.Channels)
			for k := range layout {
				layout[k] = float32(random.NormFloat64())
				if k%s.Channels == s.Channels/3 {
					layout[k] += 25
				}
			}
			for image := range images {
				tokens := store.Tokens(stage, image)
				for k, x := range layout {
					tokens[k] = x + 0.35*float32(random.NormFloat64())
				}
			}
		})
	}
	group.Wait()
	return store
}
