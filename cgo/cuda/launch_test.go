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

// open opens cuda:0 of the fake driver until the test ends.
func open(t *testing.T) *Context {
	t.Helper()
	context, err := Open(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := context.Close(); err != nil {
			t.Error(err)
		}
	})
	return context
}

// trial runs out = a + 0.5 b, n floats each, with asynchronous copies on streams of their own: one
// brings a and b, one runs the kernel after it. It returns the first failure.
type trial struct {
	n      int
	image  string // a file of fake/testdata/cubin
	shared int    // dynamic shared memory, in bytes
	config LaunchConfig
	got    []float32
}

func (c *trial) run() (err error) {
	image, err := os.ReadFile("fake/testdata/cubin/" + c.image)
	if err != nil {
		return err
	}
	module, err := cu.LoadData(string(image))
	if err != nil {
		return Explain("loading the kernel", err)
	}
	defer func() { err = errors.Join(err, Explain("unloading", module.Unload())) }()
	kernel, err := module.Function("add_scaled")
	if err != nil {
		return Explain("finding the kernel", err)
	}
	if c.shared > 48<<10 {
		if err := AllowSharedMemory(kernel, c.shared); err != nil {
			return err
		}
	}
	size := int64(4 * c.n)
	pinned, err := AllocPinned(3 * int(size))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, FreePinned(pinned)) }()
	var device [3]cu.DevicePtr // a, b, out
	for i := range device {
		if device[i], err = cu.MemAlloc(size); err != nil {
			return Explain("allocating device memory", err)
		}
		defer func() { err = errors.Join(err, Explain("freeing", cu.MemFree(device[i]))) }()
	}
	copying, err1 := cu.MakeStream(cu.NonBlocking)
	computing, err2 := cu.MakeStream(cu.NonBlocking)
	copied, err3 := cu.MakeEvent(cu.DisableTiming)
	if err := errors.Join(err1, err2, err3); err != nil {
		return Explain("making streams", err)
	}
	host := unsafe.Slice((*float32)(unsafe.Pointer(&pinned[0])), 3*c.n)
	for i := range 2 * c.n {
		host[i] = float32(i%17) + 0.25
	}
	for i := range 2 {
		err := cu.MemcpyHtoDAsync(device[i], unsafe.Pointer(&host[i*c.n]), size, copying)
		if err != nil {
			return Explain("copying to the device", err)
		}
	}
	if err := errors.Join(copied.Record(copying), computing.Wait(copied, 0)); err != nil {
		return Explain("waiting for the copies", err)
	}
	if err := c.launch(kernel, computing, device); err != nil {
		return err
	}
	err = cu.MemcpyDtoHAsync(unsafe.Pointer(&host[2*c.n]), device[2], size, computing)
	if err != nil {
		return Explain("copying from the device", err)
	}
	if err := computing.Synchronize(); err != nil {
		return Explain("waiting for the kernel", err)
	}
	c.got = append([]float32(nil), host[2*c.n:]...)
	return nil
}

func (c *trial) launch(kernel cu.Function, stream cu.Stream, device [3]cu.DevicePtr) error {
	const threads = 64
	blocks := (c.n + threads - 1) / threads
	scale, n := float32(0.5), uint32(c.n)
	return Launch(kernel, LaunchConfig{
		Grid: [3]uint32{uint32(blocks), 1, 1}, Block: [3]uint32{threads, 1, 1},
		SharedMemory: c.shared, Stream: stream, Cluster: c.config.Cluster, Overlap: c.config.Overlap,
	}, Value(&device[2]), Value(&device[0]), Value(&device[1]), Value(&scale), Value(&n))
}

