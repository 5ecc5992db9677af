package build

import (
	"musc/engine/fault"
	"musc/models"
	"musc/models/onnxfile"
)

// version names what this package writes. It is part of the cache key: a change that alters the
// graph of some weights has to raise it.
const version = "musc-build/1"

// Precision is the element type of weights and of the computation; input and outputs are float32.
type Precision string

const (
	Float32 Precision = "float32"
	Float16 Precision = "float16" // for GPUs; slower than float32 on a CPU
)

// Attention says which operators the graph is made of.
type Attention string

const (
	// Fused uses ONNX Runtime's own operators Attention and QuickGelu: the P x P matrix of a head
	// need not be stored where there is a kernel for that.
	Fused Attention = "fused"
	// Plain uses the ONNX standard's operators alone, for any other runtime.
	Plain Attention = "plain"
)

// Options of a graph. Zero values mean the model's image size, Float32 and Fused.
type Options struct {
	ImageSize int
	Precision Precision
	Attention Attention
}

// complete fills in the defaults; what cannot be built is a fault.Usage.
func (o Options) complete(spec *models.Spec) (Options, error) {
	if err := spec.Validate(); err != nil {
		return o, err
	}
	if o.ImageSize == 0 {
		o.ImageSize = spec.ImageSize
	}
	if o.Precision == "" {
		o.Precision = Float32
	}
	if o.Attention == "" {
		o.Attention = Fused
	}
	if o.Precision != Float32 && o.Precision != Float16 {
		return o, fault.New(fault.Usage, "precision %q is unknown; choose float32 or float16",
			o.Precision)
	}
	if o.Attention != Fused && o.Attention != Plain {
		return o, fault.New(fault.Usage, "attention %q is unknown; choose fused or plain",
			o.Attention)
	}
	_, err := spec.Grid(o.ImageSize)
	return o, err
}

func (p Precision) elements() onnxfile.Type {
	if p == Float16 {
		return onnxfile.Float16
	}
	return onnxfile.Float32
}
