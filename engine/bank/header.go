package bank

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/imageio"
	"musc/engine/mutual"
	"musc/engine/verdict"
)

// Header is all of a bank but the tokens.
type Header struct {
	Format      int         `json:"format"`
	ID          string      `json:"id"`      // hash of all that is here and of the tokens, Version and Created apart
	Version     string      `json:"version"` // of musc that wrote it
	Created     time.Time   `json:"created"`
	Model       Model       `json:"model"`
	Provenance  []string    `json:"provenance"` // what decides the tokens besides the photos, for notes
	Settings    Settings    `json:"settings"`
	Shape       Shape       `json:"shape"`
	Photos      []Photo     `json:"photos"`
	Calibration Calibration `json:"calibration"`
}

// Model is the backbone that gave the tokens.
type Model struct {
	Name       string     `json:"name"`
	Sums       []string   `json:"sums"` // SHA-256 of the graph and of the files with its weights
	ImageSize  int        `json:"image_size"`
	GridHeight int        `json:"grid_height"`
	GridWidth  int        `json:"grid_width"`
	Channels   int        `json:"channels"`
	Stages     int        `json:"stages"` // that the model has
	ClassDim   int        `json:"class_dim"`
	Mean       [3]float32 `json:"mean"`
	Std        [3]float32 `json:"std"`
}

// Settings are how the photos were read, and how new ones are scored by them.
type Settings struct {
	Preset   string          `json:"preset"`
	Stages   []int           `json:"stages"` // of the backbone, from 1; Shape.Stages of them
	Degrees  []int           `json:"degrees"`
	Interval mutual.Interval `json:"interval"`
	Average  mutual.Average  `json:"average"`
	// Nearest scores by the nearest reference (MuSc+, Eq. 9-11) instead of Eq. 2 over all references.
	Nearest bool `json:"nearest"`
	Near    int  `json:"near,omitempty"` // a patch is compared with those at most so far away; 0: with all
	MapSize int  `json:"map_size,omitempty"`

	Frame     frame.Options `json:"frame,omitzero"`
	ROI       []byte        `json:"roi,omitempty"` // the mask of all photos, as PNG; empty: none
	ROISum    string        `json:"roi_sha256,omitempty"`
	Rotate    bool          `json:"rotate,omitempty"` // as the EXIF orientation says
	MaxPixels int           `json:"max_pixels"`
	Bits      int           `json:"bits,omitempty"`
	Depth     imageio.Depth `json:"depth,omitzero"` // the scale of photos of more than 8 bits a sample
}

// Shape is the size of what is kept of every photo: Views x Stages x (Height*Width) x Channels.
type Shape struct {
	Views    int      `json:"views"` // tiles and turns
	Stages   int      `json:"stages"`
	Height   int      `json:"height"` // patches of a view
	Width    int      `json:"width"`
	Channels int      `json:"channels"`
	ClassDim int      `json:"class_dim"` // of the class token; 0: none is kept
	Encoding Encoding `json:"encoding"`
}

// Patches is P, of a view.
func (s Shape) Patches() int { return s.Height * s.Width }

// Photo is one good photo.
type Photo struct {
	Name   string    `json:"name"`   // unique in the bank
	SHA256 string    `json:"sha256"` // of the file's bytes
	Width  int       `json:"width"`  // of the original, in pixels
	Height int       `json:"height"`
	Class  []float32 `json:"-"` // [Shape.ClassDim]; Bank.Class reads it
}

// Calibration is what the good photos score by each other, and what follows from it.
type Calibration struct {
	Method string    `json:"method"`           // the threshold as it was asked for: auto, 0.35, 0.35,0.32
	Scores []float64 `json:"scores,omitempty"` // by photo: each by all others; nil for one photo alone
	// LeftOut are scores by the bank of good photos that are not in it: of those that it was thinned of.
	// Thresholds and FalseAlarms are of these and Scores together.
	LeftOut    []float64          `json:"left_out,omitempty"`
	Thresholds verdict.Thresholds `json:"thresholds"`
	// FalseAlarms counts the photos that a threshold estimated from the scores of the others calls
	// defective, or sends to review; nil where nothing was estimated.
	FalseAlarms *FalseAlarms `json:"false_alarms,omitempty"`
}

// FalseAlarms are good photos that would not be called good, out of so many.
type FalseAlarms struct {
	Photos    int `json:"photos"`
	Defective int `json:"defective"`
	Review    int `json:"review"`
}

// idOf is the hash of a header as JSON, also of one with fields that this reader does not know, and of
// the table of the blocks' checksums. The ID itself, the version and the time of writing are left out:
// the same photos and settings give the same ID.
func idOf(header, table []byte) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(header))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return "", err
	}
	for _, name := range []string{"id", "version", "created"} {
		delete(fields, name)
	}
	text, err := json.Marshal(fields) // with sorted keys
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	sum.Write(text)
	sum.Write(table)
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// check says what no bank can have. Errors are without kind and file.
func (h *Header) check() error {
	if err := h.Shape.check(); err != nil {
		return err
	}
	if len(h.Settings.Stages) != h.Shape.Stages {
		return fault.New(fault.Input, "stages %v are not the %d that are kept", h.Settings.Stages,
			h.Shape.Stages)
	}
	if err := mutual.CheckParameters(h.Settings.Degrees, h.Settings.Interval); err != nil {
		return err
	}
	if scores := h.Calibration.Scores; scores != nil && len(scores) != len(h.Photos) {
		return fault.New(fault.Input, "%d calibration scores of %d photos", len(scores), len(h.Photos))
	}
	names := make(map[string]bool, len(h.Photos))
	for _, photo := range h.Photos {
		if names[photo.Name] {
			return fault.New(fault.Input, "two photos are named %q", photo.Name)
		}
		names[photo.Name] = true
	}
	return nil
}
