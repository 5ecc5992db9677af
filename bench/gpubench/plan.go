package gpubench

import (
	"context"

	"musc/engine/dataset"
)

// Plan is how much to measure.
type Plan struct {
	Shapes  []Shape
	Images  int   // of a scoring and of a whole run
	Slots   int   // images of a search
	Rounds  int   // of which the median counts
	Bounded int64 // bytes of the device's memory, for the scoring with a bound
	Near    []int // the scorings among patches so near each other

	Photos  []dataset.Item // taken again and again until there are Images; none: no whole runs
	Library string         // the ONNX Runtime for whole runs; "": as `musc score` finds it
	Scratch string         // a temporary folder
	Pythons []string       // interpreters that may have PyTorch; the first that has it with CUDA is used

	Say func(format string, arguments ...any) // hears how it goes; nil: nobody does

	// Optional lets the backbone run on the CPU where it cannot have the device: for tests.
	Optional bool

	// Whole measures one row of the paper's table; nil: photos are scored as `musc score` does.
	Whole func(ctx context.Context, ordinal int, s Shape, subsets int) (Run, error)
}

// Full is the plan of the paper's table; it takes some minutes, most of them PyTorch's.
func Full() Plan {
	return Plan{Shapes: Paper, Images: goalImages, Slots: 24, Rounds: 5, Bounded: 3 << 29,
		Near: []int{2, 4, 8}}
}

// Quick is for a look between two changes.
func Quick() Plan {
	return Plan{Shapes: Paper[:1], Images: 40, Slots: 12, Rounds: 2, Bounded: 3 << 29,
		Near: []int{2}}
}
