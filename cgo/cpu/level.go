package cpu

// #include "kernel.h"
import "C"

import (
	"os"
	"strings"

	"musc/engine/fault"
)

// Variable names the environment variable that forces a SIMD level: "portable", "avx2" or "avx512".
const Variable = "MUSC_SIMD"

// level is a set of instructions the kernel is compiled for; a greater one is faster.
type level int

const (
	portable level = C.MUSC_PORTABLE // the compiler's default: SSE2 on amd64, NEON on arm64
	avx2     level = C.MUSC_AVX2     // AVX2 and FMA
	avx512   level = C.MUSC_AVX512   // AVX-512F
)

var levelNames = [...]string{portable: "portable", avx2: "avx2", avx512: "avx512"}

func (l level) String() string { return levelNames[l] }

// active is the level in use. Only tests change it after the start of the program.
var active, levelError = choose(os.Getenv(Variable), supported())

// Level returns the name of the level in use: the best one that the processor and the operating
// system support, unless MUSC_SIMD forces another.
func Level() string { return active.String() }

// LevelError returns a fault.Usage error if MUSC_SIMD asks for a level that does not exist or that
// this machine lacks, else nil. The best level is in use then; a program that would rather stop
// than be slower or differ in last bits checks this once.
func LevelError() error { return levelError }

// supported returns the levels that this machine can run, the best one last.
func supported() []level {
	var levels []level
	for l := range level(C.MUSC_LEVELS) {
		if C.musc_supported(C.int(l)) != 0 {
			levels = append(levels, l)
		}
	}
	return levels
}

// choose returns the level that was asked for, or the best one of those available and, if
// something else was asked for, why it is not in use.
func choose(asked string, available []level) (level, error) {
	best := available[len(available)-1]
	if asked == "" {
		return best, nil
	}
	names := make([]string, len(available))
	for i, l := range available {
		if l.String() == asked {
			return l, nil
		}
		names[i] = l.String()
	}
	return best, fault.New(fault.Usage, "choosing SIMD instructions: %s=%q is none of this "+
		"machine's levels (%s); unset it to use %s",
		Variable, asked, strings.Join(names, ", "), best)
}
