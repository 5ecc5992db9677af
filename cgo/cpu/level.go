package cpu

// #include "kernel.h"
import "C"

import (
	"os"
	"strings"

	syscpu "golang.org/x/sys/cpu"

	"musc/engine/fault"
)

// Variable names the environment variable that forces a SIMD level, one of those in levelNames.
const Variable = "MUSC_SIMD"

// level is a set of instructions the kernel is compiled for; a greater one is faster.
type level int

const (
	portable   level = C.MUSC_PORTABLE   // the compiler's default: SSE2 on amd64, NEON on arm64
	avx2       level = C.MUSC_AVX2       // AVX2 and FMA
	avx2int8   level = C.MUSC_AVX2INT8   // the same: int8 products
	avxvnni    level = C.MUSC_AVXVNNI    // AVX2 and AVX-VNNI: int8 products
	avx512     level = C.MUSC_AVX512     // AVX-512F
	avx512int8 level = C.MUSC_AVX512INT8 // AVX-512F and BW: int8 products
	avx512bf16 level = C.MUSC_AVX512BF16 // AVX-512F and BF16: bfloat16 products
	avx512vnni level = C.MUSC_AVX512VNNI // AVX-512F and VNNI: int8 products
)

var levelNames = [...]string{
	portable: "portable", avx2: "avx2", avx2int8: "avx2int8", avxvnni: "avxvnni", avx512: "avx512",
	avx512int8: "avx512int8", avx512bf16: "avx512bf16", avx512vnni: "avx512vnni",
}

func (l level) String() string { return levelNames[l] }

// active is the level in use. Only Use changes it after the start of the program.
var active, levelError = choose(os.Getenv(Variable), supported())

// Level returns the name of the level in use: the best one that the processor and the operating
// system support, unless MUSC_SIMD forces another.
func Level() string { return active.String() }

// LevelError returns a fault.Usage error if MUSC_SIMD asks for a level that does not exist or that
// this machine lacks, else nil. The best level is in use then; a program that would rather stop
// than be slower or differ in last bits checks this once.
func LevelError() error { return levelError }

// Levels returns the names of the levels that this machine can run, the best one last.
func Levels() []string {
	var names []string
	for _, l := range supported() {
		names = append(names, l.String())
	}
	return names
}

// Use changes the level in use, for tests and benchmarks of each. Nothing else of this package may
// run at that time, and a Search made before must not be used again. Its error is of kind
// fault.Usage.
func Use(name string) error {
	l, err := choose(name, supported())
	if err == nil {
		active = l
	}
	return err
}

// supported returns the levels that this machine can run, the best one last.
func supported() []level {
	var levels []level
	for l := range level(C.MUSC_LEVELS) {
		if C.musc_compiled(C.int(l)) != 0 && runs(l) {
			levels = append(levels, l)
		}
	}
	return levels
}

// runs says whether processor and operating system have the instructions of a level. The compilers'
// own __builtin_cpu_supports will not do: that of Zig's runtime never has any.
func runs(l level) bool {
	x86 := &syscpu.X86
	fma := x86.HasAVX2 && x86.HasFMA
	switch l {
	case avx2, avx2int8:
		return fma
	case avxvnni:
		return fma && x86.HasBMI2 && x86.HasAVXVNNI
	case avx512:
		return x86.HasAVX512F
	case avx512int8:
		return x86.HasAVX512F && x86.HasAVX512BW
	case avx512bf16:
		return x86.HasAVX512F && x86.HasAVX512BF16
	case avx512vnni:
		return x86.HasAVX512F && x86.HasAVX512VNNI
	}
	return true
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
