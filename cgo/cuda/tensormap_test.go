//go:build cuda && linux

package cuda

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"gorgonia.org/cu"

	"musc/cgo/cuda/fake"
)

// boxed copies the box at (x, y) of an array of rows x columns floats, [r,c] = 100 r + c + 1.
type boxed struct {
	rows, columns int
	x, y          int32
	cluster       uint32
	overlap       bool
	got           [8 * 32]float32
}

func (b *boxed) run() (err error) {
	image, err := os.ReadFile("fake/testdata/cubin/box_sm_90a.cubin")
	if err != nil {
		return err
	}
	module, err := cu.LoadData(string(image))
	if err != nil {
		return Explain("loading", err)
	}
	defer func() { err = errors.Join(err, Explain("unloading", module.Unload())) }()
	kernel, err := module.Function("copy_box")
	if err != nil {
		return Explain("finding the kernel", err)
	}
	array := make([]float32, b.rows*b.columns)
	for i := range array {
		array[i] = float32(100*(i/b.columns) + i%b.columns + 1)
	}
	from, err1 := cu.MemAlloc(int64(4 * len(array)))
	to, err2 := cu.MemAlloc(int64(4 * len(b.got)))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cu.MemFree(from), cu.MemFree(to)) }()
	err = cu.MemcpyHtoD(from, unsafe.Pointer(&array[0]), int64(4*len(array)))
	if err != nil {
		return Explain("copying", err)
	}
	tensor, err := EncodeTensorMap(Array{
		Type: Float32, Address: from, Shape: []uint64{uint64(b.columns), uint64(b.rows)},
		Strides: []uint64{uint64(4 * b.columns)}, Box: []uint32{32, 8},
	})
	if err != nil {
		return err
	}
	if err := Launch(kernel, LaunchConfig{
		Grid: [3]uint32{2, 1, 1}, Block: [3]uint32{256, 1, 1}, Cluster: [3]uint32{b.cluster},
		Overlap: b.overlap,
	}, Value(&to), Value(&tensor), Value(&b.x), Value(&b.y)); err != nil {
		return err
	}
	return Explain("copying back", cu.MemcpyDtoH(unsafe.Pointer(&b.got[0]), to, int64(4*len(b.got))))
}

// hopper opens a device of compute capability 9.0.
func hopper(t *testing.T) *Context {
	t.Helper()
	t.Setenv("MUSC_FAKE_CAPABILITY", "9.0")
	context := open(t)
	if d := context.Device; d.Major != 9 {
		t.Skipf("%s has no code of box.cu", d)
	}
	return context
}

func TestTensorMap(t *testing.T) {
	context := hopper(t)
	for _, b := range []boxed{
		{rows: 8, columns: 32}, {rows: 20, columns: 36, x: 3, y: 11},
		{rows: 20, columns: 36, x: 5, y: 13, cluster: 2},
		{rows: 9, columns: 40, x: -2, y: -1, cluster: 1, overlap: true},
	} {
		if err := context.Do(b.run); err != nil {
			t.Errorf("%d x %d at (%d, %d): %v", b.rows, b.columns, b.x, b.y, err)
			continue
		}
		for i, got := range b.got {
			row, column := int(b.y)+i/32, int(b.x)+i%32
			want := float32(100*row + column + 1)
			if row < 0 || row >= b.rows || column < 0 || column >= b.columns {
				want = 0
			}
			if got != want {
				t.Errorf("%d x %d at (%d, %d): [%d,%d] is %v, want %v", b.rows, b.columns, b.x, b.y,
					i/32, i%32, got, want)
				break
			}
		}
	}
}

// What a driver may say to clusters that do not divide the grid: cuda.h lists both for a launch.
const invalidValue, invalidClusterSize = 1, 912

func TestLaunchAttributes(t *testing.T) {
	refused := func(what string) {
		t.Helper()
		context := hopper(t)
		b := boxed{rows: 8, columns: 32, cluster: 3}
		var code *Error
		if err := context.Do(b.run); !errors.As(err, &code) || code.Doing != "launching a kernel" ||
			code.Code != invalidValue && code.Code != invalidClusterSize {
			t.Errorf("2 blocks in clusters of 3%s: %v", what, err)
		}
	}
	refused("")
	if !fake.OnGPU() {
		t.Setenv("MUSC_FAKE_FAIL", fmt.Sprintf("launch:1=%d", invalidClusterSize))
		refused(", of another driver")
	}
}

func TestTensorMapRules(t *testing.T) {
	good := Array{Type: Float16, Address: 4096, Shape: []uint64{1024, 1369},
		Strides: []uint64{2048}, Box: []uint32{64, 128}, Swizzle: Swizzle128}
	if _, err := EncodeTensorMap(good); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		change func(*Array)
	}{
		{"no dimensions", func(a *Array) { a.Shape, a.Strides, a.Box = nil, nil, nil }},
		{"a stride too many", func(a *Array) { a.Strides = []uint64{2048, 4096} }},
		{"a box of one dimension", func(a *Array) { a.Box = []uint32{64} }},
		{"a wide box", func(a *Array) { a.Box = []uint32{72, 128} }}, // above the swizzle's 128 bytes
		{"a high box", func(a *Array) { a.Box = []uint32{64, 257} }},
		{"an odd address", func(a *Array) { a.Address = 4100 }},
		{"an odd stride", func(a *Array) { a.Strides = []uint64{2056} }},
	} {
		array := good
		test.change(&array)
		if _, err := EncodeTensorMap(array); err == nil ||
			!strings.HasPrefix(err.Error(), "describing an array to the device: ") {
			t.Errorf("%s: got %v", test.name, err)
		}
	}
}
