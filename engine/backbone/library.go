package backbone

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"musc/engine/fault"
)

// LibraryVariable names the ONNX Runtime library in the environment.
const LibraryVariable = "MUSC_ONNXRUNTIME"

// FindLibrary looks for the ONNX Runtime library: the flag, $MUSC_ONNXRUNTIME, beside the running
// binary, then the candidates in their order (empty ones are left out). A flag or variable that
// is set but leads nowhere is an error, never passed over. Every place may be the library or a
// folder with it, such as onnxruntime/capi of a Python installation. tried lists the places that
// were looked at. The error is of kind fault.Setup.
func FindLibrary(flag string, candidates ...string) (path string, tried []string, err error) {
	demanded := []struct{ source, place string }{
		{"the option for the library", flag},
		{"$" + LibraryVariable, os.Getenv(LibraryVariable)},
	}
	for _, demand := range demanded {
		if demand.place == "" {
			continue
		}
		tried = append(tried, demand.place)
		if path := libraryAt(demand.place); path != "" {
			return path, tried, nil
		}
		return "", tried, fault.New(fault.Setup, "no ONNX Runtime library at %s, which %s names; "+
			"correct it, or leave it out and run: musc setup", demand.place, demand.source)
	}
	if binary, err := os.Executable(); err == nil {
		candidates = append([]string{filepath.Dir(binary)}, candidates...)
	}
	for _, place := range candidates {
		if place == "" {
			continue
		}
		tried = append(tried, place)
		if path := libraryAt(place); path != "" {
			return path, tried, nil
		}
	}
	return "", tried, fault.New(fault.Setup, "no ONNX Runtime library found (looked at %s); run: "+
		"musc setup, or name one with $%s", strings.Join(tried, ", "), LibraryVariable)
}

// libraryAt returns the library that place is or holds, "" for none.
func libraryAt(place string) string {
	info, err := os.Stat(place)
	if err != nil {
		return ""
	}
	if !info.IsDir() {
		return place
	}
	pattern := "libonnxruntime.so*"
	switch runtime.GOOS {
	case "darwin":
		pattern = "libonnxruntime*.dylib"
	case "windows":
		pattern = "onnxruntime.dll"
	}
	entries, err := os.ReadDir(place)
	if err != nil {
		return ""
	}
	for _, entry := range slices.Backward(entries) { // the highest version has the last name
		if matched, _ := filepath.Match(pattern, entry.Name()); matched && !entry.IsDir() {
			return filepath.Join(place, entry.Name())
		}
	}
	return ""
}
