package tasks

import (
	"testing"
	"time"

	"musc/engine"
)

// Before a long mutual scoring one line says how long, and what more subsets would make of it.
func TestLongScoringIsToldBefore(t *testing.T) {
	const so = "mutual scoring is expected to take "
	for _, test := range []struct {
		name               string
		expected           time.Duration
		images, references int
		scoring            engine.Scoring
		want               string
	}{
		{"short", 179 * time.Second, 1000, 0, engine.Scoring{Subsets: 1}, ""},
		{"one set", 10 * time.Hour, 1000, 0, engine.Scoring{Subsets: 1},
			so + "10 h; with --subsets 5 it would be about 2 h, at other scores"},
		{"a small one", time.Hour, 100, 0, engine.Scoring{Subsets: 1},
			so + "1 h; with --subsets 2 it would be about 29 min 42 s, at other scores"},
		{"subsets", time.Hour, 200, 0, engine.Scoring{Subsets: 6},
			so + "1 h; with --subsets 12 it would be about 29 min 51 s, at other scores"},
		{"by references only, which no subset makes fewer", time.Hour, 1000, 10,
			engine.Scoring{Subsets: 1, ReferencesOnly: true}, so + "1 h"},
		{"too few for two subsets", time.Hour, 3, 0, engine.Scoring{Subsets: 1}, so + "1 h"},
	} {
		if got := expectedLine(test.expected, test.images, test.references, &test.scoring); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
