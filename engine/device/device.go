// Package device says what a user wants to compute on.
package device

import (
	"strconv"
	"strings"

	"musc/engine/fault"
)

// Choice is a device. The zero Choice is the CPU.
type Choice struct {
	CUDA     bool // cuda:Ordinal rather than the CPU
	Optional bool // the CPU will do if CUDA cannot be had
	Ordinal  int
}

// CPU and Auto, which is cuda:0 if it can be had.
var (
	CPU  = Choice{}
	Auto = Choice{CUDA: true, Optional: true}
)

// Parse reads "auto" (also ""), "cpu", "cuda" and "cuda:N"; anything else is fault.Usage.
func Parse(text string) (Choice, error) {
	switch text {
	case "", "auto":
		return Auto, nil
	case "cpu":
		return CPU, nil
	case "cuda":
		return Choice{CUDA: true}, nil
	}
	number, ok := strings.CutPrefix(text, "cuda:")
	ordinal, err := strconv.Atoi(number)
	if !ok || err != nil || ordinal < 0 {
		return Choice{}, fault.New(fault.Usage, "device %q is unknown; choose auto, cpu or cuda:N",
			text)
	}
	return Choice{CUDA: true, Ordinal: ordinal}, nil
}

// String is cpu or cuda:N.
func (c Choice) String() string {
	if c.CUDA {
		return "cuda:" + strconv.Itoa(c.Ordinal)
	}
	return "cpu"
}
