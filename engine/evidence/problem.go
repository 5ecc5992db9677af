package evidence

import (
	"slices"

	"musc/engine/fault"
	"musc/engine/mutual"
)

// Place is a patch of an image; Image is one of the members of the set that was scored.
type Place struct{ Image, Patch int }

// Problem asks for the evidence of some places of a set that was scored.
type Problem struct {
	// Set is what was scored. Its Scored, Pairs, Plan, Checkpoint and Progress are of no concern.
	Set    mutual.Problem
	Scores []float64 // [len(Members),P], Eq. 3: what scoring gave
	Stages []int     // the numbers of the set's stages in the backbone; nil: from 1
	Places []Place

	// Without lists by image, of Set.Images all members at least, the references that do not score it:
	// an image is not its own reference. nil: all do.
	Without [][]int

	Threads int   // goroutines that compute; below 1 it is one
	Memory  int64 // bound on the bytes of buffers, of one thread at least; 0: none

	// Progress, if set, hears how many of total images and stages are done. It is called from one
	// goroutine at a time with a rising number.
	Progress func(done, total int)
}

// query is a patch that is searched for: of a place, or of the typical image at that place.
type query struct {
	Place
	member  int // Image is Members[member]
	row     int // of the search, the first is 0
	skipped []bool
}

// check tells whether the problem makes sense; members are those of the set.
func (problem *Problem) check() (members []int, err error) {
	set := problem.Set
	set.Scored, set.Pairs = nil, nil
	if err := set.Check(); err != nil {
		return nil, err
	}
	shape := problem.Set.Images.Shape()
	if members = problem.Set.Members; members == nil {
		for image := range shape.Images {
			members = append(members, image)
		}
	}
	if stages := problem.Stages; stages != nil && len(stages) != shape.Stages {
		return nil, fault.New(fault.Internal, "evidence for %d stages of %d", len(stages), shape.Stages)
	}
	if len(problem.Scores) != len(members)*shape.Patches() {
		return nil, fault.New(fault.Internal, "evidence for %d images of %d patches with %d scores",
			len(members), shape.Patches(), len(problem.Scores))
	}
	if problem.Without != nil && len(problem.Without) <= slices.Max(members) {
		return nil, fault.New(fault.Internal, "evidence for image %d, and own references of %d images",
			slices.Max(members), len(problem.Without))
	}
	for _, place := range problem.Places {
		if !slices.Contains(members, place.Image) || place.Patch < 0 ||
			place.Patch >= shape.Patches() {
			return nil, fault.New(fault.Internal, "evidence for patch %d of image %d, which was not "+
				"scored", place.Patch, place.Image)
		}
	}
	return members, nil
}
