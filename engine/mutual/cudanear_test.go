//go:build cuda && linux

package mutual

import (
	"fmt"
	"slices"
	"testing"

	"musc/cgo/cuda/fake"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/kernels"
)

// nearCases are grids of one line or column, narrower and wider than a tile of the device, and with
// several of them, with bounds up to beyond the grid.
var nearCases = []struct {
	images, height, width, channels, references int
	degrees                                     []int
	near                                        int
	members                                     []int
}{
	{2, 1, 1, 5, 0, []int{1}, 1, nil},
	{3, 1, 13, 7, 0, []int{1, 3}, 2, nil},
	{3, 19, 1, 3, 2, []int{1, 5}, 1, nil},
	{5, 4, 6, 17, 0, []int{1, 3, 5}, 1, nil},
	{4, 6, 8, 17, 3, []int{1, 3}, 2, []int{3, 0, 2}},
	{2, 7, 5, 33, 1, []int{5, 9}, 3, nil},
	{1, 6, 7, 24, 3, []int{1, 3}, 1, nil},
	{3, 4, 5, 12, 1, []int{3}, 9, nil},
	{2, 3, 150, 8, 0, []int{1, 3}, 1, nil},
	{2, 17, 19, 8, 1, []int{1, 3, 5}, 2, nil},
}

// Every kernel gives the definition's scores, and the CPU's, of patches that are near each other.
func TestCUDAAgreesWithDefinitionOnNearPatches(t *testing.T) {
	by := func(kernel kernels.Kernel) func(t *testing.T) {
		return func(t *testing.T) { agreesOnNearPatches(t, kernel) }
	}
	eachArchitecture(t, by(""))
	t.Run("box", by(kernels.Box))
}

func agreesOnNearPatches(t *testing.T, kernel kernels.Kernel) {
	for _, c := range nearCases {
		name := fmt.Sprintf("%d images %dx%dx%d, %d references, %v of %v within %d", c.images, c.height,
			c.width, c.channels, c.references, c.degrees, c.members, c.near)
		t.Run(name, func(t *testing.T) {
			shape := features.Shape{Stages: 1, Images: c.images, Height: c.height, Width: c.width,
				Channels: c.channels}
			problem := &Problem{Images: look(t, shape, 1), Members: c.members, Degrees: c.degrees,
				Interval: Interval{0, 0.7}, Near: c.near}
			modes := 1
			if c.references > 0 {
				shape.Images = c.references
				problem.References = look(t, shape, 2)
				modes = 3
			}
			for mode := range modes {
				problem.ReferencesOnly, problem.ReferencesInterval = mode > 0, mode > 1
				got := scoresBy(t, CUDA{Kernels: []kernels.Kernel{kernel}}, problem)
				if c.images == 5 && mode == 0 {
					within(t, "under every plan", everyDevicePlanBy(t, problem, kernel), got, 0, 0)
				}
				d := within(t, "by the definition", got, scoresBy(t, Definition{}, problem), 2e-4, 0)
				within(t, "by the CPU", got, scoresBy(t, CPU{}, problem), 2e-4, 0)
				t.Logf("scores differ by %.1e", d)
			}
		})
	}
}

// A bound that reaches over the whole grid changes no byte, and a nearer one does change scores.
func TestBoundOfCUDA(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 3, Height: 5, Width: 7, Channels: 8}
	for _, kernel := range []kernels.Kernel{kernels.Search, kernels.Box} {
		problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1, 3}, Interval: Interval{0, 1}}
		scorer := CUDA{Kernels: []kernels.Kernel{kernel}}
		all := scoresBy(t, scorer, problem)
		for near, same := range map[int]bool{1: false, 5: false, 6: true, 1 << 40: true} {
			problem.Near = near
			if got := scoresBy(t, scorer, problem); slices.Equal(got, all) != same {
				t.Errorf("%s: the same scores within %d and without a bound: %v", kernel, near, !same)
			}
		}
	}
}

// Devices that exchange what they found give the bytes of one.
func TestNearPatchesOnSeveralDevices(t *testing.T) {
	fake.Only(t)
	t.Setenv("MUSC_FAKE_DEVICES", "3")
	shape := features.Shape{Stages: 1, Images: 5, Height: 3, Width: 50, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1, 3}, Interval: Interval{0, 0.7},
		Near: 2}
	want := scoresBy(t, CUDA{}, problem)
	within(t, "three devices", scoresBy(t, CUDA{Ordinals: []int{0, 1, 2}}, problem), want, 0, 0)
}

// What a GPU does not do is refused in words, whatever else is asked for.
func TestNearPatchesThatAreForTheCPU(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 2, Height: 1, Width: kernels.NearGrid + 1, Channels: 1}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1}, Near: 2}
	if _, err := (CUDA{}).PatchScores(t.Context(), problem); fault.KindOf(err) != fault.Usage {
		t.Errorf("a grid of %d columns: %v", shape.Width, err)
	}
	shape.Width = 4
	problem.Images = look(t, shape, 1)
	problem.Views = []*features.Store{look(t, shape, 2)}
	if _, err := (CUDA{}).PatchScores(t.Context(), problem); fault.KindOf(err) != fault.Usage {
		t.Errorf("views: %v", err)
	}
}

// Both kernels are timed within the bound.
func TestMeasurementWithinABound(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 4, Height: 4, Width: 5, Channels: 8}
	kernel, err := Faster(t.Context(), 0, kernels.Search, shape, []int{1, 3}, 2)
	if err != nil || kernel != kernels.Search && kernel != kernels.Box {
		t.Errorf("%q, %v", kernel, err)
	}
}
