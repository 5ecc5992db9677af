package engine

import "musc/engine/features"

// Store holds the raw patch tokens of the images that could be read; nil if none could.
func (b *Batch) Store() *features.Store { return b.extracted.store }
