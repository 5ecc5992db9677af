package cuda

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDriverRelease(t *testing.T) {
	const mapped = "7f00-7f10 r-xp 0 08:01 12 /usr/lib/x86_64-linux-gnu/"
	for _, test := range []struct{ name, module, maps, want string }{
		{"proprietary module", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  " +
			"Sat Aug 19 01:15:15 UTC 2023\nGCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n", "",
			"535.104.05"},
		{"open module", "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  " +
			"Release Build  (dvs-builder@U22)\n", "", "580.65.06"},
		{"two numbers", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  525.85 Mon Jan 1\n", "",
			"525.85"},
		{"no module, the library's file", "", mapped + "libc.so.6\n" + mapped + "libcuda.so.570.124.06\n",
			"570.124.06"},
		{"a library without a release", "", mapped + "libcuda.so.1.1\n", ""},
		{"another library", "", mapped + "libcudart.so.580.65.06\n", ""},
		{"words that are none of it", "Kernel Module 580.65.06\n", "", ""},
		{"nothing", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			file := func(name, content string) string {
				path := filepath.Join(folder, name)
				if content != "" {
					if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				return path
			}
			got := driverRelease(file("version", test.module), file("maps", test.maps))
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCUDAOfDriver(t *testing.T) {
	for driver, want := range map[string]int{"580.65.06": 13000, "590.1": 13000, "579.99": 12000,
		"525.60.13": 12000, "524.1": 11000, "418.87": 0, "": 0, "x": 0} {
		if got := cudaOf(driver); got != want {
			t.Errorf("driver %q knows CUDA %d, want %d", driver, got, want)
		}
	}
}

func TestDriverInWords(t *testing.T) {
	for want, driver := range map[string]Driver{
		"NVIDIA driver 580.65.06 for CUDA 13.0": {13000, "580.65.06"},
		"NVIDIA driver for CUDA 12.9":           {12090, ""},
		"NVIDIA driver 535.104.05":              {0, "535.104.05"},
	} {
		if got := driver.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
