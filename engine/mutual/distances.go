package mutual

import (
	"os"

	"musc/engine/features"
)

// distances is a(p,i,j) of Eq. 1 for one stage and R windows, [N][scorers][R,P]: the scorers of image i
// are the images before it, those after it, then the references. It is never [N,N,P,P].
type distances struct {
	array      *features.Array
	values     int // of one image and scorer: R * P
	scorers    int
	images     int // images among the scorers of one image: N-1, or 0 if only references score
	entryImage int // N: entries from here on are references
}

// newDistances makes room, in memory or in a file; its error is that of features.NewArray.
func newDistances(b *batch, windows int) (*distances, error) {
	d := &distances{values: windows * b.patches, scorers: b.scorers(), entryImage: len(b.members)}
	if !b.ReferencesOnly {
		d.images = len(b.members) - 1
	}
	folder := ""
	if b.Plan.SpillDistances {
		if folder = b.Plan.Folder; folder == "" {
			folder = os.TempDir()
		}
	}
	size := int64(len(b.members)) * int64(d.scorers) * int64(d.values)
	array, err := features.NewArray(size, folder)
	if err != nil {
		return nil, err
	}
	d.array = array
	return d, nil
}

// by is the view [R,P] of image i scored by entry j: image j, or reference j-N.
func (d *distances) by(i, j int) []float32 {
	at := (int64(i)*int64(d.scorers) + int64(d.position(i, j))) * int64(d.values)
	return d.array.Slice(at, at+int64(d.values))
}

// between is the view [count] of image i scored by entries of one patch from `first` on, none of which
// is i or on its other side.
func (d *distances) between(i, first, count int) []float32 {
	at := int64(i)*int64(d.scorers) + int64(d.position(i, first))
	return d.array.Slice(at, at+int64(count))
}

// position is that of entry j among the scorers of image i.
func (d *distances) position(i, j int) int {
	switch {
	case j >= d.entryImage:
		return d.images + j - d.entryImage
	case j > i:
		return j - 1
	}
	return j
}

// span is where the values of image i lie.
func (d *distances) span(i int) (from, to int64) {
	size := int64(d.scorers) * int64(d.values)
	return int64(i) * size, int64(i+1) * size
}

// of is the view [scorers, R,P] of image i.
func (d *distances) of(i int) []float32 { return d.array.Slice(d.span(i)) }

// releaseOf lets go of the pages of image i, release of all pages.
func (d *distances) releaseOf(i int) { d.array.Release(d.span(i)) }

func (d *distances) release() { d.array.Release(0, d.array.Len()) }
