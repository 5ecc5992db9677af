// Package fake builds a stand-in for NVIDIA's driver, for tests on machines without a GPU: the
// shared library of folder driver, whose device memory is host memory and whose kernels are
// functions of a shared object that keeps to launch.h. driver/driver.h lists the environment
// variables that steer it, driver/faults.cpp how it is made to fail.
package fake

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// Variables of the environment that point musc at a driver, and the fake driver at its kernels.
const (
	LibraryVariable = "MUSC_LIBCUDA"
	KernelsVariable = "MUSC_FAKE_KERNELS"
)

//go:embed launch.h driver
var sources embed.FS

// gpuVariable, if it is set, lets tests run on this machine's own driver and cuda:0. That takes a
// test binary, built elsewhere or here, and the package's testdata.
const gpuVariable = "MUSC_TEST_GPU"

// OnGPU says whether tests run on a real device.
func OnGPU() bool { return os.Getenv(gpuVariable) != "" }

// Only skips a test on a real device: one that steers the fake driver.
func Only(t *testing.T) {
	t.Helper()
	if OnGPU() {
		t.Skip("for the fake driver, and $" + gpuVariable + " is set")
	}
}

// Main is a TestMain: it builds the fake driver and, of C or C++ files, the kernels for it, lets
// the package's tests find them, and runs the tests.
func Main(m *testing.M, kernels ...string) {
	if OnGPU() {
		os.Exit(m.Run())
	}
	os.Exit(run(m, kernels))
}

func run(m *testing.M, kernels []string) int {
	folder, err := os.MkdirTemp("", "musc-fake-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	driver, err := Driver(folder)
	if err == nil {
		os.Setenv(LibraryVariable, driver)
	}
	if err == nil && len(kernels) > 0 {
		var library string
		library, err = Kernels(folder, kernels...)
		os.Setenv(KernelsVariable, library)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// Driver builds the fake driver in folder and returns the library's path. It needs the cuda.h that
// cgo was given and a C++ compiler.
func Driver(folder string) (string, error) {
	all, err := unpack(folder)
	if err != nil {
		return "", err
	}
	// All in one unit: it takes a third of the time.
	unit := ""
	for _, name := range all {
		if path.Ext(name) == ".cpp" {
			unit += fmt.Sprintf("#include %q\n", path.Join("driver", path.Base(name)))
		}
	}
	main := filepath.Join(folder, "unit.cpp")
	if err := os.WriteFile(main, []byte(unit), 0o644); err != nil {
		return "", err
	}
	library := filepath.Join(folder, "libcuda.so.1")
	return library, compile(folder, library, main)
}

// Kernels builds a shared object of emulated kernels in folder and returns its path. The sources
// may include "launch.h".
func Kernels(folder string, files ...string) (string, error) {
	if _, err := unpack(folder); err != nil {
		return "", err
	}
	library := filepath.Join(folder, "kernels.so")
	return library, compile(folder, library, files...)
}

// unpack writes the sources to folder and lists them.
func unpack(folder string) (names []string, err error) {
	err = fs.WalkDir(sources, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(folder, filepath.FromSlash(name))
		if entry.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		names = append(names, name)
		content, err := sources.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o644)
	})
	return names, err
}

// compile makes a shared library of C++ files. /usr/local/cuda is where gorgonia.org/cu looks for
// cuda.h, too.
func compile(folder, library string, files ...string) error {
	flags, err := exec.Command("go", "env", "CGO_CFLAGS").Output()
	if err != nil {
		return fmt.Errorf("cannot ask go for CGO_CFLAGS: %w", err)
	}
	compiler := os.Getenv("CXX")
	if compiler == "" {
		compiler = "c++"
	}
	script := compiler + " -std=c++17 -Wall -Wextra -Wno-unknown-pragmas -Wno-psabi -fPIC -shared " +
		"-fvisibility=hidden " + strings.TrimSpace(string(flags)) +
		` -O2 -I/usr/local/cuda/include -I"$0" -o "$@" -ldl`
	command := exec.Command("sh", append([]string{"-c", script, folder, library}, files...)...)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %s: %w\n%s", filepath.Base(library), err, output)
	}
	return nil
}
