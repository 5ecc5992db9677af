package evidence

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"musc/cgo/cpu"
	"musc/engine/features"
	"musc/engine/mutual"
)

// Search finds the evidence of every place, in their order. The images of the set pass by one at a
// time for every thread: each is aggregated, and its patches are compared with the K patches that are
// searched for, those of the places and of the typical images there, at most twice as many as places.
// It takes 2 S R K N P C operations and holds 8 R K N bytes.
//
// The answer is the same for every number of threads. Errors are those of mutual.Problem.Check, and
// ctx.Err() soon after ctx is done.
func Search(ctx context.Context, problem *Problem) ([]Evidence, error) {
	members, err := problem.check()
	if err != nil || len(problem.Places) == 0 {
		return nil, err
	}
	found := make([]Evidence, len(problem.Places))
	s := newSearch(problem, members)
	own, typical := make([]*query, len(found)), make([]*query, len(found))
	for k, place := range problem.Places {
		e := &found[k]
		own[k] = s.ask(place)
		e.Image, e.Patch, e.Score = place.Image, place.Patch, s.score(own[k])
		if e.Typical, e.Normal = s.typical(own[k]); e.Typical >= 0 {
			typical[k] = s.ask(Place{e.Typical, place.Patch})
		}
	}
	if err := s.begin(); err != nil {
		return nil, err
	}
	for stage := range s.shape.Stages {
		if err := s.compareAll(ctx, stage); err != nil {
			return nil, err
		}
		for k := range found {
			found[k].Stages = append(found[k].Stages, s.stage(stage, own[k], typical[k]))
		}
	}
	for k := range found {
		found[k].Mattered = mattered(found[k].Stages)
	}
	return found, nil
}

// search is what all stages share. Its entries are the members, then the references.
type search struct {
	*Problem
	members  []int
	memberOf map[int]int // by image
	shape    features.Shape
	entries  int
	first    int // entry that scores: the first reference where only references do
	queries  []*query
	asked    map[Place]*query
	windows  []int // how many degrees each stands for
	degrees  int
	workers  []*worker

	tokens, packed [][]float32 // of the queries by window, [K,C], of one stage
	distances      []float32   // Eq. 1 of one stage, [K,entries,windows]
	patches        []int32     // the same of the nearest patches: view*P + patch of that view

	telling     sync.Mutex
	done, total int
}

// worker is what one goroutine writes to.
type worker struct {
	*mutual.Aggregation
	finder
}

func newSearch(problem *Problem, members []int) *search {
	s := &search{Problem: problem, members: members, memberOf: make(map[int]int, len(members)),
		shape: problem.Set.Images.Shape(), entries: len(members), asked: map[Place]*query{}}
	for member, image := range members {
		s.memberOf[image] = member
	}
	if s.Set.References != nil {
		s.entries += s.Set.References.Shape().Images
	}
	if s.Set.ReferencesOnly {
		s.first = len(members)
	}
	s.total = s.shape.Stages * (s.entries - s.first)
	return s
}

// ask adds a patch to what is searched for, once.
func (s *search) ask(place Place) *query {
	if q, known := s.asked[place]; known {
		return q
	}
	q := &query{Place: place, member: s.memberOf[place.Image], row: len(s.queries)}
	q.skipped = s.skipped(q)
	s.queries, s.asked[place] = append(s.queries, q), q
	return q
}

// begin makes room when all queries are known: for as many threads as the bound on memory allows.
func (s *search) begin() error {
	first := mutual.NewAggregation(s.shape, s.Set.Degrees)
	s.windows = first.Windows()
	for _, count := range s.windows {
		s.degrees += count
	}
	queries, patches := len(s.queries), s.shape.Patches()
	threads := int64(max(s.Threads, 1))
	if s.Memory > 0 {
		each := first.Bytes() + 4*int64(queries)*int64(patches)
		threads = min(threads, max(1, s.Memory/each))
	}
	s.workers = append(s.workers, &worker{first, newFinder(patches, queries)})
	for range threads - 1 {
		s.workers = append(s.workers, &worker{mutual.NewAggregation(s.shape, s.Set.Degrees),
			newFinder(patches, queries)})
	}
	for range s.windows {
		s.tokens = append(s.tokens, make([]float32, queries*s.shape.Channels))
		s.packed = append(s.packed, make([]float32, cpu.PackedLen(queries, s.shape.Channels)))
	}
	s.distances = make([]float32, queries*s.entries*len(s.windows))
	s.patches = make([]int32, len(s.distances))
	return nil
}

