//go:build cuda && linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The committed files are what cuda.h and the functions that are called give.
func TestCommittedFiles(t *testing.T) {
	source, err := generate("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		forwardersFile: string(source), archiveFile: emptyArchive,
	} {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil || string(got) != want {
			t.Errorf("%s differs: run make generate (%v)", name, err)
		}
	}
	for _, line := range []string{ // renamed by a macro of cuda.h, and as it is
		"FORWARD(cuMemAlloc_v2, (CUdeviceptr *dptr, size_t bytesize),\n        (dptr, bytesize))",
		"FORWARD(cuCtxSynchronize, (void),\n        ())",
	} {
		if !strings.Contains(string(source), line) {
			t.Errorf("there is no %s", line)
		}
	}
}

func TestArgumentNames(t *testing.T) {
	for parameters, want := range map[string]string{
		"":                           "",
		"void":                       "",
		"CUdevice *device, int n":    "device n",
		"const char **names, int[2]": "!",
		"int values[], void *p":      "values p",
		"void (*call)(int), int n":   "!",
		"unsigned int *a[4]":         "a",
		"CUstream hStream, void**":   "!",
		"size_t *free, size_t*total": "free total",
	} {
		names, err := argumentNames(parameters)
		if err != nil {
			names = []string{"!"}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("(%s): got %q, want %q", parameters, got, want)
		}
	}
}
