package serve

import (
	"bytes"
	"image"

	"musc/engine/anomalymap"
	"musc/engine/fault"
	"musc/engine/report"
)

// The formats of maps that a query can ask for.
const (
	formatPNG    = "png"
	formatTIFF   = "tiff"
	formatScores = "scores"
)

// longerSide bounds a map's picture, in pixels: between patches nothing is known that a larger one would
// show, and one of a photo of 100 megapixels would take a gigabyte.
const longerSide = 1024

// Map is where a photo is anomalous. It shows the part of the photo in Area.
type Map struct {
	Format  string    `json:"format"`           // png, tiff or scores
	Area    Box       `json:"area"`             // in pixels of the photo
	Data    []byte    `json:"data,omitempty"`   // of png and tiff, in base64
	Width   int       `json:"width,omitempty"`  // of these, in pixels
	Height  int       `json:"height,omitempty"` //
	Rows    int       `json:"rows"`             // of the patches
	Columns int       `json:"columns"`
	Scores  []float32 `json:"scores,omitempty"` // of scores: [rows,columns], row by row
	Scale   *Scale    `json:"scale,omitempty"`  // of png
}

// Box is a part of a photo, in its pixels.
type Box struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Scale is what a PNG's colours stand for: none at Low and below, the hottest at High and above. They are
// the same for all photos that a bank scores.
type Scale struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// mapOf makes the map that a query asks for; nil is none.
func mapOf(format string, found *Inspection, scale report.Scale) (*Map, error) {
	if format == "none" {
		return nil, nil
	}
	area := found.Area
	m := &Map{Format: format, Rows: found.Rows, Columns: found.Columns,
		Area: Box{area.Min.X, area.Min.Y, area.Dx(), area.Dy()}}
	if format == formatScores {
		m.Scores = found.Scores
		return m, nil
	}
	if area.Empty() {
		return nil, fault.New(fault.Internal, "the map shows no part of the photo")
	}
	size := shrunk(area.Size(), longerSide)
	m.Width, m.Height = size.X, size.Y
	values, err := upsampled(found, size)
	if err != nil {
		return nil, err
	}
	var data bytes.Buffer
	if format == formatTIFF {
		err = report.EncodeMap(&data, size.X, size.Y, values)
	} else {
		m.Scale = &Scale{scale.Low, scale.High}
		err = report.EncodeHeat(&data, size.X, size.Y, values, scale)
	}
	m.Data = data.Bytes()
	return m, err
}

// upsampled is the map at a size.
func upsampled(found *Inspection, size image.Point) ([]float32, error) {
	u, err := anomalymap.New(found.Rows, found.Columns, size.Y, size.X)
	if err != nil {
		return nil, err
	}
	scores := make([]float64, len(found.Scores))
	for p, score := range found.Scores {
		scores[p] = float64(score)
	}
	values := make([]float32, size.X*size.Y)
	u.Upsample(values, scores)
	return values, nil
}

// shrunk is a size with the same aspect whose longer side is at most the longer one.
func shrunk(size image.Point, longer int) image.Point {
	most := max(size.X, size.Y)
	if most <= longer {
		return size
	}
	return image.Pt(max(1, size.X*longer/most), max(1, size.Y*longer/most))
}
