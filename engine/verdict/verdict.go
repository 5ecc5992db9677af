// Package verdict decides which images of a batch are defective, and which pixels: from the batch's
// own scores, a number, a rate, or a few labelled images.
//
// Scores here are those before RsCIN, the maxima of the anomaly maps: a threshold is then a level of
// the map as well, and an image is defective exactly if a pixel of it is.
package verdict

import "encoding/json"

// Verdict is what is decided of one image.
type Verdict string

// The verdicts. An image whose batch has no threshold has None.
const (
	None      Verdict = ""
	Good      Verdict = "good"      // below the review level
	Review    Verdict = "review"    // from the review level on: a person should look
	Defective Verdict = "defective" // from the threshold on
)

// Thresholds are the levels of one batch.
type Thresholds struct {
	Method    string   `json:"method"`          // as the user asks for it: auto, 0.35, rate:5%, labels
	Why       string   `json:"why,omitempty"`   // there are none, and why; all else but Method is empty
	Threshold float64  `json:"threshold"`       // "defective" from here on
	Review    float64  `json:"review"`          // "review" from here on; at most Threshold
	Notes     []string `json:"notes,omitempty"` // what they assume, and warnings: a sentence each
}

// MarshalJSON leaves out the levels where there are none: read as zeros they would make everything defective.
func (t Thresholds) MarshalJSON() ([]byte, error) {
	type plain Thresholds
	if t.Known() {
		return json.Marshal(plain(t))
	}
	return json.Marshal(struct {
		plain
		Threshold *float64 `json:"threshold,omitempty"`
		Review    *float64 `json:"review,omitempty"`
	}{plain: plain(t)})
}

// Known says whether there are thresholds.
func (t *Thresholds) Known() bool { return t.Method != "" && t.Why == "" }

// Of is the verdict on a score before RsCIN.
func (t *Thresholds) Of(score float64) Verdict {
	switch {
	case !t.Known():
		return None
	case score >= t.Threshold:
		return Defective
	case score >= t.Review:
		return Review
	}
	return Good
}

// Margin is how far a score before RsCIN lies above the threshold; below it, it is negative.
func (t *Thresholds) Margin(score float64) float64 { return score - t.Threshold }
