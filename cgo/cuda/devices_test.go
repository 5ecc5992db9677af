//go:build cuda && linux

package cuda

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"gorgonia.org/cu"

	"musc/cgo/cuda/fake"
)

// asLister makes the test binary print what Devices returns and end.
const asLister = "MUSC_TEST_LIST_DEVICES"

func TestMain(m *testing.M) {
	if os.Getenv(asLister) == "" {
		fake.Main(m, "fake/testdata/kernels.cpp")
	}
	devices, err := Devices()
	count, countErr := cu.NumDevices()
	fmt.Print(devices, "; ", err, "; ", count, " ", countErr)
}

// list runs Devices and cu.NumDevices in a new process: the driver is opened once in each.
func list(t *testing.T, environment ...string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program)
	command.Env = append(append(os.Environ(), asLister+"=1"), environment...)
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return string(output)
}

func TestDevices(t *testing.T) {
	fake.Only(t)
	const none = "[]; "
	for _, test := range []struct {
		name        string
		environment []string
		want        []string // parts of "devices; error; count error"
	}{
		{"no driver", []string{"MUSC_LIBCUDA=/nowhere/libcuda.so.1"},
			[]string{none + "no NVIDIA driver: /nowhere/libcuda.so.1: cannot open", "; 0 NoDevice"}},
		{"a library that is none", []string{"MUSC_LIBCUDA=libm.so.6"},
			[]string{none + "no NVIDIA driver: ", "cuInit", "; 0 NoDevice"}},
		{"no device", []string{"MUSC_FAKE_DEVICES=0"}, []string{none + "starting NVIDIA's driver: " +
			"CUDA_ERROR_NO_DEVICE (100): no CUDA-capable device is detected; 0"}},
		{"hidden devices", []string{"MUSC_FAKE_DEVICES=0", "CUDA_VISIBLE_DEVICES=7"},
			[]string{`detected (CUDA_VISIBLE_DEVICES is "7");`}},
		{"a driver that does not start", []string{"MUSC_FAKE_FAIL=init:1=803"},
			[]string{none + "starting NVIDIA's driver: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803): "}},
		{"an old driver", []string{"MUSC_FAKE_VERSION=11040"},
			[]string{none + "NVIDIA's driver is too old: it knows CUDA 11.4", "driver 525"}},
		{"one", nil, []string{"[cuda:0 Fake 0 (compute capability 8.0)]; <nil>; 1 <nil>"}},
		{"two", []string{"MUSC_FAKE_DEVICES=2", "MUSC_FAKE_CAPABILITY=12.0"},
			[]string{"cuda:0 Fake 0 (compute capability 12.0) cuda:1 Fake 1", "; 2 <nil>"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := list(t, test.environment...)
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}
			if strings.Contains(got, "\n") {
				t.Errorf("%q is more than one line", got)
			}
		})
	}
}

func TestDeviceProperties(t *testing.T) {
	fake.Only(t)
	t.Setenv("MUSC_FAKE_CAPABILITY", "8.6")
	t.Setenv("MUSC_FAKE_MEMORY", "123456")
	t.Setenv("MUSC_FAKE_DEVICES", "2")
	devices, err := Devices()
	want := Device{Ordinal: 0, Name: "Fake 0", Major: 8, Minor: 6, Memory: 123456,
		Multiprocessors: 2, SharedMemory: 99 << 10, Cache: 50 << 20, Driver: "12.9",
		UUID: "46616b65-0000-0000-0000-000000000000"}
	if err != nil || len(devices) != 2 || devices[0] != want {
		t.Errorf("got %+v, %v; want %+v", devices, err, want)
	}
	if devices[1].UUID == want.UUID {
		t.Errorf("two devices have the UUID %s", want.UUID)
	}
	if free, total, err := Memory(0); free != 123456 || total != 123456 || err != nil {
		t.Errorf("%d of %d bytes are free, %v", free, total, err)
	}
	if _, _, err := Memory(2); err == nil {
		t.Error("there is a third device")
	}
}

// The binary needs no driver to start, and offers none to the libraries that it loads.
func TestBinaryNeedsNoDriver(t *testing.T) {
	program, err := elf.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	libraries, err := program.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	for _, library := range libraries {
		if strings.Contains(library, "cuda") {
			t.Errorf("the binary needs %s", library)
		}
	}
	symbols, err := program.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	forwarders, err := os.ReadFile("shim/forwarders.c")
	if err != nil {
		t.Fatal(err)
	}
	for _, symbol := range symbols {
		if strings.Contains(string(forwarders), "FORWARD("+symbol.Name+",") {
			t.Errorf("the binary exports or imports %s", symbol.Name)
		}
	}
}
