// Package mutual is MSM, the mutual scoring mechanism: the images of a batch score each other. With
// z(i,p) the aggregated patch token p of image i (package lnamd), per stage and degree:
//
//	Eq. 1  a(p,i,j) = min over q of || z(i,p) - z(j,q) ||, for every other image j
//	Eq. 2  the interval average: the mean of the smallest 30 % of a(p,i,.)
//	Eq. 3  the mean over all stages and degrees
//
// Reference images, known to be normal, join the scorers j (few-shot), or are the only ones
// (MuSc+, Eq. 9-11: the minimum over the references instead of Eq. 2).
//
// A patch may be none that takes part, by the mask of its image (features.Store.SetActive): it has
// no influence on z, is nobody's nearest, and its own score is 0. With a bound R on how far away
// patches are looked for, only those at most R rows and R columns from p count for p. And an image j
// may have several views, such as turned ones, of which the nearest counts: q is any patch of them.
// Where image j has no patch that counts for p, a(p,i,j) is infinite and j does not score p: Eq. 2
// is over the n finite ones, and 0 if there are none.
//
// Definition says this in float64, as plainly as it can. CPU gives the same from tiles of images
// in float32, within a bound on memory that a Plan keeps.
package mutual

import (
	"context"

	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/lnamd"
)

// Problem is one set of images that score each other.
type Problem struct {
	Images     *features.Store // raw patch tokens
	References *features.Store // raw patch tokens of normal images; nil without
	Members    []int           // which of Images: a subset, in any order; nil: all
	Degrees    []int           // LNAMD windows; the paper's are 1, 3, 5
	Interval   Interval        // Eq. 2; the paper's is [0, 0.3]
	Average    Average         // Eq. 2

	// Near is the bound R on how far from p patches are looked for, in rows and in columns of a view's
	// grid; 0: none.
	Near int

	// Views and ReferenceViews are further views of Images and of References, of the same shape: each
	// image scores by that of its views which is nearest. They are not scored themselves, and where only
	// references score Views are of no use. A GPU takes none, nor any patches that take no part.
	Views          []*features.Store
	ReferenceViews []*features.Store

	// ReferencesOnly takes the minimum over the references, instead of Eq. 2 over all scorers; with
	// ReferencesInterval it is Eq. 2 over the references.
	ReferencesOnly     bool
	ReferencesInterval bool

	// Exclude lists for each member, by its position, the positions of members that do not score it:
	// Eq. 2 picks from the distances to the rest and to the references, at least one. A member may
	// list itself. nil: nobody is excluded. Scored says of each member whether its scores are wanted;
	// others only score, and have 0; nil: all are scored. A GPU can do neither, and where only references
	// score both are errors.
	Exclude [][]int
	Scored  []bool

	// Pairs, if not nil, is room for the distances of pairs [N,P,N], of which PatchScores makes
	//
	//	M[i,p,j] = the mean of a(p,i,j) over all stages and degrees, and 0 where j is i
	//
	// for members i and j, at their positions. Where j does not score p, which is so for all stages
	// and degrees alike, it is the mean of M[i,p,.] over those that do, and 0 if none does: a distance
	// that tells nothing of j. It takes no product more than the scores. A GPU does not
	// give them, and there are none where only references score or members are excluded.
	Pairs []float32

	Plan Plan // how to keep to a memory bound; the zero Plan keeps everything in memory

	// Checkpoint keeps on disk how far PatchScores has come; nil: nothing is kept. Definition keeps
	// nothing.
	Checkpoint *Checkpoint

	// Progress, if set, hears how many of total pairs of images are done. It is called from one
	// goroutine at a time with a rising number, about a thousand times. Of a
	// run that goes on from a Checkpoint the first number is what that holds.
	Progress func(done, total int)
}

// Scorer gives the patch scores of Eq. 3. Implementations differ in speed, not in meaning.
type Scorer interface {
	// Name says what computes, for a report.
	Name() string

	// PatchScores returns [len(Members), P], row-major. Its errors are those of a Problem that
	// makes no sense (fault.Usage, fault.Input), of a folder that cannot hold the spilled
	// distances (fault.Output), and ctx.Err() soon after ctx is done. Tokens that are NaN or
	// infinite give scores without meaning; features.Store.Accept finds them beforehand.
	PatchScores(ctx context.Context, problem *Problem) ([]float64, error)
}

// OnGPU says whether a scorer keeps what it needs in a GPU's memory.
func OnGPU(scorer Scorer) bool {
	_, is := scorer.(CUDA)
	return is
}

// CheckParameters tells whether degrees and interval make sense, before any image is read.
// Errors are of kind fault.Usage.
func CheckParameters(degrees []int, interval Interval) error {
	if len(degrees) == 0 {
		return fault.New(fault.Usage, "no aggregation degree: give at least one, such as 1")
	}
	for _, degree := range degrees {
		if err := lnamd.CheckDegree(degree); err != nil {
			return err
		}
	}
	return interval.check()
}

