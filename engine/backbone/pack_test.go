//go:build linux

package backbone

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/assets"
	"musc/engine/device"
)

// The libraries of both packs open in their order, without any folder being searched, and the CUDA
// provider then says what is missing: the driver. With an empty one in its place the provider itself
// opens, too. A process for each, as their names overlap.
func TestGPUPacksOpen(t *testing.T) {
	if os.Getenv("MUSC_CHECK_GPU_PACKS") == "" {
		t.Skip("make check-gpu-packs fetches the packs and checks them")
	}
	if _, err := os.Stat("/dev/nvidiactl"); err == nil {
		t.Skip("this machine has a driver")
	}
	const one = "MUSC_TEST_ONE_PACK"
	if name := os.Getenv(one); name != "" {
		for _, pack := range assets.Packs {
			if pack.Name() == name {
				openPack(t, pack)
			}
		}
		return
	}
	for _, pack := range assets.Packs {
		for _, driver := range []string{"", emptyDriver(t)} {
			t.Run(pack.Name(), func(t *testing.T) {
				command := exec.Command(os.Args[0], "-test.run=^TestGPUPacksOpen$", "-test.v")
				command.Env = append(os.Environ(), one+"="+pack.Name(), "LD_LIBRARY_PATH="+driver)
				said, err := command.CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %s", err, said)
				}
				t.Logf("%s", said)
				if driver != "" && !strings.Contains(string(said), "CUDA driver version is insufficient") {
					t.Error("the provider does not open with a driver that is empty")
				}
			})
		}
	}
}

// emptyDriver is the folder of a libcuda.so.1 with the one function that a provider names.
func emptyDriver(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	source := filepath.Join(folder, "driver.c")
	if err := os.WriteFile(source, []byte("int cuTensorMapEncodeTiled(void) { return 100; }"), 0o644); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command("cc", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o",
		filepath.Join(folder, "libcuda.so.1"), source).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return folder
}

// openPack runs a model on the CPU with the pack's ONNX Runtime, which is wanted on a GPU.
func openPack(t *testing.T, pack *assets.Pack) {
	library, err := pack.LibraryPath()
	if err != nil {
		t.Fatal(err)
	}
	needs, err := Needs(library)
	if err != nil || len(needs) == 0 {
		t.Fatalf("needs %v, %v", needs, err)
	}
	for _, need := range needs {
		if need.Err != nil {
			t.Errorf("%s: %v", need.Path, need.Err)
		}
	}
	info := open(t, Config{Library: library, Model: tinyModel("tiny.onnx"), Device: device.Auto}).Info()
	if info.Provider != "CPU" || !strings.Contains(info.DeviceNote, "libcuda.so.1: cannot open") &&
		!strings.Contains(info.DeviceNote, "CUDA driver version is insufficient") ||
		strings.ContainsAny(info.DeviceNote, "\n[]") {
		t.Errorf("on %s: %s", info.Provider, info.DeviceNote)
	}
	t.Logf("%s: %s", info.Runtime, info.DeviceNote)
}
