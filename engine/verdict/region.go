package verdict

// Region is one defect: connected pixels of the anomaly map at or above the review level, at least
// one of which is at or above the threshold, with holes smaller than a patch filled. All lengths are
// in pixels of the original photo.
type Region struct {
	X         int     `json:"x"` // the box: left and upper edge, extent
	Y         int     `json:"y"`
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	Area      int     `json:"area"`
	CentroidX float64 `json:"centroid_x"` // pixel centres are whole numbers
	CentroidY float64 `json:"centroid_y"`
	PeakX     int     `json:"peak_x"` // the pixel of the largest value, the first one row by row
	PeakY     int     `json:"peak_y"`
	Peak      float64 `json:"peak"` // map values
	Mean      float64 `json:"mean"`
	Runs      []Run   `json:"runs,omitempty"` // all its pixels, ascending by Y, then From
}

// Run is the pixels From to To-1 of row Y.
type Run struct {
	Y    int `json:"y"`
	From int `json:"from"`
	To   int `json:"to"`
}

// Shift moves regions that were found in a part of a photo to the photo, in which the part begins at
// (x,y). It changes them in place.
func Shift(regions []Region, x, y int) {
	if x == 0 && y == 0 {
		return
	}
	for k := range regions {
		g := &regions[k]
		g.X, g.Y = g.X+x, g.Y+y
		g.CentroidX, g.CentroidY = g.CentroidX+float64(x), g.CentroidY+float64(y)
		g.PeakX, g.PeakY = g.PeakX+x, g.PeakY+y
		for i := range g.Runs {
			r := &g.Runs[i]
			r.Y, r.From, r.To = r.Y+y, r.From+x, r.To+x
		}
	}
}
