package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// glibc is the oldest one that musc runs on, that of RHEL 8 and of the pinned ONNX Runtime.
const glibc = "2.28"

// compilers are the words by which Go calls this program as its compiler: CC="dist cc ZIG".
var compilers = []string{"cc", "c++"}

// becomeCompiler turns the process into zig's clang; it returns where that fails.
func becomeCompiler(word string, arguments []string) error {
	if len(arguments) == 0 {
		return fmt.Errorf("dist %s: the path of zig is missing", word)
	}
	zig := arguments[0]
	err := syscall.Exec(zig, compilation(zig, word, arguments[1:]), os.Environ())
	return fmt.Errorf("dist %s: cannot run %s: %w; run make dist-setup", word, zig, err)
}

// system begins flags for the system's own folders, of another glibc or CUDA; gorgonia.org/cu has
// them among its flags.
var system = []string{"-I/usr/local/cuda", "-I/opt/cuda", "-L/usr/lib", "-L/usr/local/cuda",
	"-L/opt/cuda"}

// compilation is zig's command line. It leaves the system's folders out, for zig has headers and
// libraries of the glibc that is asked for.
func compilation(zig, word string, arguments []string) []string {
	arguments = slices.DeleteFunc(slices.Clone(arguments), func(argument string) bool {
		return argument == "-I/usr/include" || slices.ContainsFunc(system, func(prefix string) bool {
			return strings.HasPrefix(argument, prefix)
		})
	})
	return append([]string{zig, word, "-target", "x86_64-linux-gnu." + glibc}, arguments...)
}
