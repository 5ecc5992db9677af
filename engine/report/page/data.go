// Package page writes the report: one HTML page to go through a scored batch with, which opens without
// a server or a network.
//
// The page is data (Data, as JSON) and scripts that draw them: maps are interpolated from patch
// scores by the rule of package anomalymap and coloured as report.WriteOverlay does, so that a
// threshold that is moved shows at once. scripts/ has one file a part, vendored/ the libraries.
//
// # Served by musc view
//
// The page asks nobody for anything when it is opened as a file. A server may hand it out over http
// with this element in its head, TOKEN being a secret of that server's start:
//
//	<meta name="musc-view" content="TOKEN">
//
// The page then keeps the user's verdicts there and not in the browser, and shows photos in full:
//
//	GET /verdicts   {"NAME": "good" | "defective" | "unsure", ...}, by Photo.Name
//	PUT /verdicts   the same, all of them, with the header X-Musc-Token: TOKEN; a status that is not
//	                2xx is shown to the user with the text that comes with it
//	GET /photo/N    the picture of Data.Photos[N], or of its Area, in its own size, as something a
//	                browser shows
//
// The policy in the page (Content-Security-Policy) allows these addresses of its own origin, and no
// script but its own.
package page

import (
	"math"
	"slices"
	"time"

	"musc/engine/report"
	"musc/engine/verdict"
)

// Data is what the page shows. It is in the page as JSON, and the scripts read it from there.
type Data struct {
	Tool    string    `json:"tool"` // name and version
	Started time.Time `json:"started"`
	Command []string  `json:"command"`

	Images  int       `json:"images"`  // that were scored; Photos may be the most anomalous of them
	Befores []float64 `json:"befores"` // of all images, ascending, for the histogram; nil if Photos are all
	Photos  []Photo   `json:"photos"`  // by rank

	GridHeight int     `json:"grid_height"` // of the patches of photos that have no Rows and Columns
	GridWidth  int     `json:"grid_width"`
	Low        float64 `json:"low"` // byte b of Photo.Scores stands for Low + b/255 (High-Low)
	High       float64 `json:"high"`
	MapSize    int     `json:"map_size"` // side of the square map whose maximum is Photo.Before

	Thresholds verdict.Thresholds `json:"thresholds"`
	Scale      report.Scale       `json:"scale"`   // of colours, anchored at the threshold
	Colours    [256][4]uint8      `json:"colours"` // red, green, blue and opacity of each level of the scale

	Findings []report.Finding `json:"findings"` // whether the batch is fit to be scored
	Warnings []string         `json:"warnings"` // what else a user was told
	Skipped  []Skipped        `json:"skipped"`
	Run      []Parameter      `json:"run"` // how it all came about, for people
}

// SetScores fills in Low, High and the bytes of each photo's patch scores; scores are in the order of Photos,
// each [P] and finite.
func (d *Data) SetScores(scores [][]float64) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, of := range scores {
		low, high = min(low, slices.Min(of)), max(high, slices.Max(of))
	}
	if len(scores) == 0 {
		return
	}
	d.Low, d.High = low, high
	for at, of := range scores {
		bytes := make([]byte, len(of))
		for k, score := range of {
			if high > low {
				bytes[k] = byte(math.Round(255 * (score - low) / (high - low)))
			}
		}
		d.Photos[at].Scores = bytes
	}
}

// Photo is one scored image.
type Photo struct {
	Name    string  `json:"name"` // unique; shown with U+FFFD for bytes that are no UTF-8
	Path    string  `json:"path"` // on the machine that scored it
	Width   int     `json:"width"`
	Height  int     `json:"height"`
	Area    *Area   `json:"area,omitempty"` // the part that was looked at, and that Picture shows; nil: all
	Rows    int     `json:"rows,omitempty"` // of the patches, if they are others than the batch's
	Columns int     `json:"columns,omitempty"`
	Before  float64 `json:"before"` // score before RsCIN, which the thresholds are about
	Score   float64 `json:"score"`
	Rank    int     `json:"rank"`
	Label   string  `json:"label,omitempty"` // the manifest's
	Scores  []byte  `json:"scores"`          // of the patches, row-major; base64 in JSON
	// Picture is a data: URI, or a path relative to the page, with slashes and not yet encoded for a
	// URL; "" if there is none.
	Picture string `json:"picture"`
	// Nearest is the index in Photos of the good photo that looks most like this one; -1: none.
	Nearest  int        `json:"nearest"`
	Evidence []Evidence `json:"evidence,omitempty"` // for its peaks, the highest first
}

// Area is a part of a photo, in its pixels.
type Area struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Evidence says why a patch has its score: evidence.Evidence with what it names as pictures.
type Evidence struct {
	Patch    int     `json:"patch"`    // row-major on the photo's grid
	Score    float64 `json:"score"`    // of the patch
	Normal   float64 `json:"normal"`   // what a patch scores there in a typical photo
	Stages   []Stage `json:"stages"`   // those of the backbone that scored
	Mattered int     `json:"mattered"` // index in Stages
	Crop     string  `json:"crop"`     // of the patch and its surroundings, as Photo.Picture
	Typical  Crop    `json:"typical"`  // the same place of the typical photo
	Nearest  []Crop  `json:"nearest"`  // the closest patches at the stage that mattered
}

// Stage is the part of one stage of the backbone.
type Stage struct {
	Stage  int     `json:"stage"` // from 1
	Score  float64 `json:"score"`
	Normal float64 `json:"normal"`
}

// Crop is a piece of a photo.
type Crop struct {
	Name     string  `json:"name"`    // of the photo
	Photo    int     `json:"photo"`   // index in Photos; -1 if it is not among them
	Picture  string  `json:"picture"` // as Photo.Picture
	Distance float64 `json:"distance"`
}

// Skipped is an image that was left out.
type Skipped struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Parameter is a line of the run's description.
type Parameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
