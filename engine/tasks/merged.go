package tasks

import (
	"sort"

	"musc/engine"
	"musc/engine/backbone"
	"musc/engine/report"
)

// Merged is what merging found out.
type Merged struct {
	Plan       string            `json:"plan"`
	Images     []MergedImage     `json:"-"` // those that were scored, ascending by index; in merged.npz
	Scale      report.Scale      `json:"colour_scale"`
	Height     int               `json:"height"` // of the patch grid
	Width      int               `json:"width"`
	Model      backbone.Info     `json:"model"`
	Provenance engine.Provenance `json:"provenance"` // of the first part
	MemoryPlan string            `json:"memory_plan"`
	Hosts      []report.Host     `json:"hosts"`    // which machines scored how many subsets; nil if one did
	Timings    []engine.Timing   `json:"timings"`  // summed over the parts by step, and the image scores of merging
	Skipped    []About           `json:"skipped"`  // images, then references (each once), in the order of the listing
	Warnings   []string          `json:"warnings"` // the note of references among the images, mixture if allowed, then those of parts
}

// MergedImage is an image that was scored.
type MergedImage struct {
	Index         int // in the listing
	Subset        int
	Width, Height int
	Before, Score float64 // before and after RsCIN
	Rank          int
}

// Image is that of an index in the listing, nil if it was not scored.
func (m *Merged) Image(index int) *MergedImage {
	k := sort.Search(len(m.Images), func(k int) bool { return m.Images[k].Index >= index })
	if k == len(m.Images) || m.Images[k].Index != index {
		return nil
	}
	return &m.Images[k]
}
