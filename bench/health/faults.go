package main

import (
	"math/rand/v2"
	"slices"

	"musc/engine/health"
	"musc/engine/imageio"
)

// fault plants something in a batch of a set.
type fault struct {
	name  string
	plant func(random *rand.Rand, s *set) (*health.Batch, error)
}

func (p *pools) faults() (list []fault) {
	list = append(list, fault{"one photo copied", func(random *rand.Rand, s *set) (*health.Batch, error) {
		photos := draw(random, s, true)
		b := withoutPictures(s.pick(append(photos, photos[0])))
		b.Photos[0].Digest, b.Photos[len(photos)].Digest = "the same", "the same"
		return b, nil
	}})
	for k, way := range plants {
		list = append(list, fault{"one photo " + way.name,
			func(random *rand.Rand, s *set) (*health.Batch, error) {
				at := random.IntN(victimsOf)
				victim := p.victims[s][at]
				photos := slices.DeleteFunc(draw(random, s, true), func(i int) bool { return i == victim })
				b := s.pick(append(photos[:min(len(photos), 58)], victim))
				p.planted[s][k].add(b, at)
				return b, nil
			}})
	}
	other := func(s *set) *set {
		if s == p.washers {
			return p.mono
		}
		return p.washers
	}
	list = append(list, fault{"1 to 3 of something else", func(random *rand.Rand, s *set) (*health.Batch, error) {
		strange := other(s)
		return withoutPictures(join(s.pick(draw(random, s, true)),
			strange.pick(random.Perm(len(strange.batch.Photos))[:1+random.IntN(3)]))), nil
	}})
	list = append(list, fault{"half of something else", func(random *rand.Rand, s *set) (*health.Batch, error) {
		strange := other(s)
		return withoutPictures(join(s.pick(draw(random, s, true)[:25]),
			strange.pick(random.Perm(len(strange.batch.Photos))[:25]))), nil
	}})
	list = append(list, fault{"20 % darker from the first to the last",
		func(random *rand.Rand, s *set) (*health.Batch, error) {
			b := withoutPictures(s.pick(draw(random, s, true)))
			for i := range b.Photos {
				b.Photos[i].Brightness *= 1 - .2*float64(i)/float64(len(b.Photos)-1)
			}
			return b, nil
		}})
	return append(list, fault{"blurred from the middle on", func(random *rand.Rand, s *set) (*health.Batch, error) {
		b := s.pick(draw(random, s, true))
		for i := len(b.Photos) / 2; i < len(b.Photos); i++ {
			photo, _, err := imageio.Decode(b.Photos[i].Path, imageio.Options{})
			if err != nil {
				return nil, err
			}
			small := photo.Resize(112, 112, imageio.Bilinear)
			b.Photos[i].Sharpness = small.Resize(224, 224, imageio.Bilinear).Exposure().Sharpness
		}
		return withoutPictures(b), nil
	}})
}
