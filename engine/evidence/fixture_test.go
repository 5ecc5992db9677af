package evidence

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"musc/engine/features"
	"musc/engine/mutual"
	"musc/engine/npy/npytest"
)

// eachFixture runs body on every case of testdata/fixtures about mutual scoring.
func eachFixture(t *testing.T, body func(t *testing.T, set mutual.Problem)) {
	t.Helper()
	paths, _ := filepath.Glob("../../testdata/fixtures/*/case.json")
	count := 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var of struct {
			Kind                                                string
			Images, References, Stages, Height, Width, Channels int
			Degrees                                             []int
			Interval                                            [2]float64
		}
		if err := json.Unmarshal(text, &of); err != nil {
			t.Fatal(path, err)
		}
		if of.Kind != "mutual" {
			continue
		}
		if count++; testing.Short() && of.Height*of.Width > 1000 { // seconds
			continue
		}
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			load := func(name string, images int) *features.Store {
				store := newStore(t, features.Shape{Stages: of.Stages, Images: images,
					Height: of.Height, Width: of.Width, Channels: of.Channels})
				for stage := range of.Stages {
					file := fmt.Sprint(name, stage, ".npy")
					values := npytest.Values(t, filepath.Join(filepath.Dir(path), file))
					for image := range images {
						into := store.Tokens(stage, image)
						for k := range into {
							into[k] = float32(values[image*len(into)+k])
						}
					}
				}
				return store
			}
			set := mutual.Problem{Images: load("stage", of.Images), Degrees: of.Degrees,
				Interval: mutual.Interval{Low: of.Interval[0], High: of.Interval[1]}}
			if of.References > 0 {
				set.References = load("reference", of.References)
			}
			body(t, set)
		})
	}
	if count != 11 {
		t.Errorf("%d cases, want 11", count)
	}
}

func newStore(t *testing.T, shape features.Shape) *features.Store {
	store := features.NewMemory(shape)
	t.Cleanup(func() { store.Close() })
	return store
}

// randomStore holds a layout that all images share, and noise of their own.
func randomStore(t *testing.T, seed uint64, shape features.Shape) *features.Store {
	store := newStore(t, shape)
	random := rand.New(rand.NewPCG(seed, 1))
	layout := make([]float32, shape.Patches()*shape.Channels)
	for k := range layout {
		layout[k] = float32(random.NormFloat64())
	}
	for stage := range shape.Stages {
		for image := range shape.Images {
			for k := range store.Tokens(stage, image) {
				store.Tokens(stage, image)[k] = layout[k] + float32(random.NormFloat64())/2
			}
		}
	}
	return store
}

// problem scores a set and asks for the evidence of the listed places, or of every place of every
// third image if none is listed.
func problem(t *testing.T, set mutual.Problem, places ...Place) *Problem {
	t.Helper()
	scores, err := mutual.CPU{Threads: 2}.PatchScores(t.Context(), &set)
	if err != nil {
		t.Fatal(err)
	}
	members := set.Members
	if members == nil {
		for image := range set.Images.Shape().Images {
			members = append(members, image)
		}
	}
	if places == nil {
		for k := 0; k < len(members); k += 3 {
			for patch := range set.Images.Shape().Patches() {
				places = append(places, Place{members[k], patch})
			}
		}
	}
	return &Problem{Set: set, Scores: scores, Places: places, Threads: 2}
}

func find(t *testing.T, problem *Problem) []Evidence {
	t.Helper()
	found, err := Search(t.Context(), problem)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(problem.Places) {
		t.Fatalf("evidence of %d places, want %d", len(found), len(problem.Places))
	}
	return found
}
