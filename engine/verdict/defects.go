package verdict

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
)

// defectColumns are those of defects.csv.
var defectColumns = []string{"image", "defect", "x", "y", "width", "height", "area", "centroid_x",
	"centroid_y", "peak_x", "peak_y", "peak", "mean", "share"}

// WriteDefects writes defects.csv: a row a region, in the order in which all hands over the images
// with their sizes in pixels and their regions, with the columns
//
//	image,defect,x,y,width,height,area,centroid_x,centroid_y,peak_x,peak_y,peak,mean,share
//
// defect counts an image's regions from 1, share is the region's part of the photo's area; lengths
// are in pixels. Numbers are in the shortest decimal form that reads back as the same float64. If all
// fails, the former file stays.
func WriteDefects(path string,
	all func(write func(image string, width, height int, regions []Region) error) error) error {
	return save(path, func(w io.Writer) error {
		table := csv.NewWriter(w)
		if err := table.Write(defectColumns); err != nil {
			return err
		}
		record := make([]string, len(defectColumns))
		err := all(func(image string, width, height int, regions []Region) error {
			for k := range regions {
				regions[k].record(record, image, k+1, float64(width)*float64(height))
				if err := table.Write(record); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		table.Flush()
		return table.Error()
	})
}

// DefectColumns are those of defects.csv.
func DefectColumns() []string { return slices.Clone(defectColumns) }

// Row is a row of defects.csv: the region of that number, from 1, of a photo of width x height.
func (g *Region) Row(image string, number, width, height int) []string {
	row := make([]string, len(defectColumns))
	g.record(row, image, number, float64(width)*float64(height))
	return row
}

// record fills in a row of defects.csv.
func (g *Region) record(row []string, image string, number int, pixels float64) {
	row[0] = image
	for k, value := range []int{number, g.X, g.Y, g.Width, g.Height, g.Area} {
		row[1+k] = strconv.Itoa(value)
	}
	row[7], row[8] = shortest(g.CentroidX), shortest(g.CentroidY)
	row[9], row[10] = strconv.Itoa(g.PeakX), strconv.Itoa(g.PeakY)
	row[11], row[12], row[13] = shortest(g.Peak), shortest(g.Mean), shortest(float64(g.Area)/pixels)
}

func shortest(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
