//go:build unix

package cpu

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"unsafe"
)

// guarded returns n values that end where an inaccessible page begins: touching one more, even to
// read it, ends the test with a fault.
func guarded(t *testing.T, n int) []float32 {
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
	return unsafe.Slice((*float32)(unsafe.Pointer(&memory[size-n*4])), n)
}

func TestNothingOutsideTheSlicesIsTouched(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	shapes := []Shape{
		grid(1, 1, 1, 0), grid(1, 1, 3, 0, 4), grid(7, 1, 5, 0, 1, 2),
		grid(3, 17, 17, 1), grid(7, 7, 33, 0, 1, 2), grid(8, 12, 64, 0, 9),
	}
	for k := range 4 * len(shapes) {
		shape := shapes[k/4]
		shape.Near = k % 4 * (k % 4)
		a, b := lookAlikes(1, shape)
		eachLevel(t, func() {
			search := NewSearch(shape)
			search.scratch = guarded(t, shape.ScratchLen())
			centre := guarded(t, shape.Channels)
			images := [2][]float32{}
			for k, tokens := range [][]float32{a, b} {
				images[k] = guarded(t, shape.ImageLen())
				raw := guarded(t, len(tokens))
				copy(raw, tokens)
				var active []bool
				if shape.Near != 1 { // each mask ends where its memory does
					of := maskOf(random, shape, random.IntN(len(masks)))
					memory := guarded(t, (len(of)+3)/4)
					end := 4*len(memory) - len(of)
					active = unsafe.Slice((*bool)(unsafe.Pointer(&memory[0])), 4*len(memory))[end:]
					copy(active, of)
				}
				search.Prepare(images[k], raw, active, centre)
			}
			length := len(shape.Radii) * shape.Patches()
			search.Distances(guarded(t, length), guarded(t, length), images[0], images[1])
			search.Products(images[0], images[1])
		})
	}
}

func TestInnerProductsTouchNothingOutsideTheSlices(t *testing.T) {
	for _, size := range []struct{ rows, columns, d int }{
		{1, 1, 1}, {1, 49, 3}, {9, 17, 131}, {97, 95, 16}, {6, 48, 128}, {3, 1, 257},
	} {
		a, b := guarded(t, size.rows*size.d), guarded(t, size.columns*size.d)
		packed := guarded(t, PackedLen(size.columns, size.d))
		dst := guarded(t, size.rows*size.columns)
		values, indices := guarded(t, size.columns), guarded(t, size.columns)
		eachLevel(t, func() {
			Pack(packed, b, size.d)
			InnerProducts(dst, a, packed, size.columns, size.d)
			NotBelow(unsafe.Slice((*int32)(unsafe.Pointer(&indices[0])), len(indices)), values, 0)
		})
	}
}

// The C code alone, under the compiler's own checks of memory and arithmetic.
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
	var levels []string
	for _, l := range supported() {
		levels = append(levels, strconv.Itoa(int(l)))
	}
	if out, err := exec.Command(binary, levels...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