// compareAll fills in the distances of one stage.
func (s *search) compareAll(ctx context.Context, stage int) error {
	var images []int
	rows := map[int][]*query{} // by image
	for _, q := range s.queries {
		if rows[q.Image] == nil {
			images = append(images, q.Image)
		}
		rows[q.Image] = append(rows[q.Image], q)
	}
	channels := s.shape.Channels
	if err := s.each(ctx, len(images), func(w *worker, k int) {
		w.Load(s.Set.Images, stage, images[k])
		for window, tokens := range s.tokens {
			for _, q := range rows[images[k]] {
				copy(tokens[q.row*channels:], w.Tokens(window)[q.Patch*channels:][:channels])
			}
		}
	}); err != nil {
		return err
	}
	for window, tokens := range s.tokens {
		cpu.Pack(s.packed[window], tokens, channels)
	}
	return s.each(ctx, s.entries-s.first, func(w *worker, k int) {
		s.compare(w, stage, s.first+k)
		s.tell()
	})
}

// compare compares all queries with one entry, in all its views.
func (s *search) compare(w *worker, stage, entry int) {
	store, further, image := s.Set.Images, s.Set.Views, entry
	if n := len(s.members); entry < n {
		image = s.members[entry]
	} else {
		store, further, image = s.Set.References, s.Set.ReferenceViews, entry-n
	}
	for view := range len(further) + 1 {
		if view > 0 {
			store = further[view-1]
		}
		w.Load(store, stage, image)
		counts := s.counts(store.Active(image))
		for window := range s.windows {
			w.nearest(s.tokens[window], s.packed[window], w.Tokens(window), s.shape.Channels, counts)
			for row := range s.queries {
				at := (row*s.entries+entry)*len(s.windows) + window
				distance := float32(math.Sqrt(w.squared[row]))
				if view == 0 || distance < s.distances[at] {
					s.distances[at] = distance
					s.patches[at] = int32(view*s.shape.Patches() + w.finder.patches[row])
				}
			}
		}
	}
}

// counts says which patches of a view count for which queries, given those of the view that take part;
// nil: all of them. None counts for a query that takes no part itself.
func (s *search) counts(active []bool) func(row, patch int) bool {
	near, width := s.Set.Near, s.shape.Width
	if near == 0 {
		near = max(s.shape.Height, width)
		if active == nil && !slices.ContainsFunc(s.queries, s.isIdle) {
			return nil
		}
	}
	return func(row, patch int) bool {
		q := s.queries[row]
		if s.isIdle(q) {
			return false
		}
		p := q.Patch
		down, across := p/width-patch/width, p%width-patch%width
		return (active == nil || active[patch]) && max(down, -down, across, -across) <= near
	}
}

// isIdle tells whether a query's patch takes no part.
func (s *search) isIdle(q *query) bool { return !s.takesPart(q.member, q.Patch) }

// each calls work for every k below count, on all workers. Calls must not depend on each other.
func (s *search) each(ctx context.Context, count int, work func(w *worker, k int)) error {
	var next atomic.Int64
	var group sync.WaitGroup
	for _, w := range s.workers {
		group.Go(func() {
			for ctx.Err() == nil {
				k := int(next.Add(1)) - 1
				if k >= count {
					return
				}
				work(w, k)
			}
		})
	}
	group.Wait()
	return ctx.Err()
}

func (s *search) tell() {
	s.telling.Lock()
	defer s.telling.Unlock()
	if s.done++; s.Progress != nil {
		s.Progress(s.done, s.total)
	}
}
