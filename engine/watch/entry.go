package watch

import (
	"time"
	"unicode/utf8"

	"musc/engine/frame"
	"musc/engine/verdict"
)

// Kind is what an entry of the journal says.
type Kind string

// The kinds of entries. Photo, Skipped and DriftKind have a sequence number and are told; the others are
// the journal's own.
const (
	Photo     Kind = "image"   // a photo was scored
	Skipped   Kind = "skipped" // a photo could not be scored, and why
	DriftKind Kind = "drift"   // the recent scores left the calibration, or are back

	opened Kind = "journal" // the first entry
	start  Kind = "start"   // a run began
	seen   Kind = "seen"    // the bytes of an earlier entry, touched since
	passed Kind = "passed"  // was there before watching began
	ready  Kind = "ready"   // all that was there before watching began has been passed
	mark   Kind = "mark"    // how far a follower is
)

// Entry is a line of the journal, and of what is told as JSON.
type Entry struct {
	Kind     Kind   `json:"event"`
	Sequence uint64 `json:"sequence,omitempty"` // from 1, in the order of arrival
	File

	Path    string    `json:"path,omitempty"` // of the photo, absolute; not in the journal
	Arrived time.Time `json:"arrived,omitzero"`
	Seconds float64   `json:"seconds,omitempty"` // from whole to scored

	Score     *float64         `json:"score,omitempty"`
	Verdict   verdict.Verdict  `json:"verdict,omitempty"`
	Threshold *float64         `json:"threshold,omitempty"`
	Margin    *float64         `json:"margin,omitempty"`
	Width     int              `json:"width,omitempty"` // in pixels
	Height    int              `json:"height,omitempty"`
	Place     frame.Place      `json:"place,omitzero"`    // where on the photo the patches lie
	Regions   []verdict.Region `json:"regions,omitempty"` // without their runs
	Overlay   string           `json:"overlay,omitempty"` // in the output folder, with slashes
	Mask      string           `json:"mask,omitempty"`
	Warnings  []string         `json:"warnings,omitempty"`

	Reason string `json:"reason,omitempty"` // why it was left out
	Drift  *Drift `json:"drift,omitempty"`

	Start *Start `json:"start,omitempty"`
	Mark  *Mark  `json:"mark,omitempty"`
}

// File identifies what arrived.
type File struct {
	Name string `json:"image,omitempty"` // relative to the folder, with slashes; U+FFFD for bytes that are no UTF-8
	// NameBytes is the name as it is, where it is no UTF-8.
	NameBytes []byte `json:"image_base64,omitempty"`
	Size      int64  `json:"bytes,omitempty"`
	Modified  int64  `json:"modified_ns,omitempty"` // nanoseconds since 1970
	SHA256    string `json:"sha256,omitempty"`
}

// Start says how a run began.
type Start struct {
	Journal   string    `json:"journal,omitempty"` // a random name, of the first entry only
	Version   string    `json:"version"`
	Folder    string    `json:"folder"`
	Bank      string    `json:"bank,omitempty"`
	Time      time.Time `json:"time"`
	Followers []string  `json:"followers,omitempty"`
}

// Mark says that a follower is done with all entries before an offset in the journal.
type Mark struct {
	Follower string `json:"follower"`
	At       int64  `json:"at"`
}

// newFile is the identity of a file by its name as the system has it.
func newFile(name string, size, modified int64) File {
	file := File{Name: name, Size: size, Modified: modified}
	if !utf8.ValidString(name) {
		file.NameBytes = []byte(name)
	}
	return file
}

// RawName is the photo's name as the system has it: bytes, which may be no UTF-8.
func (f *File) RawName() string {
	if len(f.NameBytes) > 0 {
		return string(f.NameBytes)
	}
	return f.Name
}

// told says whether followers hear of an entry.
func (e *Entry) told() bool {
	return e.Kind == Photo || e.Kind == Skipped || e.Kind == DriftKind
}

// score is the photo's; only photos have one.
func (e *Entry) score() float64 {
	if e.Score == nil {
		return 0
	}
	return *e.Score
}
