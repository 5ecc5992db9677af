package tasks

import (
	"context"
	"fmt"
	"time"

	"musc/engine"
	"musc/engine/mutual"
)

// tellExpected says how long mutual scoring is expected to take, before the first subset is scored.
func (s *scoring) tellExpected(ctx context.Context, batch *engine.Batch) error {
	if s.told {
		return nil
	}
	s.told = true
	expected, err := batch.Expected(ctx, s.left)
	if err != nil {
		return err
	}
	read, _ := batch.Read()
	references, _, _ := s.pipeline.References()
	if line := expectedLine(expected, len(read), len(references), &s.Plan.Scoring); line != "" {
		s.Observer.Note(line)
	}
	return nil
}

// tellAbove is how long mutual scoring must be expected to take to be told of before.
const tellAbove = 3 * time.Minute

// usualSubset is as many images as the paper's table of subsets scores at once.
const usualSubset = 200

// expectedLine says how long mutual scoring of subsets of so many images is expected to take, and what
// more subsets would make of it; "" if that is not long.
func expectedLine(expected time.Duration, images, references int, of *engine.Scoring) string {
	if expected < tellAbove {
		return ""
	}
	more := 2 // times as many subsets
	if of.Subsets == 1 {
		more = max(more, (images+usualSubset-1)/usualSubset)
	}
	line := "mutual scoring is expected to take " + engine.FormatDuration(expected)
	less := mutual.EstimateSubsets(expected, mutual.Counts{Images: images,
		References: references, ReferencesOnly: of.ReferencesOnly}, more)
	if images < 2*more || less > expected*9/10 { // there are none, or they would hardly help
		return line
	}
	return line + fmt.Sprintf("; with --subsets %d it would be about %s, at other scores",
		more*of.Subsets, engine.FormatDuration(less))
}
