package serve

import (
	"math"
	"time"

	"musc/engine/fault"
	"musc/engine/verdict"
)

// Answer is what is said of a photo. Without thresholds Verdict, Threshold, Review and Margin are null.
type Answer struct {
	Image     string             `json:"image"`
	Score     float64            `json:"score"` // the maximum of the anomaly map
	Verdict   *verdict.Verdict   `json:"verdict"`
	Threshold *float64           `json:"threshold"` // "defective" from here on
	Review    *float64           `json:"review"`    // "review" from here on
	Margin    *float64           `json:"margin"`    // the score less the threshold
	Regions   []Region           `json:"regions"`   // of a defective photo, the largest peak first
	Width     int                `json:"width"`     // of the photo, in pixels
	Height    int                `json:"height"`
	Map       *Map               `json:"map,omitempty"`
	Bank      string             `json:"bank"` // its ID
	Model     string             `json:"model"`
	Warnings  []string           `json:"warnings"`
	Seconds   map[string]float64 `json:"seconds"` // by step; total is all of it
}

// Region is a defect: lengths are in pixels of the photo.
type Region struct {
	verdict.Region
	Runs []verdict.Run `json:"runs,omitempty"` // its pixels, if they are asked for
}

// answerOf puts an answer together.
func answerOf(name string, product *Product, found *Inspection, q request) (*Answer, error) {
	if math.IsNaN(found.Score) || math.IsInf(found.Score, 0) {
		return nil, fault.New(fault.Input, "the score of %s is not finite; leave the photo out", name)
	}
	answer := &Answer{Image: name, Score: found.Score, Regions: []Region{}, Width: found.Width,
		Height: found.Height, Bank: product.Bank, Model: product.Model, Warnings: []string{}}
	if t := &product.Thresholds; t.Known() {
		margin := t.Margin(found.Score)
		answer.Verdict, answer.Margin = &found.Verdict, &margin
		answer.Threshold, answer.Review = &t.Threshold, &t.Review
	}
	for _, region := range found.Regions {
		if q.regions == "0" {
			break
		}
		one := Region{Region: region}
		if q.regions == "runs" {
			one.Runs = region.Runs
		}
		answer.Regions = append(answer.Regions, one)
	}
	answer.Warnings = append(answer.Warnings, found.Warnings...)
	var err error
	answer.Map, err = mapOf(q.format, found, product.Scale)
	return answer, err
}

// stopwatch times the steps of a request.
type stopwatch struct {
	began, last time.Time
	seconds     map[string]float64
}

func newStopwatch() *stopwatch {
	now := time.Now()
	return &stopwatch{now, now, map[string]float64{}}
}

// lap ends a step that began when the one before it ended.
func (s *stopwatch) lap(step string) {
	now := time.Now()
	s.seconds[step] = now.Sub(s.last).Seconds()
	s.last = now
}

// restart has the next step begin now: somebody else has timed what was since the last one.
func (s *stopwatch) restart() { s.last = time.Now() }

// total are the steps, and all of it.
func (s *stopwatch) total() map[string]float64 {
	s.seconds["total"] = time.Since(s.began).Seconds()
	return s.seconds
}
