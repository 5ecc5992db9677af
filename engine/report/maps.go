package report

import (
	"io"

	"musc/engine/fault"
	"musc/engine/npy"
)

// MapFormat is how anomaly maps are written; its text is the extension without the dot.
type MapFormat string

// The formats of maps: both hold the same float32 values, row by row.
const (
	TIFF MapFormat = "tiff" // one grey channel, what MVTec's own evaluation reads
	NPY  MapFormat = "npy"  // NumPy's, shape [height,width]
)

// WriteMap writes an anomaly map [height,width]. A value that is NaN or infinite, and a map whose
// length does not fit its sides, are faults: nothing is written.
func WriteMap(path string, format MapFormat, width, height int, values []float32) error {
	if err := checkMap(path, width, height, values); err != nil {
		return err
	}
	switch format {
	case TIFF:
		return save(path, func(w io.Writer) error { return encodeTIFF(w, width, height, values) })
	case NPY:
		if err := makeFolder(path); err != nil {
			return err
		}
		return npy.Write(path, []int{height, width}, values)
	}
	return fault.New(fault.Usage, "unknown map format %q; use %s or %s", format, TIFF, NPY)
}

// StreamMap is WriteMap of values that read fills in row by row, from above: what lies between is never
// in memory as a whole, unless the format is NPY.
func StreamMap(path string, format MapFormat, width, height int, read func(y int, row []float32)) error {
	if width < 1 || height < 1 {
		return checkMap(path, width, height, nil)
	}
	if format == TIFF {
		return save(path, func(w io.Writer) error { return streamTIFF(w, path, width, height, read) })
	}
	values := make([]float32, width*height)
	for y := range height {
		read(y, values[y*width:][:width])
	}
	return WriteMap(path, format, width, height, values)
}
