// Package health says whether a batch is fit to be scored: mutual scoring takes for granted that most
// photos show the same product, well, and that no two are the same photo.
//
// Each kind of warning is a file. Class tokens are compared by their cosine distance 1 - cos; what is
// usual is told by medians and median absolute deviations, which the photos that are not usual hardly
// move. docs/health.md has how often each warning comes, rightly and wrongly.
package health

import "fmt"

// Kind is what is wrong with a batch.
type Kind string

// The kinds of findings, in the order in which they are told.
const (
	Duplicates     Kind = "duplicates"      // files with the same bytes
	NearDuplicates Kind = "near_duplicates" // photos of the same thing, taken or saved again
	Strangers      Kind = "strangers"       // photos of something else
	Mixture        Kind = "mixture"         // several products
	Drift          Kind = "drift"           // brightness or sharpness change over the file order
	Shared         Kind = "shared_defect"   // a defect that several photos have
)

// Finding is one warning.
type Finding struct {
	Kind Kind `json:"kind"`
	// Text is a line for people: what was found, in how many photos, and what to do.
	Text string `json:"text"`
	// Groups are the photos that it is about, as numbers in the batch: each group belongs together, as
	// copies of each other do. Drift has none.
	Groups [][]int `json:"groups,omitempty"`
}

// warn makes a finding, whose text is formatted.
func warn(kind Kind, groups [][]int, format string, values ...any) Finding {
	return Finding{Kind: kind, Text: fmt.Sprintf(format, values...), Groups: groups}
}

// Batch is what is known of the photos of a batch, in the order of their names.
type Batch struct {
	Photos   []Photo
	Class    []float32 // [N,D] class tokens, of any length; nil where they are not compared
	ClassDim int       // D
}

// Photo is one photo of a batch.
type Photo struct {
	Name       string  // as the results name it
	Path       string  // where the file is
	Digest     string  // equal for equal files; "" where it is not known
	Brightness float64 // as imageio.Exposure has it
	Sharpness  float64
}

// Check looks for all that Partners does not find; see SharedFinding for that. The findings come in
// the order of the kinds, at most one of each and two of Drift; none is the usual answer. Batches of
// three photos or fewer are only searched for copies. The photos' files are read again where two may
// be the same shot.
func Check(batch *Batch) (findings []Finding) {
	add := func(found *Finding) {
		if found != nil {
			findings = append(findings, *found)
		}
	}
	add(duplicates(batch))
	tokens := compare(batch, ComparedAtMost)
	add(nearDuplicates(tokens))
	add(strangers(tokens))
	add(mixture(tokens))
	return append(findings, drift(batch)...)
}
