package main

import (
	"fmt"
	"slices"

	"musc/bench/present"
	"musc/engine/anomalymap"
	"musc/engine/verdict"
)

func newPixelTable() *present.Table {
	return &present.Table{Title: "Regions against masks",
		Head: []string{"set", "level", "value", "pixel precision %", "pixel recall %", "pixel F1 %",
			"true regions found", "regions", "of them touch no true one"}}
}

// pixelCounts compares predicted with true pixels and regions, over all photos.
type pixelCounts struct {
	hits, predicted, marked  int // pixels
	found, regions           int // true regions that a predicted one touches, of all
	predictedRegions, beside int // beside: predicted ones that touch no true one
}

func (c *pixelCounts) f1() float64 { return 2 * ratio(c.hits, c.predicted+c.marked) }

// levels is how many thresholds the scan tries.
const levels = 400

// addPixels adds the rows of the verdict masks and of the best thresholds for all maps; none for
// photos without masks. The true regions are the 8-connected ones of the masks.
func addPixels(table *present.Table, name string, b *batch) error {
	truths, err := readTruths(b)
	if err != nil || truths == nil {
		return err
	}
	auto, err := thresholds(b, "auto", nil)
	if err != nil {
		return err
	}
	row := func(by, value string, t func(i int) *verdict.Thresholds) (c pixelCounts, err error) {
		for i := range b.Images {
			image := &b.Images[i]
			limits := t(i)
			grid := verdict.Grid{Scores: image.PatchScores, Height: b.Height, Width: b.Width}
			predicted, err := verdict.Regions(grid, image.Width, image.Height, image.ScoreBefore, limits)
			if err != nil {
				return c, err
			}
			c.add(&truths[i], predicted)
		}
		if by != "" {
			table.Add(name, by, value, percent(c.hits, c.predicted), percent(c.hits, c.marked),
				fmt.Sprintf("%.1f", 100*c.f1()), fmt.Sprintf("%d of %d", c.found, c.regions),
				fmt.Sprint(c.predictedRegions), fmt.Sprint(c.beside))
		}
		return c, nil
	}
	value := fmt.Sprintf("%.4f, from %.4f", auto.Threshold, auto.Review)
	_, err = row("auto: verdict masks", value, func(int) *verdict.Thresholds { return &auto })
	if err != nil {
		return err
	}
	single := func(level float64) func(int) *verdict.Thresholds {
		t := &verdict.Thresholds{Method: "scan", Threshold: level, Review: level}
		return func(int) *verdict.Thresholds { return t }
	}
	_, err = row("auto: threshold alone", fmt.Sprintf("%.4f", auto.Threshold), single(auto.Threshold))
	if err != nil {
		return err
	}
	low, high := slices.Min(b.scores), slices.Max(b.scores)
	best, bestF1 := low, -1.
	for k := range levels {
		level := low + (high-low)*float64(k)/levels
		c, err := row("", "", single(level))
		if err != nil {
			return err
		}
		if c.f1() > bestF1 {
			best, bestF1 = level, c.f1()
		}
	}
	if _, err = row("best single threshold", fmt.Sprintf("%.4f", best), single(best)); err != nil {
		return err
	}
	return addPlain(table, name, b, truths)
}

// addPlain adds the best threshold of the maps as they are, without regions.
func addPlain(table *present.Table, name string, b *batch, truths []truth) error {
	type pixel struct {
		value  float64
		marked bool
	}
	var pixels []pixel
	marked := 0
	for i := range b.Images {
		image := &b.Images[i]
		u, err := anomalymap.New(b.Height, b.Width, image.Height, image.Width)
		if err != nil {
			return err
		}
		values := make([]float64, image.Height*image.Width)
		u.Upsample64(values, image.PatchScores)
		for p, value := range values {
			pixels = append(pixels, pixel{value, truths[i].mask[p]})
			if truths[i].mask[p] {
				marked++
			}
		}
	}
	slices.SortFunc(pixels, func(a, b pixel) int {
		switch {
		case a.value > b.value:
			return -1
		case a.value < b.value:
			return 1
		}
		return 0
	})
	var best pixelCounts
	level, hits := 0., 0
	for k, p := range pixels {
		if p.marked {
			hits++
		}
		if k+1 < len(pixels) && pixels[k+1].value == p.value {
			continue
		}
		if c := (pixelCounts{hits: hits, predicted: k + 1, marked: marked}); c.f1() > best.f1() {
			best, level = c, p.value
		}
	}
	table.Add(name, "best threshold of the maps, no regions", fmt.Sprintf("%.4f", level),
		percent(best.hits, best.predicted), percent(best.hits, best.marked),
		fmt.Sprintf("%.1f", 100*best.f1()), "-", "-", "-")
	return nil
}

// truth is what a mask says.
type truth struct {
	mask    []bool // [height,width]
	width   int
	regions []verdict.Region
}

// readTruths reads the masks at the photos' sizes; nil if a defective photo has none.
func readTruths(b *batch) ([]truth, error) {
	list := make([]truth, len(b.photos))
	// A mask is a map of zeros and ones at its own size: its regions are the connected white pixels.
	half := &verdict.Thresholds{Method: "mask", Threshold: .5, Review: .5}
	for i, photo := range b.photos {
		width, height := b.Images[i].Width, b.Images[i].Height
		mask, err := photo.ReadMask(width, height)
		if err != nil {
			return nil, err
		}
		if mask == nil {
			if photo.Defective {
				return nil, nil
			}
			mask = make([]bool, width*height)
		}
		list[i] = truth{mask: mask, width: width}
		grid := verdict.Grid{Scores: make([]float64, len(mask)), Height: height, Width: width}
		for p, is := range mask {
			if is {
				grid.Scores[p] = 1
			}
		}
		if list[i].regions, err = verdict.Regions(grid, width, height, slices.Max(grid.Scores),
			half); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// add counts one photo.
func (c *pixelCounts) add(t *truth, predicted []verdict.Region) {
	inside := make([]bool, len(t.mask))
	for _, region := range predicted {
		touches := false
		for _, run := range region.Runs {
			for p := run.Y*t.width + run.From; p < run.Y*t.width+run.To; p++ {
				inside[p] = true
				c.predicted++
				if t.mask[p] {
					c.hits++
					touches = true
				}
			}
		}
		c.predictedRegions++
		if !touches {
			c.beside++
		}
	}
	for _, region := range t.regions {
		c.marked += region.Area
		c.regions++
		if slices.ContainsFunc(region.Runs, func(run verdict.Run) bool {
			return slices.Contains(inside[run.Y*t.width+run.From:run.Y*t.width+run.To], true)
		}) {
			c.found++
		}
	}
}
