package engine

import (
	"fmt"
	"math"
	"sort"

	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/mutual"
)

// planShared is the plan for sizes with the distances of pairs in memory beside all else, where they
// are wanted and fit. A warning is to cost no time: it does without them unless that plan is as fast
// as the one given; SharedExclude takes a slower one.
func (p *Pipeline) planShared(job *Config, plan mutual.Plan, sizes mutual.Sizes) (
	with mutual.Plan, pairs bool, err error) {

	scoring, available := &job.Scoring, plan.AvailableBytes
	switch {
	case !scoring.looksForShared(sizes.Largest):
		return plan, false, nil
	case job.Frame.Count() > 1:
		if scoring.Shared == SharedWarn {
			p.noteOnce("defects that photos share are not looked for: that compares whole photos, and " +
				"--tiles divides them")
		}
		return plan, false, nil
	case sizes.OnGPU && scoring.leavesOut():
		return plan, false, fault.New(fault.Usage, "--shared %s is for the CPU: a GPU leaves out no image "+
			"that scores others; score with --device cpu", scoring.Shared)
	case sizes.OnGPU:
		p.noteOnce("defects that photos share are not looked for: that is not done on a GPU, but with " +
			"--device cpu")
		return plan, false, nil
	}
	if with, pairs = planPairs(available, sizes, scoring.Shared == SharedExclude); pairs {
		return with, true, nil
	}
	text := noRoomForPairs(job, available, sizes)
	if scoring.Shared == SharedExclude {
		return plan, false, fault.New(fault.Usage, "--shared exclude: %s", text)
	}
	p.noteOnceAs("no room for pairs", "defects that photos share are not looked for: "+text)
	return plan, false, nil
}

// planPairs is the plan with the distances of pairs; ok says that it fits, and that it is as fast as the
// plan without unless any speed will do.
func planPairs(available int64, sizes mutual.Sizes, anySpeed bool) (plan mutual.Plan, ok bool) {
	sizes.Pairs = true
	plan = mutual.NewPlan(available, sizes)
	sizes.Pairs = false
	return plan, plan.Fits() && (anySpeed || plan.AsFastAs(mutual.NewPlan(available, sizes)))
}

// noRoomForPairs says why the distances of pairs are not in memory, and what to do.
func noRoomForPairs(job *Config, available int64, sizes mutual.Sizes) string {
	n, patches := sizes.Largest, sizes.Shape.Patches()
	sizes.Pairs = true
	all := mutual.NewPlan(math.MaxInt64, sizes)
	enough := max(0, job.Memory-available) + all.EstimatedBytes
	text := fmt.Sprintf("the distances between %d photos take %s, which is too much beside the rest "+
		"within the memory bound of %s; --memory %dM is enough", n,
		features.FormatBytes(mutual.PairsBytes(n, patches)), features.FormatBytes(job.Memory),
		enough>>20+1)
	fewer := sort.Search(n, func(k int) bool {
		sizes.Largest = k + 1
		_, ok := planPairs(available, sizes, job.Scoring.Shared == SharedExclude)
		return !ok
	})
	if fewer >= leastShared {
		text += fmt.Sprintf(", or --subset-size %d", fewer)
	}
	return text
}

// noteOnce tells what holds for all subsets and settings once.
func (p *Pipeline) noteOnce(text string) { p.noteOnceAs(text, text) }

// noteOnceAs is noteOnce of what is told under a key: the text may have figures that vary, such as the memory
// in use at that moment.
func (p *Pipeline) noteOnceAs(key, text string) {
	if !p.noted[key] {
		if p.noted == nil {
			p.noted = map[string]bool{}
		}
		p.noted[key] = true
		p.observer.Note(text)
	}
}
