package export

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/engine/verdict"
)

// writeFiftyOne writes the folder fiftyone/ in the form of FiftyOne's type LegacyFiftyOneDataset:
// that one names no version of FiftyOne, takes the fields of a sample as they come, and holds
// pixels exactly. Every photo is a sample with "name", "score", "verdict" (a Classification) and
// "defects" (Detections with masks); one whose verdict is not "good" or "defective" has no
// "defects", not even an empty list.
func writeFiftyOne(folder string, b *batch) error {
	folder = filepath.Join(folder, "fiftyone")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fault.New(fault.Output, "cannot make a folder of the export: %w; choose another place with -o", err)
	}
	about, err := json.MarshalIndent(fiftyOneDataset{"musc", "image", []string{category},
		fiftyOneInfo{b.Tool, string(b.root), b.Thresholds}}, "", "  ")
	if err != nil {
		return err
	}
	err = atomicfile.WriteFile(filepath.Join(folder, "metadata.json"), append(about, '\n'))
	if err != nil {
		return err
	}
	return saveJSON(filepath.Join(folder, "samples.json"), "{", "}", func(w *jsonWriter) error {
		return w.array("samples", func() error {
			return b.each(func(image *Image) error {
				sample, err := fiftyOneSampleOf(image)
				if err != nil {
					return fmt.Errorf("the defects of %s: %w", image.Name, err)
				}
				return w.element(sample)
			})
		})
	})
}

type fiftyOneDataset struct {
	Name    string       `json:"name"`
	Media   string       `json:"media_type"`
	Classes []string     `json:"default_classes"`
	Info    fiftyOneInfo `json:"info"`
}

type fiftyOneInfo struct {
	Tool       string             `json:"tool"`
	Root       string             `json:"images_root"`
	Thresholds verdict.Thresholds `json:"thresholds"`
}

type fiftyOneSample struct {
	Path     string           `json:"filepath"`
	Tags     []string         `json:"tags"`
	Metadata fiftyOneMetadata `json:"metadata"`
	Name     string           `json:"name"`
	Score    decimal          `json:"score"`
	Verdict  *fiftyOneVerdict `json:"verdict"`
	Defects  *fiftyOneDefects `json:"defects"`
}

type fiftyOneMetadata struct {
	Class  string `json:"_cls"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

type fiftyOneVerdict struct {
	Class string          `json:"_cls"`
	Label verdict.Verdict `json:"label"`
}

type fiftyOneDefects struct {
	Class string           `json:"_cls"`
	List  []fiftyOneDefect `json:"detections"`
}

type fiftyOneDefect struct {
	Class      string       `json:"_cls"`
	Label      string       `json:"label"`
	Box        [4]decimal   `json:"bounding_box"` // left, top, width, height, as parts of the photo's
	Mask       fiftyOneMask `json:"mask"`
	Confidence decimal      `json:"confidence"` // the peak
	Mean       decimal      `json:"mean"`
	Area       int          `json:"area"`
}

type fiftyOneMask struct {
	Binary fiftyOneBinary `json:"$binary"`
}

type fiftyOneBinary struct {
	Base64 []byte `json:"base64"`
	Type   string `json:"subType"`
}

// decimal always has a point or an exponent in JSON: FiftyOne makes a field of whole numbers of one
// whose first value is 1, and refuses 0.5 then.
type decimal float64

func (d decimal) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(d), 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return []byte(text), nil
}

func fiftyOneSampleOf(m *Image) (fiftyOneSample, error) {
	sample := fiftyOneSample{Path: m.Path, Tags: []string{}, Name: m.Name, Score: decimal(m.Score),
		Metadata: fiftyOneMetadata{"ImageMetadata", m.Width, m.Height}}
	if m.Verdict != verdict.None {
		sample.Verdict = &fiftyOneVerdict{"Classification", m.Verdict}
	}
	if undecided(m) {
		return sample, nil
	}
	sample.Defects = &fiftyOneDefects{"Detections", []fiftyOneDefect{}}
	width, height := float64(m.Width), float64(m.Height)
	for k := range m.Regions {
		r := &m.Regions[k]
		mask, err := packMask(r)
		if err != nil {
			return sample, err
		}
		box := [4]decimal{decimal(float64(r.X) / width), decimal(float64(r.Y) / height),
			decimal(float64(r.Width) / width), decimal(float64(r.Height) / height)}
		sample.Defects.List = append(sample.Defects.List, fiftyOneDefect{"Detection", category, box,
			fiftyOneMask{fiftyOneBinary{mask, "00"}}, decimal(r.Peak), decimal(r.Mean), r.Area})
	}
	return sample, nil
}

// packMask is the pixels of a region's box as FiftyOne keeps an array: a .npy file of
// [Height,Width] truth values, compressed by zlib.
func packMask(r *verdict.Region) ([]byte, error) {
	pixels := make([]byte, r.Width*r.Height)
	for _, run := range r.Runs {
		row := pixels[(run.Y-r.Y)*r.Width:]
		for x := run.From - r.X; x < run.To-r.X; x++ {
			row[x] = 1
		}
	}
	const magic, before = "\x93NUMPY\x01\x00", 10 // and two bytes that say how long the header is
	header := fmt.Sprintf("{'descr': '|b1', 'fortran_order': False, 'shape': (%d, %d), }",
		r.Height, r.Width)
	header += strings.Repeat(" ", 64-1-(before+len(header))%64) + "\n" // data begin at multiples of 64
	var packed bytes.Buffer
	w, err := zlib.NewWriterLevel(&packed, zlib.BestSpeed) // runs pack well at any level
	if err != nil {
		return nil, err
	}
	for _, part := range [][]byte{[]byte(magic), {byte(len(header)), byte(len(header) >> 8)},
		[]byte(header), pixels} {
		if _, err := w.Write(part); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
