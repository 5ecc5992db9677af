// Package device says what a user wants to compute on: the CPU, NVIDIA GPUs by their numbers, or a GPU where one
// can be had. Whether it can be had is found out by those who compute, packages backbone and mutual/trust.
package device

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"musc/engine/fault"
)

// Choice is a device, or several of a kind. The zero Choice is the CPU.
type Choice struct {
	CUDA     bool  // cuda:N rather than the CPU
	Optional bool  // the CPU will do if CUDA cannot be had
	Ordinals []int // each N, at least one; nil for the CPU
}

// CPU is the zero Choice, Auto is cuda:0 if it can be had.
var (
	CPU  = Choice{}
	Auto = Choice{CUDA: true, Optional: true, Ordinals: []int{0}}
)

// Parse reads "auto" (also ""), "cpu", "cuda", "cuda:N" and "cuda:N,M"; anything else is
// fault.Usage.
func Parse(text string) (Choice, error) {
	switch text {
	case "", "auto":
		return Auto, nil
	case "cpu":
		return CPU, nil
	case "cuda":
		return Choice{CUDA: true, Ordinals: []int{0}}, nil
	}
	wrong := fault.New(fault.Usage, "device %q is unknown; choose auto, cpu, cuda:N, or cuda:N,M "+
		"for several", text)
	numbers, ok := strings.CutPrefix(text, "cuda:")
	if !ok {
		return Choice{}, wrong
	}
	choice := Choice{CUDA: true}
	for number := range strings.SplitSeq(numbers, ",") {
		ordinal, err := strconv.Atoi(number)
		if err != nil || ordinal < 0 || slices.Contains(choice.Ordinals, ordinal) {
			return Choice{}, wrong
		}
		choice.Ordinals = append(choice.Ordinals, ordinal)
	}
	return choice, nil
}

// First is the first device's N: where what runs on one device runs.
func (c Choice) First() int {
	if len(c.Ordinals) == 0 {
		return 0
	}
	return c.Ordinals[0]
}

// String is what Parse reads: cpu or cuda:N,M.
func (c Choice) String() string {
	if !c.CUDA {
		return "cpu"
	}
	return "cuda:" + strings.ReplaceAll(strings.Trim(fmt.Sprint(c.Ordinals), "[]"), " ", ",")
}
