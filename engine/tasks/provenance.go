package tasks

import (
	"regexp"
	"slices"
	"strings"

	"musc/engine"
)

// trait is a property that all parts of a run share, or the last digits differ.
type trait struct{ name, value string }

// traits are what decides the last digits of scores and class tokens. Which of a machine's GPUs
// computed, and how many equal ones, does not.
func traits(from engine.Provenance) []trait {
	var model []string
	for _, file := range from.Model.Files {
		model = append(model, abridged(file.SHA256))
	}
	list := []trait{
		{"mutual scoring", equalDevices(from.Scorer)},
		{"backbone", equalDevices(from.Provider())},
		{"runtime", from.Runtime.Version},
		{"library", abridged(from.Runtime.Library.SHA256)},
		{"model", strings.Join(model, "+")},
		{"decoders", from.Decoders.Names},
	}
	if from.Runtime.Devices == nil { // the runtime's code is chosen by what the processor can do
		list = append(list, trait{"processor", from.Processor})
	}
	if !strings.HasPrefix(from.Scorer, "cuda") {
		list = append(list, trait{"SIMD", from.SIMD})
	}
	return list
}

// deviceNumber is the index of a GPU in its machine, as in "cuda:0".
var deviceNumber = regexp.MustCompile(`\bcuda:\d+`)

// equalDevices are the names of devices without their numbers, equal ones named once.
func equalDevices(list string) string {
	names := strings.Split(deviceNumber.ReplaceAllString(list, "cuda"), ", ")
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// abridged is the beginning of a checksum: enough to tell two apart.
func abridged(sum string) string { return sum[:min(len(sum), 12)] }
