package engine

import (
	"fmt"

	"musc/engine/anomalymap"
	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/frame"
	"musc/engine/mutual"
)

// FrameModel is the backbone's part of the geometry.
func FrameModel(info *backbone.Info) frame.Model {
	return frame.Model{ImageSize: info.ImageSize, Patch: info.Patch, Height: info.GridHeight,
		Width: info.GridWidth}
}

// mask is the part of a photo that takes part; nil: all of it.
func (job *Config) mask(item *dataset.Item) (*frame.Mask, error) {
	if job.ROI == nil {
		return nil, nil
	}
	return job.ROI.Of(item.Name)
}

// grids are the patch tokens of some photos by view: each store has the same photos, at the same indices.
type grids []*features.Store

// split gives the views of a store [views][room].
func split(store *features.Store, views, room int) grids {
	if views == 1 {
		return grids{store}
	}
	all := make(grids, views)
	for v := range all {
		all[v] = store.Part(v*room, room)
	}
	return all
}

// head are the first photos.
func (g grids) head(photos int) grids {
	heads := make(grids, len(g))
	for v, store := range g {
		heads[v] = store.Head(photos)
	}
	return heads
}

// scoring are the views of a tile: the upright one, which is scored, and those that score others as
// well: its turned views, and with Tiles.All those of all other tiles.
func (g grids) scoring(of *frame.Options, tile int) (first *features.Store, further []*features.Store) {
	tiles := of.Count()
	for v, store := range g {
		if v != tile && (of.Tiles.All || v%tiles == tile) {
			further = append(further, store)
		}
	}
	return g[tile], further
}

// furtherViews is how many further views scoring gives.
func furtherViews(of *frame.Options) int {
	if of.Tiles.All {
		return of.Views() - 1
	}
	return of.Views()/of.Count() - 1
}

// needsCPU says why a GPU cannot score what the job asks for; "" if it can.
func (job *Config) needsCPU() string {
	switch {
	case job.Frame.Turns > 1:
		return fmt.Sprintf("--rotations %d: mutual scoring is on the CPU, since a GPU compares a photo with "+
			"one view of each other", job.Frame.Turns)
	case job.Frame.Tiles.All && job.Frame.Count() > 1:
		return "--tile-scope all: mutual scoring is on the CPU, since a GPU compares a tile with one of each " +
			"other photo"
	case job.ROI != nil:
		return "--roi: mutual scoring is on the CPU, since a GPU leaves out no patches"
	case job.Frame.KeepAspect:
		return "--keep-aspect: mutual scoring is on the CPU, since a GPU leaves out no patches"
	case job.Scoring.leavesOut():
		return fmt.Sprintf("--shared %s: mutual scoring is on the CPU, since a GPU leaves out no image "+
			"that scores others", job.Scoring.Shared)
	}
	return ""
}

// checkFrame refuses options that cannot be combined.
func (job *Config) checkFrame() error {
	scoring, of := &job.Scoring, &job.Frame
	several := of.Count() > 1 || of.Tiles.Auto
	switch {
	case scoring.Near < 0:
		return fault.New(fault.Usage, "--near is a number of patches, at least 1, not %d", scoring.Near)
	case scoring.Near > 0 && several && of.Tiles.All:
		return fault.New(fault.Usage, "--near %d compares patches of the same place, and --tile-scope all "+
			"those of all places: leave one of the two out", scoring.Near)
	case several && scoring.Shared == SharedExclude:
		return fault.New(fault.Usage, "--shared exclude compares whole photos, and --tiles divides them: "+
			"leave one of the two out, or take --shared trust")
	case scoring.ReferencesInterval && !scoring.ReferencesOnly:
		return fault.New(fault.Usage, "an interval over the references alone is for scoring by references "+
			"only")
	}
	return nil
}

// problems are the mutual scoring of some members of the set, tile by tile.
func (set *scoredSet) problems(scoring *Scoring, members []int) []mutual.Problem {
	problems := make([]mutual.Problem, set.frame.Count())
	for tile := range problems {
		problems[tile] = mutual.Problem{Members: members, Degrees: scoring.Degrees,
			Interval: scoring.Interval, Average: scoring.Average, Near: scoring.Near,
			ReferencesOnly: scoring.ReferencesOnly, ReferencesInterval: scoring.ReferencesInterval}
		of := &problems[tile]
		of.Images, of.Views = set.images.scoring(&set.frame, tile)
		if set.references != nil {
			of.References, of.ReferenceViews = set.references.scoring(&set.frame, tile)
		}
	}
	return problems
}

// stitch puts the scores of tiles, [N,P] each, together to those of the members' canvases.
func (set *scoredSet) stitch(members []int, tiles [][]float64) [][]float64 {
	patches := set.images[0].Shape().Patches()
	canvases := make([][]float64, len(members))
	scores, active := make([][]float64, len(tiles)), make([][]bool, len(tiles))
	for k, i := range members {
		for tile, all := range tiles {
			scores[tile], active[tile] = all[k*patches:(k+1)*patches], set.images[tile].Active(i)
		}
		if canvases[k] = scores[0]; len(tiles) > 1 {
			canvases[k] = set.frame.Stitch(scores, active, set.model)
		}
	}
	return canvases
}

// mapMaxima finds the largest values of anomaly maps, of canvases of one size.
type mapMaxima struct {
	model         *backbone.Info
	side          int // of the map of a view
	height, width int // of a canvas
	upsamplers    map[[2]int]*anomalymap.Upsampler
}

func newMapMaxima(model *backbone.Info, side, height, width int) *mapMaxima {
	return &mapMaxima{model, side, height, width, map[[2]int]*anomalymap.Upsampler{}}
}

// of is the maximum of the map of the content of a canvas, whose scale is that of a view's map.
func (p *mapMaxima) of(canvas []float64, place frame.Place) (float64, error) {
	scores, rows, columns := place.Cut(canvas, p.height, p.width)
	size := [2]int{rows, columns}
	if p.upsamplers[size] == nil {
		height, width := MapSize(p.model, p.side, rows, columns)
		upsampler, err := anomalymap.New(rows, columns, height, width)
		if err != nil {
			return 0, err
		}
		p.upsamplers[size] = upsampler
	}
	return p.upsamplers[size].Max(scores), nil
}

// mostMapSide bounds the side of the map of a view, in pixels: between patches nothing is known that a larger
// one would show, and its memory grows with the square.
const mostMapSide = 1 << 14

// MapSize is the size in pixels of the map of so many rows and columns of patches, where that of a view
// has the side given.
func MapSize(model *backbone.Info, side, rows, columns int) (height, width int) {
	return max(1, side*rows/max(1, model.GridHeight)), max(1, side*columns/max(1, model.GridWidth))
}
