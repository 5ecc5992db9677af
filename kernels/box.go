//go:build cuda && linux

package kernels

import (
	"gorgonia.org/cu"
)

// box is what kernel Box has besides: one product of two images for all degrees whose windows are
// no larger than boxReach, and the rest by Search.
type box struct {
	features cu.DevicePtr // halves [slots, patches, padded], of tokens before aggregation
	offsets  cu.DevicePtr // floats [slots, patches]
	lengths  cu.DevicePtr // floats [slots, patches]
	scales   cu.DevicePtr // floats [degrees, slots, patches]
	centre   cu.DevicePtr // floats [channels]
	squares  cu.DevicePtr // doubles [sumParts]
	products cu.DevicePtr // floats [boxPairs, patches, boxStride]
}

// pointers are in the order of Sizes.boxBytes.
func (b *box) pointers() []*cu.DevicePtr {
	return []*cu.DevicePtr{&b.features, &b.offsets, &b.lengths, &b.scales, &b.centre, &b.squares,
		&b.products}
}

// aggregateBox makes what box_product and box_search need of an image whose raw tokens and their
// sums are on the device.
func (s *Scoring) aggregateBox(slot int, stage *stage, centred bool) error {
	perSlot := bytesOfFloat * int64(s.patches())
	features := at(s.box.features, 0, 0, slot, s.featureBytes()/int64(s.Slots))
	offsets := at(s.box.offsets, 0, 0, slot, perSlot)
	lengths := at(s.box.lengths, 0, 0, slot, perSlot)
	centre := s.noCentre
	if centred {
		centre = s.box.centre
	}
	if err := s.device.launch("sum_squares", grid{sumParts, 1}, threads, 0, s.box.squares,
		stage.tokens, stage.sums, sumParts, s.patches()*s.Channels); err != nil {
		return err
	}
	if err := s.device.launch("box_features", grid{s.patches(), 1}, threads, 0, features, offsets,
		lengths, stage.tokens, stage.sums, s.box.squares, centre, sumParts, s.Channels,
		s.padded()); err != nil || !centred {
		return err
	}
	for degree, radius := range s.radii {
		if radius > boxReach {
			continue
		}
		if err := s.device.launch("box_scales", grid{s.patches(), 1}, threads, 0,
			at(s.box.scales, degree, s.normBytes(), slot, perSlot), features, lengths, centre,
			s.Height, s.Width, s.Channels, s.padded(), radius); err != nil {
			return err
		}
	}
	return nil
}

// searchBox compares pairs in all degrees, boxPairs of them by one product after the other.
func (s *Scoring) searchBox(pairs int) error {
	var keys, scales [boxReach + 1]cu.DevicePtr // of each radius; 0: not wanted
	some := false
	for degree, radius := range s.radii {
		if radius > boxReach {
			if err := s.search(degree, pairs); err != nil {
				return err
			}
			continue
		}
		some = true
		keys[radius] = at(s.keys, degree, s.keyBytes(), 0, 0)
		scales[radius] = at(s.box.scales, degree, s.normBytes(), 0, 0)
	}
	if !some {
		return nil
	}
	for first := 0; first < pairs; first += s.boxPairs() {
		count := min(s.boxPairs(), pairs-first)
		of := at(s.pairs, 0, 0, first, bytesOfPair)
		tiles, tasks := s.tiles(), s.boxTasks()
		if s.Near > 0 {
			tiles, tasks = s.near.products.count, s.near.tasks.count
		}
		blocks := min(count*tiles, s.device.Multiprocessors*searchBlocks)
		name, arguments := s.bounded("box_product", s.near.products, []any{s.box.products, keys[0],
			s.box.features, s.box.offsets, scales[0], of, count, s.patches(), s.padded(),
			s.boxStride()}, s.Width, s.Near)
		if err := s.device.launch(name, grid{blocks, 1}, threads, searchShared,
			arguments...); err != nil {
			return err
		}
		if keys[1] == 0 && keys[2] == 0 {
			continue
		}
		blocks = min(count*tasks, s.device.Multiprocessors)
		name, arguments = s.bounded("box_search", s.near.tasks, []any{keys[1], keys[2],
			s.box.products, scales[1], scales[2], of, count, s.Height, s.Width, s.boxStride()}, s.Near)
		if err := s.device.launch(name, grid{blocks, 1}, boxThreads, boxShared,
			arguments...); err != nil {
			return err
		}
	}
	return nil
}
