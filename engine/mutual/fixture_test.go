package mutual

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"musc/cgo/cpu"
	"musc/engine/features"
	"musc/engine/npy/npytest"
)

// fixture is one case of testdata/fixtures: inputs in float32, answers of the oracle in float64.
type fixture struct {
	Kind                    string
	Images, References      int
	Stages                  int
	Height, Width, Channels int
	Degrees                 []int
	Interval                [2]float64

	folder string
}

// eachFixture runs body on every case about mutual scoring.
func eachFixture(t *testing.T, body func(t *testing.T, f *fixture)) {
	t.Helper()
	cases, _ := filepath.Glob("../../testdata/fixtures/*/case.json")
	count := 0
	for _, path := range cases {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := &fixture{folder: filepath.Dir(path)}
		if err := json.Unmarshal(text, f); err != nil {
			t.Fatal(path, err)
		}
		if f.Kind == "mutual" {
			count++
			if testing.Short() && f.Height*f.Width > 1000 { // seconds; the other sizes are left
				continue
			}
			t.Run(filepath.Base(f.folder), func(t *testing.T) { body(t, f) })
		}
	}
	if count != 11 {
		t.Errorf("%d cases, want 11", count)
	}
}

// problem loads the inputs. The stores are closed when the test ends.
func (f *fixture) problem(t *testing.T) *Problem {
	t.Helper()
	problem := &Problem{
		Images: f.store(t, "stage", f.Images), Degrees: f.Degrees,
		Interval: Interval{f.Interval[0], f.Interval[1]},
	}
	if f.References > 0 {
		problem.References = f.store(t, "reference", f.References)
	}
	return problem
}

func (f *fixture) store(t *testing.T, name string, images int) *features.Store {
	t.Helper()
	store := newStore(t, features.Shape{Stages: f.Stages, Images: images,
		Height: f.Height, Width: f.Width, Channels: f.Channels})
	for stage := range f.Stages {
		values := npytest.Values(t, filepath.Join(f.folder, fmt.Sprint(name, stage, ".npy")))
		for image := range images {
			into := store.Tokens(stage, image)
			for k := range into {
				into[k] = float32(values[image*len(into)+k])
			}
		}
	}
	return store
}

// answer reads an array of the oracle, nil if the case has none of that name.
func (f *fixture) answer(t *testing.T, name string) []float64 {
	t.Helper()
	path := filepath.Join(f.folder, name+".npy")
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return nil
	}
	return npytest.Values(t, path)
}

func newStore(t testing.TB, shape features.Shape) *features.Store {
	store := features.NewMemory(shape)
	t.Cleanup(func() { store.Close() })
	return store
}

// within checks got against want, each to absolute plus relative times its size, and returns the
// largest absolute difference.
func within(t *testing.T, what string, got, want []float64, absolute, relative float64) float64 {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	largest := 0.0
	for k := range want {
		difference := math.Abs(got[k] - want[k])
		if !(difference <= absolute+relative*math.Abs(want[k])) { // also NaN
			t.Fatalf("%s: value %d is %v, want %v", what, k, got[k], want[k])
		}
		largest = max(largest, difference)
	}
	return largest
}

// eachLevel runs body once for every SIMD level of this machine.
func eachLevel(t *testing.T, body func()) {
	t.Helper()
	before := cpu.Level()
	defer func() { _ = cpu.Use(before) }()
	for _, level := range cpu.Levels() {
		if err := cpu.Use(level); err != nil {
			t.Fatal(err)
		}
		body()
	}
}
