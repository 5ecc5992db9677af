// Package evidence says why a patch has its score: which patches of the other photos come closest to
// it, and what a typical photo has at that place. Only the few patches that are asked for are
// searched, one image after the other: no distances of the whole batch are held.
package evidence

// Evidence is about one patch of one image: usually the peak of a defect. Images are numbers in the
// set that was scored; patches are row-major on the grid.
type Evidence struct {
	Image int     `json:"image"`
	Patch int     `json:"patch"`
	Score float64 `json:"score"` // Eq. 3 of the patch

	// Normal is what a patch at this place scores in a photo of the set: the (lower) median over all
	// other images. Typical is the image whose patch has that score; -1 if no other image was scored.
	Normal  float64 `json:"normal"`
	Typical int     `json:"typical"`

	Stages   []Stage `json:"stages"`   // those of the job, in its order
	Mattered int     `json:"mattered"` // index in Stages of the one with the largest Score over Normal
}

// Stage is the part of one stage of the backbone, averaged over the degrees.
type Stage struct {
	Stage   int     `json:"stage"`   // from 1
	Score   float64 `json:"score"`   // Eq. 2; the mean over Stages is Evidence.Score
	Normal  float64 `json:"normal"`  // the same of the typical image's patch at this place
	Nearest []Match `json:"nearest"` // up to three, an image each, the closest first
}

// Match is a patch that comes close: the nearest one of its image, in most degrees where they differ.
type Match struct {
	Image     int     `json:"image"`
	Reference bool    `json:"reference,omitempty"` // Image is the number of a reference image
	Patch     int     `json:"patch"`
	View      int     `json:"-"`        // that the patch is of: 0 the scored one, then the set's further views
	Distance  float64 `json:"distance"` // Eq. 1, averaged over the degrees
}
