package tasks

import (
	"regexp"
	"slices"
	"strings"
)

// Provenance is what computed a part: other programs and processors give other last digits.
type Provenance struct {
	Scorer   string   `json:"scorer"`   // of mutual.Scorer.Name
	SIMD     string   `json:"simd"`     // of cpu.Level
	Provider string   `json:"provider"` // of backbone.Info
	Runtime  string   `json:"runtime"`  // of backbone.Info, as "ONNX Runtime 1.31.1"
	Library  string   `json:"library"`  // SHA-256 of the ONNX Runtime library
	Model    []string `json:"model"`    // SHA-256 of the model's files
	Decoders string   `json:"decoders"` // of imageio.Decoders
	Host     string   `json:"host"`
	Version  string   `json:"version"` // of musc
}

// trait is a property that all parts of a run share, or the last digits differ.
type trait struct{ name, value string }

// traits are what decides the last digits. Which of a machine's GPUs computed, and how many equal
// ones, does not, nor does the processor's level where GPUs computed everything.
func (p Provenance) traits() []trait {
	list := []trait{
		{"scored by", equalDevices(p.Scorer)},
		{"backbone on", deviceNumber.ReplaceAllString(p.Provider, "$1")},
		{"with", p.Runtime},
		{"library", abridged(p.Library)},
		{"model", abridged(strings.Join(p.Model, "+"))},
		{"photos decoded by", p.Decoders},
	}
	if !onGPU(p.Scorer) || !onGPU(p.Provider) {
		list = append(list, trait{"SIMD level", p.SIMD})
	}
	return list
}

// deviceNumber is the index of a GPU in its machine, as in "cuda:0", or several, as in "CUDA:0,1".
var deviceNumber = regexp.MustCompile(`((?i)cuda):\d+(,\d+)*`)

func onGPU(name string) bool { return strings.HasPrefix(strings.ToLower(name), "cuda") }

// equalDevices is the name of a scorer without the numbers of its devices, equal ones named once.
func equalDevices(scorer string) string {
	names := strings.Split(deviceNumber.ReplaceAllString(scorer, "$1"), ", ")
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// abridged is the beginning of each checksum: enough to tell two apart.
func abridged(sums string) string {
	parts := strings.Split(sums, "+")
	for k, sum := range parts {
		parts[k] = sum[:min(len(sum), 12)]
	}
	return strings.Join(parts, "+")
}
