package report

import (
	"fmt"
	"image"
	"image/color"

	"musc/engine/fault"
	"musc/engine/verdict"
)

// How many images the overview shows unless told otherwise: two rows and one.
const (
	OverviewMost  = 12
	OverviewLeast = 6
)

// ThumbnailSide is the longer side of a photo in the overview, in pixels: Picture.Shrunk with it
// loses nothing that the overview shows.
const ThumbnailSide = 224

const (
	overviewColumns = 6
	cellGap         = 18
)

// SelectOverview picks the images of the overview from their ranks [N]: the most anomalous ones,
// rank 1 first, and the least anomalous of the others, the lowest rank last. Both are indices into
// ranks.
func SelectOverview(ranks []int, most, least int) (top, bottom []int) {
	byRank := make([]int, len(ranks))
	for i, rank := range ranks {
		byRank[rank-1] = i
	}
	most = min(max(most, 0), len(ranks))
	least = min(max(least, 0), len(ranks)-most)
	return byRank[:most], byRank[len(ranks)-least:]
}

// WriteOverview writes one PNG that shows the batch: the most anomalous images, then a few of the
// least anomalous ones, each with its heat map, rank, score, verdict and name, and the colour bar that
// all share. Either list may be empty, not both (kind fault.Input).
func WriteOverview(path string, most, least []Picture, scale Scale) error {
	if len(most)+len(least) == 0 {
		return fault.New(fault.Input, "cannot write %s: there are no images to show", path)
	}
	letters, err := newLettering(15)
	if err != nil {
		return err
	}
	page := overviewPage{letters: letters, scale: scale}
	page.columns = min(overviewColumns, max(len(most), len(least)))
	cell := ThumbnailSide + cellGap
	height := page.sectionHeight(len(most)) + page.sectionHeight(len(least))
	barHeight := height - 2*margin - letters.line()
	grid := 2*margin + page.columns*cell - cellGap
	page.canvas = newCanvas(grid+margin+barWidth(scale, barThickness, barHeight, letters)+margin,
		height+margin)

	next, err := page.section(margin/2, "Most anomalous", most)
	if err != nil {
		return err
	}
	if _, err = page.section(next, "Least anomalous", least); err != nil {
		return err
	}
	top := margin/2 + letters.line() + margin/2
	page.write(letters.regular, "map", grid, margin/2, 2*barThickness, faint)
	page.colourBar(image.Rect(grid, top, grid+barThickness, top+barHeight), scale, letters)
	return page.savePNG(path)
}

// overviewPage is the contact sheet while its sections are drawn.
type overviewPage struct {
	canvas
	letters lettering
	scale   Scale
	columns int
}

func (o *overviewPage) cellHeight() int { return ThumbnailSide + 2*o.letters.line() + cellGap }

func (o *overviewPage) sectionHeight(pictures int) int {
	if pictures == 0 {
		return 0
	}
	rows := (pictures + o.columns - 1) / o.columns
	return margin + o.letters.line() + rows*o.cellHeight()
}

// section draws a heading at y and the pictures below it, and returns where the next one begins.
func (o *overviewPage) section(y int, heading string, pictures []Picture) (int, error) {
	if len(pictures) == 0 {
		return y, nil
	}
	heading = fmt.Sprintf("%s of %d images", heading, pictures[0].Images)
	o.write(o.letters.bold, heading, margin, y, o.Bounds().Dx()-2*margin, ink)
	top := y + o.letters.line() + margin/2
	for i, picture := range pictures {
		x := margin + i%o.columns*(ThumbnailSide+cellGap)
		if err := o.cell(picture, x, top+i/o.columns*o.cellHeight()); err != nil {
			return 0, err
		}
	}
	return y + o.sectionHeight(len(pictures)), nil
}

// verdictInks are the colours of the words, dark enough to be read on paper.
var verdictInks = map[verdict.Verdict]color.RGBA{
	verdict.None: ink, verdict.Good: {28, 110, 60, 255}, verdict.Review: {150, 90, 0, 255},
	verdict.Defective: {185, 20, 40, 255},
}

// cell draws one picture in the middle of its square, and rank, score, verdict and name below it.
func (o *overviewPage) cell(picture Picture, x, y int) error {
	drawn, err := picture.draw(ThumbnailSide, o.scale)
	if err != nil {
		return err
	}
	size := drawn.Bounds().Size()
	square := image.Rect(x, y, x+ThumbnailSide, y+ThumbnailSide)
	o.fill(square.Inset(-1), frame)
	o.fill(square, paper)
	o.paste(drawn, x+(ThumbnailSide-size.X)/2, y+(ThumbnailSide-size.Y)/2)
	text := y + ThumbnailSide + 4
	label := fmt.Sprintf("%d.  %.3f", picture.Rank, picture.Score)
	o.write(o.letters.bold, label, x, text, ThumbnailSide, ink)
	word := string(picture.Verdict)
	right := x + ThumbnailSide - measure(o.letters.bold, word)
	o.write(o.letters.bold, word, right, text, ThumbnailSide, verdictInks[picture.Verdict])
	o.write(o.letters.regular, picture.Name, x, text+o.letters.line(), ThumbnailSide, faint)
	return nil
}
