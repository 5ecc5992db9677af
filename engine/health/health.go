// Package health says whether a batch is fit to be scored: mutual scoring takes for granted that most
// photos show the same product, well, and that no two are the same photo.
package health

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
