package evaluation

import (
	"musc/engine"
	"musc/engine/anomalymap"
)

// engineMaps are the maps of the whole photos of a result.
type engineMaps struct {
	found  *engine.Result
	side   int // of the map of a view, in pixels
	values []float32
}

// of is a mapReader. The content has the size of the map whose maximum is the image's score. Around a crop
// the map has the same scale, unless the photo itself has fewer pixels: then it has the photo's size.
func (m *engineMaps) of(i int) (values []float32, width, height int, err error) {
	image := &m.found.Images[i]
	grid, area := image.Content(m.found.Height, m.found.Width)
	height, width = engine.MapSize(&m.found.Model, m.side, grid.Height, grid.Width)
	top, left, rows, columns := 0, 0, height, width
	if area.Width != image.Width || area.Height != image.Height {
		height, top, rows = around(height, image.Height, area.Y, area.Height)
		width, left, columns = around(width, image.Width, area.X, area.Width)
	}
	upsampler, err := anomalymap.New(grid.Height, grid.Width, rows, columns)
	if err != nil {
		return nil, 0, 0, err
	}
	if cap(m.values) < height*width {
		m.values = make([]float32, height*width)
	}
	m.values = m.values[:height*width]
	if rows == height && columns == width {
		upsampler.Upsample(m.values, grid.Scores)
		return m.values, width, height, nil
	}
	clear(m.values)
	reader, row := upsampler.Reader(grid.Scores), make([]float64, columns)
	for y := range rows {
		reader.Seek(y)
		reader.Read(row, 0)
		to := m.values[(top+y)*width+left:]
		for x, value := range row {
			to[x] = float32(value)
		}
	}
	return m.values, width, height, nil
}

// around is an axis of a map: its length, and where the part [start,start+length) of a photo's axis of
// whole pixels begins on it and how long it is, which has so many pixels unless the photo has fewer.
func around(pixels, whole, start, length int) (size, first, count int) {
	size = max(1, min(whole, (pixels*whole+length/2)/length))
	first = min((2*start*size+whole)/(2*whole), size-1)
	end := (2*(start+length)*size + whole) / (2 * whole)
	return size, first, max(end-first, 1)
}
