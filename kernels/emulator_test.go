//go:build linux

package kernels

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"musc/cgo/cuda/fake"
)

// build runs the C++ compiler, which must have nothing to say.
func build(arguments string) error {
	compiler := os.Getenv("CXX")
	if compiler == "" {
		compiler = "c++"
	}
	arguments = "-std=c++17 -Wall -Wextra -Wno-unknown-pragmas -Wno-psabi -I../cgo/cuda/fake " +
		arguments
	output, err := exec.Command(compiler, strings.Fields(arguments)...).CombinedOutput()
	if err != nil || len(output) > 0 {
		return fmt.Errorf("%s %s: %w\n%s", compiler, arguments, err, output)
	}
	return nil
}

// watch builds a program whose kernels the emulator watches: every access that they make. What is
// run once is best compiled with -O0.
func watch(level, source, program, emulator string) error {
	object := program + ".o"
	if err := build(level + " -fsanitize=thread -c " + source + " -o " + object); err != nil {
		return err
	}
	return build(object + " " + emulator + " emulator/watch.cpp -o " + program)
}

// sanitize builds a program with the sanitizers of addresses and of undefined behaviour over the
// kernels and the emulator.
func sanitize(source, program string) error {
	return build("-O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined " + source +
		" -o " + program)
}

// buildEmulator compiles the emulator itself, which is not watched.
func buildEmulator(t *testing.T) (object string) {
	t.Helper()
	object = filepath.Join(t.TempDir(), "emulator.o")
	if err := build("-O2 -c emulator/emulator.cpp -o " + object); err != nil {
		t.Fatal(err)
	}
	return object
}

// buildBoth builds a program twice.
func buildBoth(t *testing.T, source string) (watched, sanitized string) {
	t.Helper()
	emulator := buildEmulator(t)
	folder := filepath.Dir(emulator)
	watched, sanitized = filepath.Join(folder, "watched"), filepath.Join(folder, "sanitized")
	var wait sync.WaitGroup
	var errs [2]error
	wait.Go(func() { errs[0] = sanitize(source, sanitized) })
	wait.Go(func() { errs[1] = watch("-O1", source, watched, emulator) })
	wait.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return watched, sanitized
}

// What is right runs in any order of the threads, and each planted fault is named. Faults that the
// sanitizers can see must be seen by them as well.
func TestEmulator(t *testing.T) {
	fake.Only(t)
	watched, sanitized := buildBoth(t, "emulator/main.cpp")
	const none = ""
	for _, test := range []struct{ name, watched, sanitized string }{
		{"halves", none, none},
		{"product", none, none},
		{"product: no barrier before", "race: read after write: shared", "?"},
		{"product: no barrier after", "race: write after read: shared|before the wait for a copy", "?"},
		{"product: weak wait", "access before the wait for a copy", "the product is"},
		{"product: no wait", "access before the wait for a copy", "the product is"},
		{"product: wrong row", "out of bounds: load_matrices", "out of bounds: load_matrices"},
		{"product: wrong buffer", "access before the wait|read of what nobody wrote", "not"},
		{"product: misaligned copy", "misaligned: copy_async", "misaligned: copy_async"},
		{"product: misaligned row", "misaligned: load_matrices", "misaligned: load_matrices"},
		{"product: copy out of bounds", "out of bounds: device", "heap-buffer-overflow"},
		{"product: late lane", "a lane is missing", "a lane is missing"},
		{"sums", none, none},
		{"sums: missing barrier", "read of what nobody wrote: static|race: ", "?"},
		{"sums: race of warps", "race: write after write: static shared", "the sum is"},
		{"sums: race of lanes", "read of what nobody wrote: static|race: ", "the sum is"},
		{"sums: race of blocks", "race: read after write: device", "?"},
		{"sums: undefined", "read of what nobody wrote: static shared", "the sum is"},
		{"sums: divergent", "divergence at a barrier", "divergence at a barrier"},
		{"sums: divergent places", "divergence: at __syncthreads", "divergence: at __syncthreads"},
		{"sums: missing lane", "lane is missing|divergence", "lane is missing|divergence"},
		{"sums: read out of bounds", "out of bounds: device", "heap-buffer-overflow"},
		{"sums: write out of bounds", "out of bounds: device", "heap-buffer-overflow"},
		{"sums: dynamic out of bounds", "out of bounds: shared", "use-after-poison"},
	} {
		for _, order := range []string{"forward", "reverse", "1", "2"} {
			for _, run := range []struct{ binary, want string }{
				{watched, test.watched}, {sanitized, test.sanitized},
			} {
				expect(t, run.binary, test.name, order, run.want)
			}
		}
	}
}

// expect runs a case: it must succeed if no reason is wanted, else say one of those between bars;
// "?" is for a fault that may stay unseen.
func expect(t *testing.T, binary, name, order, want string) {
	t.Helper()
	if want == "?" {
		return
	}
	command := exec.Command(binary, name)
	command.Env = append(os.Environ(), "MUSC_EMULATOR_ORDER="+order)
	output, err := command.CombinedOutput()
	good := err == nil && len(output) == 0
	if want != "" {
		good = false
		for _, reason := range strings.Split(want, "|") {
			good = good || err != nil && strings.Contains(string(output), reason)
		}
	}
	if !good {
		t.Errorf("%s, %s, order %s: %v, want %q:\n%s", filepath.Base(binary), name, order, err, want,
			output)
	}
}
