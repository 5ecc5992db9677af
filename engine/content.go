package engine

import (
	"image"

	"musc/engine/frame"
	"musc/engine/report"
	"musc/engine/verdict"
)

// Content are the patch scores of an image that show it, of a canvas of height x width patches, and the
// part of the photo that they show.
func (m *Image) Content(height, width int) (verdict.Grid, frame.Rect) {
	scores, rows, columns := m.Place.Cut(m.PatchScores, height, width)
	return verdict.Grid{Scores: scores, Height: rows, Width: columns}, m.Place.Photo(m.Width, m.Height)
}

// Summary is what the colour scale needs to know of the image: of the patches that took part.
func (m *Image) Summary() report.Summary { return report.Summarise(tookPart(m.PatchScores)) }

// tookPart are the scores without those that are 0, as patches beside the content and outside a mask
// have; all of them if no other is left.
func tookPart(scores []float64) []float64 {
	left := make([]float64, 0, len(scores))
	for _, score := range scores {
		if score != 0 {
			left = append(left, score)
		}
	}
	if len(left) == 0 {
		return scores
	}
	return left
}

// Regions are the defects of an image whose patches lie on a canvas of height x width patches, as Result has
// them: those of the largest peak first, in pixels of the whole photo; see verdict.Regions. Errors are its.
func (m *Image) Regions(height, width int, t *verdict.Thresholds) ([]verdict.Region, error) {
	grid, area := m.Content(height, width)
	regions, err := verdict.Regions(grid, area.Width, area.Height, m.ScoreBefore, t)
	verdict.Shift(regions, area.X, area.Y)
	return regions, err
}

// areaOf is the part of the photo that was looked at; empty: all of it.
func areaOf(place *frame.Place) image.Rectangle {
	a := place.Area
	return image.Rect(a.X, a.Y, a.X+a.Width, a.Y+a.Height)
}
