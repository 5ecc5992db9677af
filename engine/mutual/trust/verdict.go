package trust

import (
	"fmt"
	"time"

	"musc/cgo/cuda"
	"musc/kernels"
)

// revision changes with what the test compares: verdicts of an earlier one do not count.
const revision = 1

// key is what a verdict is about.
type key struct {
	Device   string         `json:"device"` // its UUID
	Driver   string         `json:"driver"`
	Code     string         `json:"code"` // the SHA-256 of what runs on the device
	Kernel   kernels.Kernel `json:"kernel"`
	Revision int            `json:"revision"`
}

// findDriver is replaced by tests.
var findDriver = cuda.FindDriver

func keyOf(of cuda.Device, kernel kernels.Kernel) (key, error) {
	code, err := kernel.Hash(of.Major, of.Minor)
	if err != nil {
		return key{}, err
	}
	driver, err := findDriver()
	return key{of.UUID, driver.String(), code, kernel, revision}, err
}

// Verdict is what the test of a kernel on a device found.
type Verdict struct {
	Passed bool `json:"passed"`
	// Failure says what went wrong, in part of a line; empty if it passed.
	Failure string `json:"failure,omitempty"`
	// Distance and Score are the largest differences to the CPU's: of the distances to the patches
	// that were chosen, and of patch scores.
	Distance float64 `json:"distance"`
	Score    float64 `json:"score"`

	Seconds float64   `json:"seconds"` // that the test took, the start of its process included
	Tested  time.Time `json:"tested"`  // when
}

// String is the verdict as part of a line: "passed its self-test on 2026-11-25 (...)".
func (v Verdict) String() string {
	day := v.Tested.Format(time.DateOnly)
	if !v.Passed {
		return fmt.Sprintf("failed its self-test on %s: %s", day, v.Failure)
	}
	return fmt.Sprintf("passed its self-test on %s (distances within %.1e, scores within %.1e of the "+
		"CPU's; %.1f s)", day, v.Distance, v.Score, v.Seconds)
}

// keptVerdict is a verdict's file.
type keptVerdict struct {
	Key     key     `json:"key"`
	Verdict Verdict `json:"verdict"`
}

// Kept is the verdict in the cache. A file that is damaged or about something else is none.
func Kept(of cuda.Device, kernel kernels.Kernel) (Verdict, bool) {
	about, err := keyOf(of, kernel)
	if err != nil {
		return Verdict{}, false
	}
	return about.load()
}

func (k key) load() (Verdict, bool) {
	var kept keptVerdict
	if !readKept(string(k.Kernel), k, &kept) || kept.Key != k ||
		kept.Verdict.Passed != (kept.Verdict.Failure == "") || kept.Verdict.Tested.IsZero() {
		return Verdict{}, false
	}
	return kept.Verdict, true
}

func (k key) save(v Verdict) error { return keep(string(k.Kernel), k, keptVerdict{k, v}) }
