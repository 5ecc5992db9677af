package tasks

import (
	"fmt"
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
	processor := from.Processor // by which a runtime without a GPU chooses its code
	if from.Runtime.Devices != nil {
		processor = ""
	}
	level := from.SIMD
	if strings.HasPrefix(from.Scorer, "cuda") || strings.Contains(from.Scorer, level) {
		level = ""
	}
	return []trait{
		{"mutual scoring by ", equalDevices(from.Scorer)},
		{"with SIMD level ", level},
		{"backbone on ", equalDevices(from.Provider())},
		{"on a processor with ", processor},
		{"by ONNX Runtime ", from.Runtime.Version},
		{"by the library ", abridged(from.Runtime.Library.SHA256)},
		{"of the model ", strings.Join(model, "+")},
		{"photos decoded by ", from.Decoders.Names},
	}
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

// mixture is parts of different traits among those that hold images.
type mixture struct {
	text string // what differs, by parts; "" if nothing does
	odd  []int  // subsets of all parts but the most numerous kind
}

// mixtureOf compares what computed the parts.
func (g *gathered) mixtureOf() (m mixture) {
	groups := map[string][]int{} // subsets by their traits
	holds := map[int]bool{}
	for i := range g.rows {
		holds[g.rows[i].Subset] = true
	}
	for subset := range g.records {
		if holds[subset] {
			key := fmt.Sprint(traits(g.records[subset].Provenance))
			groups[key] = append(groups[key], subset)
		}
	}
	if len(groups) < 2 {
		return m
	}
	var ordered [][]int
	for _, subsets := range groups {
		ordered = append(ordered, subsets)
	}
	slices.SortFunc(ordered, func(a, b []int) int { return a[0] - b[0] })
	largest := 0
	for k, subsets := range ordered {
		if len(subsets) > len(ordered[largest]) {
			largest = k
		}
	}
	var lines []string
	for k, subsets := range ordered {
		if k != largest {
			m.odd = append(m.odd, subsets...)
		}
		noun := "parts"
		if len(subsets) == 1 {
			noun = "part"
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s", noun, Expression(subsets),
			g.peculiar(subsets[0], ordered)))
	}
	slices.Sort(m.odd)
	m.text = "the parts were computed in different ways, and their last digits differ: " +
		strings.Join(lines, "; ")
	return m
}

// peculiar are the traits of a subset's part that those of the other groups do not share.
func (g *gathered) peculiar(subset int, groups [][]int) string {
	var list []string
	for k, own := range traits(g.records[subset].Provenance) {
		differs := slices.ContainsFunc(groups, func(other []int) bool {
			return traits(g.records[other[0]].Provenance)[k] != own
		})
		if differs && own.value != "" {
			list = append(list, own.name+own.value)
		}
	}
	return strings.Join(list, ", ")
}
