package engine

import (
	"context"

	"musc/engine/bank"
	"musc/engine/fault"
	"musc/engine/verdict"
)

// Photo is a photo to inspect: the file at Path, or Data, if that is not nil.
type Photo struct {
	Name string // for messages and results
	Path string
	Data []byte // the content of an image file
}

// Inspection is the answer for one photo.
type Inspection struct {
	Image    // Rank and Subset are 0, Score is ScoreBefore
	Verdict  verdict.Verdict
	Regions  []verdict.Region // of the defects, from the largest peak on, in pixels of the whole photo
	Warnings []string         // what a user should know about the photo
	Timings  []Timing
}

// Inspector scores one photo at a time by a bank: the model and the bank stay ready.
type Inspector struct {
	job Config
}

// OpenInspector makes ready to inspect photos by job.Bank.
func OpenInspector(ctx context.Context, job Config, observer Observer) (*Inspector, error) {
	return nil, fault.New(fault.Internal, "not yet")
}

// Inspect scores a photo. It may be called from several goroutines: decoding overlaps, backbone and
// search take turns. A photo that cannot be read is of kind fault.Input; the inspector stays of use.
func (s *Inspector) Inspect(ctx context.Context, photo Photo) (*Inspection, error) {
	return nil, fault.New(fault.Internal, "not yet")
}

// Bank is what the photos are scored by.
func (s *Inspector) Bank() *bank.Bank { return s.job.Bank }

// Thresholds are the bank's.
func (s *Inspector) Thresholds() *verdict.Thresholds { return nil }

// Height is the number of patch rows of the canvas.
func (s *Inspector) Height() int { return 0 }

// Width is the number of patch columns of the canvas.
func (s *Inspector) Width() int { return 0 }

// Close gives all memory back. The bank stays open: it is the caller's.
func (s *Inspector) Close() {}
