package watch

import (
	"context"
	"time"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/verdict"
)

// Inspector scores a photo; engine.Inspector does. Inspect is called from several goroutines.
type Inspector interface {
	Inspect(ctx context.Context, photo engine.Photo) (*engine.Inspection, error)
	Thresholds() *verdict.Thresholds
	Height() int // of the patch grid
	Width() int
}

// Listener hears what happens, from one goroutine at a time.
type Listener interface {
	// Told hears of each entry with a sequence number once it is in the journal, in their order. After a
	// kill it hears again of those that it may not have heard of. An error ends the watch.
	Told(entry *Entry) error
	// Note is one line that a user should know: how changes are learned of, a photo that vanished, a
	// command that failed.
	Note(kind, text string)
}

// Defaults of Options.
const (
	DefaultSettle       = 500 * time.Millisecond
	DefaultPatience     = 30 * time.Second
	DefaultRescan       = time.Minute
	DefaultQueue        = 10_000
	DefaultReportPhotos = 200
	DefaultReportEvery  = 30 * time.Second

	defaultPoll = 2 * time.Second
)

// Options of Run. Zero values of durations and numbers stand for the defaults above, but for Poll, whose
// zero leaves the choice to Run.
type Options struct {
	Folder  string // what is watched
	Output  string // where results go; it may lie in Folder
	NewOnly bool   // what is in Folder when it is watched for the first time is passed by

	Poll     time.Duration // look for news so often, and do not ask the system for changes
	Settle   time.Duration // a photo is whole when it has not changed for so long
	Patience time.Duration // and one that cannot be read is given up after so long
	Rescan   time.Duration // how often the folder is looked through for what no change told
	Queue    int           // photos that are waited for at once; more are found again later
	Parallel int           // photos that are under way at once, at least 1

	Overlays     Overlays
	ReportPhotos int // how many of the last photos the report shows; below 0: there is none
	ReportEvery  time.Duration
	Decode       imageio.Options // as the inspector decodes, for overlays
	MapSize      int             // side of the map whose maximum is the score
	Threads      int             // for pictures
	Memory       int64           // bound on the process's memory, for pictures

	Calibration []float64 // scores of good photos, [M]
	DriftWindow int       // photos that are compared with them; below 0: none are

	Exec *Exec // a command for photos; nil: none
	Post *Post // where results are sent; nil: nowhere

	Bank    string // what the photos are scored by, for the record
	Version string // of the program
	Command []string

	notifier func() (notifier, error) // for tests; nil: the system's
}

// Overlays says which photos get a picture of their heat map.
type Overlays string

// The choices of Overlays.
const (
	OverlaysDefective Overlays = "defective"
	OverlaysAll       Overlays = "all"
	OverlaysNone      Overlays = "none"
)

// withDefaults fills in what is not said.
func (o Options) withDefaults() Options {
	for value, usual := range map[*time.Duration]time.Duration{&o.Settle: DefaultSettle,
		&o.Patience: DefaultPatience, &o.Rescan: DefaultRescan, &o.ReportEvery: DefaultReportEvery} {
		if *value == 0 {
			*value = usual
		}
	}
	for value, usual := range map[*int]int{&o.Queue: DefaultQueue, &o.Parallel: 1, &o.Threads: 1,
		&o.ReportPhotos: DefaultReportPhotos, &o.DriftWindow: DefaultDriftWindow} {
		if *value == 0 {
			*value = usual
		}
	}
	if o.Overlays == "" {
		o.Overlays = OverlaysDefective
	}
	if o.notifier == nil {
		o.notifier = newNotifier
	}
	return o
}

// Check tells before any work whether the options make sense; errors are of kind fault.Usage.
func (o *Options) Check() error {
	switch {
	case o.Poll < 0 || o.Settle < 0 || o.Patience < 0 || o.Rescan < 0:
		return fault.New(fault.Usage, "times cannot be negative")
	case o.Queue < 0 || o.Parallel < 0:
		return fault.New(fault.Usage, "the number of photos that are waited for, or under way, cannot be negative")
	}
	switch o.Overlays {
	case "", OverlaysDefective, OverlaysAll, OverlaysNone:
	default:
		return fault.New(fault.Usage, "--overlays %q is not one of defective, all, none", o.Overlays)
	}
	if o.Exec != nil {
		if err := o.Exec.check(); err != nil {
			return err
		}
	}
	if o.Post != nil {
		return o.Post.check()
	}
	return nil
}
