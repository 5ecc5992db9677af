package build

import (
	"os"
	"path/filepath"
	"strings"

	"musc/engine/fault"
	"musc/models/onnxfile"
	"musc/models/safetensors"
)

// namedTensors gives tensors by their names, one at a time.
type namedTensors interface {
	Names() []string
	// Shape returns a tensor's shape, and whether there is such a tensor.
	Shape(name string) (shape []int, ok bool)
	// Read fills dst, which has the tensor's number of elements, row-major.
	Read(dst []float32, name string) error
	Close() error
}

// openWeights opens a safetensors file or an ONNX model, told apart by their first bytes. Errors
// are of kind fault.Input and name the file.
func openWeights(path string) (namedTensors, error) {
	start := make([]byte, 9)
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot open weights: %w; check the path, or fetch "+
			"them with musc models pull", err)
	}
	n, err := file.Read(start)
	file.Close()
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read weights %s: %w; fetch them again", path, err)
	}
	const (
		irVersionTag = 0x08 // of field 1, with which exporters begin an ONNX model
		zip, pickle  = "PK", "\x80"
	)
	text := string(start[:n])
	switch {
	case strings.EqualFold(filepath.Ext(path), ".safetensors"), n == 9 && start[8] == '{':
		return safetensors.Open(path)
	case strings.EqualFold(filepath.Ext(path), ".onnx"), start[0] == irVersionTag:
		return onnxfile.Open(path)
	case strings.HasPrefix(text, zip), strings.HasPrefix(text, pickle):
		return nil, fault.New(fault.Input, "weights %s are a pickle of PyTorch, which can run any "+
			"code and is not read; use the .safetensors file of the same model", path)
	}
	return nil, fault.New(fault.Input, "weights %s are neither a safetensors file nor an ONNX "+
		"model; use one of these", path)
}
