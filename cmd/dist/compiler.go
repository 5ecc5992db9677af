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

// compilation is zig's command line. gorgonia.org/cu names the system's folders among its flags,
// which hold another glibc: they are left out, for zig has headers and libraries of the one asked for.
func compilation(zig, word string, arguments []string) []string {
	arguments = slices.DeleteFunc(slices.Clone(arguments), func(argument string) bool {
		return argument == "-I/usr/include" || strings.HasPrefix(argument, "-L/usr/lib")
	})
	return append([]string{zig, word, "-target", "x86_64-linux-gnu." + glibc}, arguments...)
}
