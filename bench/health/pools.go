package main

import (
	"context"
	"fmt"
	"path/filepath"

	"musc/engine/csvfile"
)

// pools are the sets of photos that batches are drawn from.
type pools struct {
	demo, mono, poly, washers, small *set

	tokens  []*set
	victims map[*set][]int  // photos of mono, poly and washers that were planted
	planted map[*set][]*set // by the way of planting: the victims once more
}

// victimsOf is how many photos of a set are planted.
const victimsOf = 20

func load(ctx context.Context, o options) (*pools, error) {
	x, err := openExtractor(ctx)
	if err != nil {
		return nil, err
	}
	defer x.pipeline.Close()
	x.scratch = o.scratch
	mono, poly, err := elpvTypes(o.elpv)
	if err != nil {
		return nil, err
	}
	list, err := csvfile.Read(o.list)
	if err != nil {
		return nil, err
	}
	var demo []string
	for _, record := range list.Records[1:] {
		demo = append(demo, filepath.Join(o.elpv, "images", record.Field(0)))
	}
	washers, err := photosIn(o.washers)
	if err != nil {
		return nil, err
	}
	small, err := photosIn("testdata/washer/images")
	if err != nil {
		return nil, err
	}
	p := &pools{victims: map[*set][]int{}, planted: map[*set][]*set{}}
	for _, of := range []struct {
		to    **set
		name  string
		paths []string
	}{{&p.demo, "demo", demo}, {&p.mono, "mono", mono}, {&p.poly, "poly", poly},
		{&p.washers, "washers", washers}, {&p.small, "testdata/washer", small}} {
		if *of.to, err = x.kept(ctx, of.name, of.paths); err != nil {
			return nil, err
		}
	}
	for _, s := range []*set{p.mono, p.poly, p.washers} {
		if err := p.plant(ctx, x, s); err != nil {
			return nil, err
		}
	}
	if o.tokens != "" {
		p.tokens, err = tokenSets(o.tokens)
	}
	return p, err
}

// plant saves some photos of a set once more, in each way.
func (p *pools) plant(ctx context.Context, x *extractor, s *set) error {
	var photos []string
	for k := range victimsOf {
		victim := k * len(s.batch.Photos) / victimsOf
		p.victims[s] = append(p.victims[s], victim)
		photos = append(photos, s.batch.Photos[victim].Path)
	}
	paths, err := plant(filepath.Join(x.scratch, "planted-"+s.name), photos)
	if err != nil {
		return err
	}
	for k, of := range paths {
		again, err := x.kept(ctx, fmt.Sprintf("planted-%s-%d", s.name, k), of)
		if err != nil {
			return err
		}
		p.planted[s] = append(p.planted[s], again)
	}
	return nil
}
