package backbone

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"musc/cgo/loader"
	"musc/engine/assets"
)

// A Need is a library that the CUDA provider of an ONNX Runtime library needs.
type Need struct {
	Path string
	Err  error // why it cannot be opened; nil if it is open now
}

// openNeeds opens what is listed beside the library, in that order; a library without a list finds
// what it needs by itself, or not. The error is the first one.
func openNeeds(library string) error {
	needs, err := Needs(library)
	if err != nil {
		return err
	}
	for _, need := range needs {
		if need.Err != nil {
			return need.Err
		}
	}
	return nil
}

// Needs opens the libraries that are listed beside an ONNX Runtime library, which stay open. None
// are where there is no list. The error is that the list cannot be read.
func Needs(library string) ([]Need, error) {
	paths, err := listed(library)
	if err != nil {
		return nil, err
	}
	var needs []Need
	for _, path := range paths {
		needs = append(needs, Need{path, loader.Open(path)})
	}
	return needs, nil
}

// listed are the paths in the list beside an ONNX Runtime library; none without a list.
func listed(library string) (paths []string, err error) {
	path, err := canonical(library)
	if err != nil {
		return nil, err
	}
	folder := filepath.Dir(path)
	text, err := os.ReadFile(filepath.Join(folder, assets.NeedsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %w", err)
	}
	for line := range strings.Lines(string(text)) {
		paths = append(paths, filepath.Join(folder, filepath.FromSlash(strings.TrimSpace(line))))
	}
	return paths, nil
}

// cudaRelease is ", CUDA 13" for a library with a list that names libcudart.so.13, "" without.
func cudaRelease(library string) string {
	paths, err := listed(library)
	if err != nil {
		return ""
	}
	for _, path := range paths {
		if release, ok := strings.CutPrefix(filepath.Base(path), "libcudart.so."); ok {
			return ", CUDA " + release
		}
	}
	return ""
}

// HasCUDA says whether a CUDA provider lies beside an ONNX Runtime library. Whether it runs here is
// another question: CheckCUDA's.
func HasCUDA(library string) bool {
	path, err := canonical(library)
	if err != nil {
		return false
	}
	info, err := os.Stat(filepath.Join(filepath.Dir(path), assets.CUDAProvider))
	return err == nil && info.Mode().IsRegular()
}
