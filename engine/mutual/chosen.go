package mutual

// Chosen is what a search found for one image, scorer and window (Eq. 1): of each patch of the
// image the scorer's patch that is nearest to it.
type Chosen struct {
	Stage   int
	Degree  int   // of the window
	Image   int   // position among the members
	Scorer  int   // position among the members; from N on, N + the reference
	Nearest []int // [P]; -1: none was found
}
