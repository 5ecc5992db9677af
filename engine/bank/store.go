package bank

import (
	"runtime"

	"golang.org/x/sync/errgroup"

	"musc/engine/features"
)

// References decodes all photos for scoring by them: a store [Stages][photos][P][C] of view 0 and one of
// each further view, in memory, or in unnamed files in the folder spill if that is not empty. The caller
// closes them; the bank may be closed before. Errors are of kind fault.Output.
func (b *Bank) References(spill string) (first *features.Store, further []*features.Store, err error) {
	shape := b.header.Shape
	stores := make([]*features.Store, shape.Views)
	for view := range stores {
		of := shape.Features(len(b.header.Photos))
		if spill == "" {
			stores[view] = features.NewMemory(of)
		} else if stores[view], err = features.NewSpilled(of, spill); err != nil {
			for _, store := range stores[:view] {
				store.Close() // the error to tell is the first
			}
			return nil, nil, err
		}
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for photo := range b.header.Photos {
		group.Go(func() error {
			for view, store := range stores {
				for stage := range shape.Stages {
					b.Tokens(store.Tokens(stage, photo), photo, view, stage)
					store.Release(stage, photo)
				}
			}
			return nil
		})
	}
	_ = group.Wait() // none fails
	return stores[0], stores[1:], nil
}

// Features is the shape of a store of so many photos, or views of them.
func (s Shape) Features(images int) features.Shape {
	return features.Shape{Stages: s.Stages, Images: images, Height: s.Height, Width: s.Width,
		Channels: s.Channels}
}