func TestLaunch(t *testing.T) {
	context := open(t)
	cubin := fmt.Sprintf("add_sm_%d%d.cubin", context.Device.Major, context.Device.Minor)
	if context.Device.Major == 9 {
		cubin = "add_sm_90a.cubin"
	}
	if _, err := os.Stat("fake/testdata/cubin/" + cubin); err != nil {
		cubin = "add_compute_80.ptx" // a device that is newer than the files
	}
	for _, n := range []int{1, 63, 64, 65, 1000} {
		for _, test := range []trial{
			{n: n, image: cubin, shared: 256},
			{n: n, image: cubin, shared: context.Device.SharedMemory},
			{n: n, image: "add_compute_80.ptx", shared: 256},
		} {
			before, total, err := context.Memory()
			if err != nil {
				t.Fatal(err)
			}
			if err := context.Do(test.run); err != nil {
				t.Fatalf("%+v: %v", test, err)
			}
			for i, got := range test.got {
				want := float32(i%17) + 0.25 + 0.5*(float32((i+n)%17)+0.25)
				if got != want {
					t.Fatalf("%d floats, %s: [%d] is %v, want %v", n, test.image, i, got, want)
				}
			}
			after, _, err := context.Memory()
			if err != nil || after > total || after != before && !fake.OnGPU() {
				t.Errorf("%d bytes were free before, %d after, of %d; %v", before, after, total, err)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	fake.Only(t)
	for _, test := range []struct {
		name, fault string
		trial       trial
		want        string
	}{
		{"first allocation", "alloc:1", trial{},
			"allocating device memory: CUDA_ERROR_OUT_OF_MEMORY (2): out of memory"},
		{"third allocation", "alloc:3", trial{}, "allocating device memory: CUDA_ERROR_OUT_OF"},
		{"pinned memory", "pin:1", trial{}, "allocating 768 bytes of pinned host memory: CUDA_ERR"},
		{"first copy", "copy:1=700", trial{},
			"copying to the device: CUDA_ERROR_ILLEGAL_ADDRESS (700)"},
		{"last copy", "copy:3", trial{}, "copying from the device: CUDA_ERROR_INVALID_VALUE (1)"},
		{"refused launch", "launch:1", trial{}, "launching a kernel: CUDA_ERROR_LAUNCH_OUT"},
		{"failed kernel", "run:1", trial{},
			"waiting for the kernel: CUDA_ERROR_LAUNCH_FAILED (719): unspecified launch failure"},
		{"no shared memory", "", trial{shared: -1}, "waiting for the kernel: CUDA_ERROR_LAUNCH_FAILED"},
		{"clusters on 8.0", "", trial{config: LaunchConfig{Cluster: [3]uint32{1, 1, 2}}},
			"launching a kernel: CUDA_ERROR_INVALID_VALUE (1)"},
		{"overlap on 8.0", "", trial{config: LaunchConfig{Overlap: true}},
			"launching a kernel: CUDA_ERROR_INVALID_VALUE (1)"},
		{"unknown code", "launch:1=4711", trial{}, "launching a kernel: CUDA error 4711"},
		{"module", "load:1", trial{}, "loading the kernel: CUDA_ERROR_INVALID_IMAGE (200)"},
		{"another GPU's code", "", trial{image: "add_sm_90a.cubin"},
			"loading the kernel: CUDA_ERROR_NO_BINARY_FOR_GPU (209)"},
		{"too much shared memory", "", trial{shared: 164 << 10},
			"allowing a kernel more shared memory: CUDA_ERROR_INVALID_VALUE (1)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			context := open(t)
			if test.fault == "" {
				test.fault = "none:1" // the change at the test's end heals the fake driver
			}
			t.Setenv("MUSC_FAKE_FAIL", test.fault)
			c := test.trial
			if c.n == 0 {
				c.n = 64
			}
			if c.image == "" {
				c.image = "add_sm_80.cubin"
			}
			switch c.shared {
			case 0:
				c.shared = 256
			case -1:
				c.shared = 0
			}
			err := context.Do(c.run)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			var code *Error
			if err != nil && !errors.As(err, &code) {
				t.Errorf("%v has no code", err)
			}
		})
	}
}

// A device with room for two of three arrays: what was allocated is freed again.
func TestSmallDevice(t *testing.T) {
	fake.Only(t)
	t.Setenv("MUSC_FAKE_MEMORY", "1000")
	context := open(t)
	for range 2 {
		c := trial{n: 100, image: "add_sm_80.cubin", shared: 256}
		err := context.Do(c.run)
		var code *Error
		if !errors.As(err, &code) || code.Code != OutOfMemory {
			t.Fatalf("got %v", err)
		}
		if free, total, err := context.Memory(); free != 1000 || total != 1000 || err != nil {
			t.Fatalf("%d of %d bytes are free, %v", free, total, err)
		}
	}
}

func TestOpenFaults(t *testing.T) {
	fake.Only(t)
	if _, err := Open(3); err == nil || !strings.Contains(err.Error(), "only cuda:0 to cuda:0") {
		t.Errorf("got %v", err)
	}
	t.Setenv("MUSC_FAKE_FAIL", "retain:1")
	want := "opening cuda:0 Fake 0 (compute capability 8.0): CUDA_ERROR_OUT_OF_MEMORY (2)"
	if _, err := Open(0); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}
