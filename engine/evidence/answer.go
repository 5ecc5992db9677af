package evidence

import (
	"cmp"
	"math"
	"slices"
)

// nearestShown is how many of the closest images are evidence, of each stage.
const nearestShown = 3

// skipped says of every entry whether it does not score a query's image.
func (s *search) skipped(q *query) []bool {
	skipped := make([]bool, s.entries)
	for entry := range s.first {
		skipped[entry] = true
	}
	skipped[q.member] = true
	if s.Set.Exclude != nil {
		for _, member := range s.Set.Exclude[q.member] {
			skipped[member] = true
		}
	}
	if s.Without != nil {
		for _, reference := range s.Without[q.Image] {
			if entry := len(s.members) + reference; entry < s.entries {
				skipped[entry] = true
			}
		}
	}
	return skipped
}

// score is Eq. 3 of a query's patch, as scoring gave it.
func (s *search) score(q *query) float64 {
	return s.Scores[q.member*s.shape.Patches()+q.Patch]
}

// typical is the image other than the query's whose score at its place is the lower median of the
// other images', the first of several; -1 if there is no other image.
func (s *search) typical(q *query) (image int, normal float64) {
	var scores []float64
	for member := range s.members {
		if member != q.member && s.takesPart(member, q.Patch) {
			scores = append(scores, s.Scores[member*s.shape.Patches()+q.Patch])
		}
	}
	if len(scores) == 0 {
		return -1, 0
	}
	slices.Sort(scores)
	normal, image = scores[(len(scores)-1)/2], -1
	for member, other := range s.members {
		if member != q.member && s.takesPart(member, q.Patch) && (image < 0 || other < image) &&
			s.Scores[member*s.shape.Patches()+q.Patch] == normal {
			image = other
		}
	}
	return image, normal
}

// takesPart says whether a patch of a member does.
func (s *search) takesPart(member, patch int) bool {
	active := s.Set.Images.Active(s.members[member])
	return active == nil || active[patch]
}

// stage is the part of one stage in the evidence of a query; typical is nil if there is none.
func (s *search) stage(stage int, own, typical *query) Stage {
	part := Stage{Stage: stage + 1, Score: s.average(own), Nearest: s.closest(own)}
	if s.Stages != nil {
		part.Stage = s.Stages[stage]
	}
	if typical != nil {
		part.Normal = s.average(typical)
	}
	return part
}

// average is Eq. 2 of a query in the stage at hand, averaged over the degrees.
func (s *search) average(q *query) (average float64) {
	for window, count := range s.windows {
		var distances []float64
		for entry := s.first; entry < s.entries; entry++ {
			if !q.skipped[entry] {
				at := (q.row*s.entries+entry)*len(s.windows) + window
				distances = append(distances, float64(s.distances[at]))
			}
		}
		average += float64(count) / float64(s.degrees) * s.Set.IntervalAverage(distances)
	}
	return average
}

// closest are the entries that come closest to a query in the stage at hand, over all degrees.
func (s *search) closest(q *query) []Match {
	closest := []Match{}
	for entry := s.first; entry < s.entries; entry++ {
		if q.skipped[entry] {
			continue
		}
		match := Match{Image: entry - len(s.members), Reference: true}
		if entry < len(s.members) {
			match = Match{Image: s.members[entry]}
		}
		from := (q.row*s.entries + entry) * len(s.windows)
		for window, count := range s.windows {
			match.Distance += float64(count) / float64(s.degrees) * float64(s.distances[from+window])
		}
		if math.IsInf(match.Distance, 1) { // no patch of it counts
			continue
		}
		agreed := s.agreed(s.patches[from : from+len(s.windows)])
		match.View, match.Patch = agreed/s.shape.Patches(), agreed%s.shape.Patches()
		at, _ := slices.BinarySearchFunc(closest, match, func(a, b Match) int {
			return cmp.Or(cmp.Compare(a.Distance, b.Distance), -1) // behind those as close
		})
		if at < nearestShown {
			closest = slices.Insert(closest[:min(len(closest), nearestShown-1)], at, match)
		}
	}
	return closest
}

// agreed is the patch that is nearest in the most degrees, of several that of the smallest.
func (s *search) agreed(patches []int32) int {
	best, most := 0, 0
	for k, patch := range patches {
		degrees := 0
		for window, count := range s.windows {
			if patches[window] == patch {
				degrees += count
			}
		}
		if degrees > most {
			best, most = k, degrees
		}
	}
	return int(patches[best])
}

// mattered is the stage with the largest Score over Normal, the first of several. A Normal of
// zero makes any Score the largest; of such stages it is the one with the largest Score.
func mattered(stages []Stage) int {
	best := 0
	for k, stage := range stages {
		left, right := stage.Score*stages[best].Normal, stages[best].Score*stage.Normal
		if left > right || left == 0 && right == 0 && stage.Score > stages[best].Score {
			best = k
		}
	}
	return best
}
