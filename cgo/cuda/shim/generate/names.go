package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Calls of libcuda: C.cuMemAlloc(...) in Go files, cuMemAlloc(...) in C files.
var (
	callFromGo = regexp.MustCompile(`\bC\.(cu[A-Z]\w*)\(`)
	callFromC  = regexp.MustCompile(`\b(cu[A-Z]\w*)\(`)
)

// definition matches C functions that are gorgonia.org/cu's own, but named as libcuda's.
var definition = regexp.MustCompile(`^CUresult (cu[A-Z]\w*)\(.*\{`)

// wantedNames lists the functions that symbols.txt and the sources of gorgonia.org/cu name.
func wantedNames(folder string) ([]string, error) {
	names := map[string]bool{}
	own, err := os.ReadFile(filepath.Join(folder, "symbols.txt"))
	if err != nil {
		return nil, err
	}
	for _, line := range strings.Split(string(own), "\n") {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			names[line] = true
		}
	}
	output, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "gorgonia.org/cu").Output()
	if err != nil {
		return nil, fmt.Errorf("cannot find the module gorgonia.org/cu; run go mod download: %w", err)
	}
	module := strings.TrimSpace(string(output))
	files, err := os.ReadDir(module)
	if err != nil {
		return nil, fmt.Errorf("cannot read the module gorgonia.org/cu: %w", err)
	}
	defined := []string{"cuInit"} // in shim.c
	for _, file := range files {
		pattern := callFromC
		switch filepath.Ext(file.Name()) {
		case ".go":
			pattern = callFromGo
		case ".c":
		default:
			continue
		}
		text, err := os.ReadFile(filepath.Join(module, file.Name()))
		if err != nil {
			return nil, fmt.Errorf("cannot read the module gorgonia.org/cu: %w", err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			code, _, _ := strings.Cut(line, "//")
			if own := definition.FindStringSubmatch(code); own != nil {
				defined = append(defined, own[1])
			}
			for _, call := range pattern.FindAllStringSubmatch(code, -1) {
				names[call[1]] = true
			}
		}
	}
	for _, name := range defined {
		delete(names, name)
	}
	return slices.Sorted(maps.Keys(names)), nil
}
