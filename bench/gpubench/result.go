package gpubench

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"musc/engine/atomicfile"
	"musc/engine/fault"
)

// Result is what a run found out about one device. Times are medians unless they say otherwise.
type Result struct {
	Device   string    `json:"device"`
	Driver   string    `json:"driver"` // the newest CUDA it knows
	Searches []Search  `json:"searches"`
	Scorings []Scoring `json:"scorings"`
	Scaling  []Scaling `json:"scaling"` // empty with one device
	Runs     []Run     `json:"runs"`
	PyTorch  string    `json:"pytorch"` // its version, "" if it was not measured
	Peers    []Peer    `json:"peers"`
	Notes    []string  `json:"notes"` // what was left out, and why
}

// Search is the search of Eq. 1 by itself: every two of some images, one degree.
type Search struct {
	Shape        string    `json:"shape"`
	Images       int       `json:"images"`
	Milliseconds float64   `json:"milliseconds"` // of all pairs, by the device's events
	Samples      []float64 `json:"samples"`
	Teraflops    float64   `json:"teraflops"` // a second, of 2 P P C a pair: padding does not count
}

// Scoring is mutual scoring as a whole, from raw patch tokens in host memory to patch scores there.
type Scoring struct {
	Shape        string     `json:"shape"`
	Images       int        `json:"images"`
	Subsets      int        `json:"subsets"`
	Kernel       string     `json:"kernel,omitempty"`      // that searches; "": the device's own
	Bound        int64      `json:"bound,omitempty"`       // on the device's memory; 0: none
	Near         int        `json:"near,omitempty"`        // patches that a nearest may be away; 0: any
	Milliseconds float64    `json:"milliseconds_an_image"` // from the call to its return
	Steps        []StepTime `json:"steps"`
	PeakBytes    int64      `json:"peak_bytes"`              // of the device's memory, above the start
	Difference   float64    `json:"difference_to_unbounded"` // of a score, to the own kernel's
}

// StepTime is how long a step took. Steps on a device may overlap.
type StepTime struct {
	Step         string  `json:"step"`
	Milliseconds float64 `json:"milliseconds_an_image"`
}

// Scaling is mutual scoring on several devices.
type Scaling struct {
	Shape        string  `json:"shape"`
	Images       int     `json:"images"`
	Devices      int     `json:"devices"`
	Milliseconds float64 `json:"milliseconds_an_image"`
}

// Run is photos to scores with the backbone on the device: the steps follow one another.
type Run struct {
	Shape        string     `json:"shape"`
	Images       int        `json:"images"`
	Subsets      int        `json:"subsets"`
	Milliseconds float64    `json:"milliseconds_an_image"`
	Steps        []StepTime `json:"steps"`
	PeakBytes    int64      `json:"peak_bytes"`
}

// Peer is PyTorch at one shape; milliseconds are those of an image among as many as Scoring has.
type Peer struct {
	Shape     string  `json:"shape"`
	Teraflops float64 `json:"cublas_teraflops"` // torch.bmm in float16
	Published float64 `json:"published_milliseconds_an_image"`
	Best      float64 `json:"best_milliseconds_an_image"`
}

func (r *Result) peer(shape string) *Peer {
	for k := range r.Peers {
		if r.Peers[k].Shape == shape {
			return &r.Peers[k]
		}
	}
	return nil
}

// Save writes NAME.json, NAME.md and plots into folder; NAME is FileName's. It returns the Markdown.
func (r *Result) Save(folder string) (markdown string, err error) {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fault.New(fault.Output, "cannot make the folder for results: %w; choose another"+
			" with --out", err)
	}
	base := filepath.Join(folder, r.FileName())
	if err := atomicfile.WriteFile(base+".json", append(data, '\n')); err != nil {
		return "", err
	}
	var text bytes.Buffer
	r.write(&text)
	if err := atomicfile.WriteFile(base+".md", text.Bytes()); err != nil {
		return "", err
	}
	return text.String(), r.draw(base)
}

// FileName is the device's name in lower case, with hyphens: "nvidia-h100-80gb-hbm3".
func (r *Result) FileName() string {
	words := strings.FieldsFunc(strings.ToLower(r.Device), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
	return strings.Join(words, "-")
}
