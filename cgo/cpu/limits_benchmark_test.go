package cpu

import (
	"fmt"
	"testing"
	"time"
)

// One pair of images at each level with bounds on pairs and with a square of active patches, its
// share of the grid in per cent: the fastest iteration in times of that of all pairs in the same run.
func BenchmarkLimits(b *testing.B) {
	for _, shape := range []Shape{shapes[0], shapes[3]} {
		eachLevel(b, func() {
			b.Run(fmt.Sprintf("%dx%dx%d/%s", shape.Height, shape.Width, shape.Channels, Level()),
				func(b *testing.B) { benchmarkLimits(b, shape) })
		})
	}
}

// limited is a search with limits and its fastest times.
type limited struct {
	name              string
	search            *Search
	a, b              []float32
	distances         [2][]float32
	distance, prepare time.Duration
}

func benchmarkLimits(b *testing.B, shape Shape) {
	x, y := lookAlikes(1, shape)
	centre := centreOf(shape, x, y)
	all := limited{name: "all"}
	cases := []*limited{&all}
	prepare := func(c *limited, near int, active []bool) {
		of := shape
		of.Near = near
		c.search = NewSearch(of)
		c.a, c.b = make([]float32, of.ImageLen()), make([]float32, of.ImageLen())
		for k := range c.distances {
			c.distances[k] = make([]float32, len(of.Radii)*of.Patches())
		}
		for range 3 {
			c.prepare = fastest(c.prepare, func() { c.search.Prepare(c.a, x, active, centre) })
		}
		c.search.Prepare(c.b, y, active, centre)
	}
	prepare(&all, 0, nil)
	for _, near := range []int{1, 2, 4, 8} {
		c := &limited{name: fmt.Sprintf("near-%d", near)}
		prepare(c, near, nil)
		cases = append(cases, c)
	}
	for _, share := range []int{10, 25, 50} {
		c := &limited{name: fmt.Sprintf("active-%d%%", share)}
		prepare(c, 0, squareOf(shape, share))
		cases = append(cases, c)
	}
	for b.Loop() {
		for _, c := range cases {
			c.distance = fastest(c.distance, func() {
				c.search.Distances(c.distances[0], c.distances[1], c.a, c.b)
			})
		}
	}
	b.ReportMetric(all.distance.Seconds()*1e3, "all-ms")
	for _, c := range cases[1:] {
		b.ReportMetric(c.distance.Seconds()/all.distance.Seconds(), c.name)
		if near := c.search.shape.near; near == 0 {
			b.ReportMetric(c.prepare.Seconds()/all.prepare.Seconds(), "prepare-"+c.name)
		}
	}
}

// squareOf is a mask of the patches in a square amid the grid, of about a share in per cent of it.
func squareOf(shape Shape, share int) []bool {
	mask, side := make([]bool, shape.Patches()), 1
	for side*side*100 < share*shape.Patches() {
		side++
	}
	for p := range mask {
		y, x := p/shape.Width-(shape.Height-side)/2, p%shape.Width-(shape.Width-side)/2
		mask[p] = 0 <= y && y < side && 0 <= x && x < side
	}
	return mask
}
