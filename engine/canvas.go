package engine

import (
	"math"

	"musc/engine/evidence"
)

// tileOf is the tile that has a patch of the canvas farthest from its borders, the first of several, and
// the patch there.
func (set *scoredSet) tileOf(canvas int) (best, patch int) {
	if set.frame.Count() == 1 {
		return 0, canvas
	}
	_, width := set.frame.Canvas(set.model)
	most := -1
	for tile := range set.frame.Count() {
		top, left := set.frame.Corner(tile, set.model)
		y, x := canvas/width-top, canvas%width-left
		inside := min(y, x, set.model.Height-1-y, set.model.Width-1-x)
		if inside > most {
			most, best, patch = inside, tile, y*set.model.Width+x
		}
	}
	return best, patch
}

// toCanvas makes the patches of evidence about a tile those of the canvas.
func (set *scoredSet) toCanvas(e *evidence.Evidence, tile int) {
	tiles := set.frame.Count()
	if set.frame.Views() == 1 {
		return
	}
	e.Patch = set.canvasPatch(e.Patch, tile)
	for s := range e.Stages {
		for k := range e.Stages[s].Nearest {
			match := &e.Stages[s].Nearest[k]
			view := tile + match.View*tiles // further views of the tile alone are its turns
			if set.frame.Tiles.All {        // first the tile, then all others in their order
				if view = match.View; view <= tile {
					view = (view + tile) % (tile + 1)
				}
			}
			match.Patch = set.canvasPatch(match.Patch, view)
		}
	}
}

// canvasPatch is the patch of the upright canvas that a patch of a view shows: of a turned one the patch
// under its middle.
func (set *scoredSet) canvasPatch(patch, view int) int {
	tiles := set.frame.Count()
	height, width := set.frame.Canvas(set.model)
	top, left := set.frame.Corner(view%tiles, set.model)
	y, x := top+patch/set.model.Width, left+patch%set.model.Width
	if turn := view / tiles; turn > 0 {
		sin, cos := math.Sincos(2 * math.Pi * float64(turn) / float64(set.frame.Turns))
		down, across := float64(y)-float64(height-1)/2, float64(x)-float64(width-1)/2
		y = int(math.Round(float64(down*cos) - float64(across*sin) + float64(height-1)/2))
		x = int(math.Round(float64(across*cos) + float64(down*sin) + float64(width-1)/2))
		y, x = min(max(y, 0), height-1), min(max(x, 0), width-1)
	}
	return y*width + x
}
