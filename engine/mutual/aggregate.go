package mutual

import (
	"math"
	"slices"

	"musc/cgo/cpu"
	"musc/engine/features"
)

// Check tells whether the problem makes sense; its errors are those of a Scorer.
func (problem *Problem) Check() error {
	_, err := problem.check()
	return err
}

// IntervalAverage is Eq. 2 of one patch, one stage and one degree: distances are a(p,i,.) to the
// images that may score it, and are sorted. Those that are infinite do not count; the average of none
// is 0. Where only references score it is the minimum, unless ReferencesInterval is set.
func (problem *Problem) IntervalAverage(distances []float64) float64 {
	slices.Sort(distances)
	for len(distances) > 0 && math.IsInf(distances[len(distances)-1], 1) {
		distances = distances[:len(distances)-1]
	}
	if len(distances) == 0 {
		return 0
	}
	start, stop, average := problem.selection(len(distances))
	return average.of(distances[start:stop])
}

// Aggregation gives the aggregated patch tokens z of single images, to the last bit those that CPU
// compares. It belongs to one goroutine.
type Aggregation struct {
	patches, channels int
	counts            []int
	groups            []aggregationGroup
}

// aggregationGroup are the windows of one search.
type aggregationGroup struct {
	shape  cpu.Shape
	search *cpu.Search
	image  []float32
	centre []float32 // zeros: the tokens do not depend on it
}

// NewAggregation makes room for one image of the shape, on all aggregation windows of the degrees.
func NewAggregation(shape features.Shape, degrees []int) *Aggregation {
	a := &Aggregation{patches: shape.Patches(), channels: shape.Channels}
	for _, group := range windowsOf(shape, degrees) {
		search := searchShape(shape, group, 0)
		a.groups = append(a.groups, aggregationGroup{search, cpu.NewSearch(search),
			make([]float32, search.ImageLen()), make([]float32, shape.Channels)})
		for _, w := range group {
			a.counts = append(a.counts, w.count)
		}
	}
	return a
}

// Windows is how many degrees each aggregation window stands for, ascending by size: degrees larger
// than the grid are the same window.
func (a *Aggregation) Windows() []int { return a.counts }

// Bytes is what the aggregation takes.
func (a *Aggregation) Bytes() (bytes int64) {
	for _, group := range a.groups {
		bytes += bytesOfFloat * int64(len(group.image)+group.shape.ScratchLen()+a.channels)
	}
	return bytes
}

// Load aggregates the tokens of one image and stage of a store.
func (a *Aggregation) Load(store *features.Store, stage, image int) {
	tokens := store.Tokens(stage, image)
	for _, group := range a.groups {
		group.search.Prepare(group.image, tokens, store.Active(image), group.centre)
	}
	store.Release(stage, image)
}

// Tokens are those of a window of the image that was loaded last, [P,C], until the next is.
func (a *Aggregation) Tokens(window int) []float32 {
	return a.groups[window/cpu.MaxDegrees].shape.Tokens(
		a.groups[window/cpu.MaxDegrees].image, window%cpu.MaxDegrees)
}
