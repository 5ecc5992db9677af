//go:build unix

package cpu

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"
)

// guarded returns n values that end where an inaccessible page begins: touching one more, even to
// read it, ends the test with a fault.
func guarded[T float32 | int32](t *testing.T, n int) []T {
	t.Helper()
	page := os.Getpagesize()
	size := (n*4 + page - 1) / page * page
	memory, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(memory) })
	if err := syscall.Mprotect(memory[size:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&memory[size-n*4])), n)
}

func TestNothingOutsideTheSlicesIsTouched(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, channels := range channelSizes {
			for _, patches := range patchSizes {
				a, b := guarded[float32](t, patches*channels), guarded[float32](t, patches*channels)
				copy(a, randomFeatures(1, patches, channels))
				copy(b, randomFeatures(2, patches, channels))
				packedA := guarded[float32](t, PackedLen(patches, channels))
				packedB := guarded[float32](t, PackedLen(patches, channels))
				Pack(packedA, a, patches, channels)
				Pack(packedB, b, patches, channels)
				row, col := guarded[int32](t, patches), guarded[int32](t, patches)
				MutualNearest(row, col, packedA, packedB, patches, patches, channels)
				Distances(guarded[float32](t, patches), a, b, row, channels)
			}
		}
	})
}

// The C code alone, its scratch included, under the compiler's own checks of memory and arithmetic.
func TestCUnderSanitizers(t *testing.T) {
	dir := t.TempDir()
	build := func(source string) (string, error) {
		binary := filepath.Join(dir, filepath.Base(source)+".out")
		out, err := exec.Command("cc", "-O1", "-g", "-std=gnu11", "-Wall", "-Wextra", "-Werror",
			"-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I.", "-o", binary,
			source, "kernel.c", "-lm").CombinedOutput()
		if err != nil {
			t.Log(string(out))
		}
		return binary, err
	}
	empty := filepath.Join(dir, "empty.c")
	if err := os.WriteFile(empty, []byte("int main(void) { return 0; }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	probe := exec.Command("cc", "-fsanitize=address,undefined", "-o", empty+".out", empty)
	if probe.Run() != nil {
		t.Skip("no C compiler with the address and undefined-behaviour sanitizers")
	}
	binary, err := build(filepath.Join("testdata", "sanitize.c"))
	if err != nil {
		t.Fatal("the kernel does not compile without warnings")
	}
	if out, err := exec.Command(binary).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
