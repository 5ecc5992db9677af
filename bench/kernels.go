package main

import (
	"slices"

	"musc/cgo/cpu"
	"musc/engine/features"
	"musc/engine/lnamd"
)

// This file is all that knows the package of the kernels.

// Names of cases that goals are about. The ceiling is the peak rate of the instruction that the
// product is made of: it runs in registers and touches no memory.
const (
	caseCeiling = "ceiling"
	caseProduct = "product"
)

// kernel is one step of the hot loop, called as the engine calls it: on one thread.
type kernel struct {
	name string
	work float64 // operations a call, as the definition counts them: no padding; 0: none to count
	call func()
}

// level is the SIMD level in use, levels are those that this machine has.
func level() string    { return cpu.Level() }
func levels() []string { return cpu.Levels() }

// bestLevel is the one in use unless the environment asks for another.
func bestLevel() string { return levels()[len(levels())-1] }

// levelError tells whether the environment asks for a level that this machine lacks.
func levelError() error { return cpu.LevelError() }

// useLevel changes the level for all that follows.
func useLevel(name string) error { return cpu.Use(name) }

// ceilingRounds make a call of the ceiling last a millisecond or more.
const ceilingRounds = 1_000_000

// kernelsOf are the kernels on two images of the shape at the level in use, the ceiling first. The
// search is the product and all that follows it; its work is counted as the product's, so that its
// share of the ceiling is what is left of the peak.
func kernelsOf(s shape) []kernel {
	shape := cpu.Shape{Height: s.height, Width: s.width, Channels: s.channels}
	for _, degree := range s.degrees {
		shape.Radii = append(shape.Radii, degree/2)
	}
	tokensA, tokensB, centre := alike(s)
	a, b := make([]float32, shape.ImageLen()), make([]float32, shape.ImageLen())
	rows := make([]float32, len(shape.Radii)*s.patches())
	columns := make([]float32, len(rows))
	search := cpu.NewSearch(shape)
	search.Prepare(a, tokensA, nil, centre)
	search.Prepare(b, tokensB, nil, centre)
	product := 2 * float64(s.patches()) * float64(s.patches()) * float64(s.channels)
	return []kernel{
		{caseCeiling, ceilingRounds * float64(cpu.Ceiling(1)),
			func() { cpu.Ceiling(ceilingRounds) }},
		{caseProduct, product, func() { search.Products(a, b) }},
		{"search, all degrees", product, func() { search.Distances(rows, columns, a, b) }},
		{"prepare an image", 0, func() { search.Prepare(a, tokensA, nil, centre) }},
	}
}

// alike are the raw tokens [P,C] of two images of one product, and the centre [C] of both: the mean
// of their tokens after normalisation.
func alike(s shape) (a, b, centre []float32) {
	store := features.NewMemory(s.tokensOf(2))
	defer store.Close()
	fillTokens(store)
	a, b = slices.Clone(store.Tokens(0, 0)), slices.Clone(store.Tokens(0, 1))
	centre = make([]float32, s.channels)
	for _, tokens := range [][]float32{a, b} {
		mean, scale := lnamd.Moments(tokens)
		for k, x := range tokens {
			centre[k%s.channels] += float32((float64(x) - mean) * scale / float64(2*s.patches()))
		}
	}
	return a, b, centre
}