// batch is a Problem that makes sense, with its sizes at hand.
type batch struct {
	*Problem
	shape      features.Shape // of Images
	members    []int          // the N images to score
	references int            // M
	patches    int            // P
	near       int            // 0: as far as the grid reaches
	masked     bool           // some patches take no part: distances may be infinite
	excluded   *pairSet       // (i,j): member j does not score member i; nil: all score each other
	without    []int          // references that are compared and do not score, ascending; of Prepared alone
}

func (problem *Problem) check() (*batch, error) {
	if problem.Images == nil {
		return nil, fault.New(fault.Internal, "mutual scoring without patch tokens")
	}
	if err := CheckParameters(problem.Degrees, problem.Interval); err != nil {
		return nil, err
	}
	if problem.Average < Mean || problem.Average > Max {
		return nil, fault.New(fault.Usage, "unknown average %d: mean, min or max",
			int(problem.Average))
	}
	b := &batch{Problem: problem, shape: problem.Images.Shape(), members: problem.Members}
	b.patches = b.shape.Patches()
	if err := b.checkMembers(); err != nil {
		return nil, err
	}
	if err := b.checkReferences(); err != nil {
		return nil, err
	}
	if err := b.checkViews(); err != nil {
		return nil, err
	}
	if len(b.members) == 1 && b.references == 0 {
		return nil, fault.New(fault.Input, "one image alone cannot be scored: the images of a"+
			" batch score each other; give two or more, or reference images")
	}
	if err := b.checkExcluded(); err != nil {
		return nil, err
	}
	return b, b.checkPairs()
}

func (b *batch) checkMembers() error {
	if b.members == nil {
		b.members = upTo(b.shape.Images)
	}
	if len(b.members) == 0 {
		return fault.New(fault.Input, "no image to score; give two or more")
	}
	seen := make([]bool, b.shape.Images)
	for _, image := range b.members {
		if image < 0 || image >= b.shape.Images {
			return fault.New(fault.Internal, "subset names image %d of %d", image, b.shape.Images)
		}
		if seen[image] {
			return fault.New(fault.Internal, "subset names image %d twice", image)
		}
		seen[image] = true
	}
	return nil
}

func (b *batch) checkReferences() error {
	if b.References == nil {
		if b.ReferencesOnly {
			return fault.New(fault.Usage, "scoring by references only needs reference images")
		}
		if len(b.ReferenceViews) > 0 {
			return fault.New(fault.Internal, "views of reference images that there are not")
		}
		return nil
	}
	same := b.References.Shape()
	b.references = same.Images
	same.Images = b.shape.Images
	if same != b.shape {
		return fault.New(fault.Input, "reference images have patch tokens of %v, the images of %v:"+
			" both must come from the same model", b.References.Shape(), b.shape)
	}
	return nil
}

func upTo(n int) []int {
	numbers := make([]int, n)
	for k := range numbers {
		numbers[k] = k
	}
	return numbers
}

// scorers is how many values Eq. 2 picks from, at most: N-1+M, or M.
func (b *batch) scorers() int {
	if b.ReferencesOnly {
		return b.references
	}
	return len(b.members) - 1 + b.references
}

// selection is the positions [start, stop) of so many sorted distances that count, and what is made
// of them: those of Eq. 2, or the minimum if only references score.
func (problem *Problem) selection(scorers int) (start, stop int, average Average) {
	if problem.ReferencesOnly && !problem.ReferencesInterval {
		return 0, 1, Min
	}
	start, stop = problem.Interval.Bounds(scorers)
	return start, stop, problem.Average
}

// pairs is the number of products of two images for one stage and degree.
func (b *batch) pairs() int {
	return Counts{len(b.members), b.references, len(b.Views), len(b.ReferenceViews),
		b.ReferencesOnly}.pairs()
}

// pairsOfFirst are those of the first views.
func (b *batch) pairsOfFirst() int {
	return Counts{Images: len(b.members), References: b.references,
		ReferencesOnly: b.ReferencesOnly}.pairs()
}

// Counts says how many images are compared.
type Counts struct {
	Images, References    int
	Views, ReferenceViews int // further ones of each
	ReferencesOnly        bool
}

// pairs is every two images once, and every image with every reference and every further view of
// another image or of a reference; or with references and their views alone.
func (c Counts) pairs() int {
	pairs := c.Images * c.References * (1 + c.ReferenceViews)
	if !c.ReferencesOnly {
		pairs += c.Images*(c.Images-1)/2 + c.Images*(c.Images-1)*c.Views
	}
	return pairs
}

// finish turns the sum over stages and degrees into their mean (Eq. 3).
func (b *batch) finish(scores []float64) {
	for k := range scores {
		scores[k] /= float64(b.shape.Stages * len(b.Degrees))
	}
}
