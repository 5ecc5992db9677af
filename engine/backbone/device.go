package backbone

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	ort "github.com/yalue/onnxruntime_go"
)

// sessionOptions sets how a model runs on the CPU. Measured on two cores with graphs of package
// models, in float32: a DINOv2 ViT-S/14 (S) and a CLIP ViT-L/14 (L), resident MB after some runs:
//
//	                    S, 224, batch 4   S, 518, batch 4   L, 518, batch 1
//	as set here               181               628              1484
//	no memory pattern         166               752              1528
//	no arena                261-328           567-720              -
//
// Arena and memory pattern stay on. Without the arena runs at 518 take 1.5 times as long; without
// the pattern none is faster, and the large ones need more memory. An arena that grows by what is
// asked for instead of doubling saved 5 % at most.
//
// Weights stay packed for the matrix products: without that a run is 5 to 20 % slower. Only loading
// gains (ViT-L: 0.1 s instead of 1 s); in use the memory is the same.
//
// No spinning: a waiting thread that spins makes no run faster on an idle machine, and when
// something else runs, such as the scoring, it halves the speed.
//
// The tokens had the same bits with 1 to 8 threads, in batches of 1 and 4, in runs side by side, and
// with every one of these settings but the packing.
func sessionOptions(threads int) (_ *ort.SessionOptions, err error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			options.Destroy()
		}
	}()
	for _, set := range []func() error{
		func() error { return options.SetIntraOpNumThreads(threads) },
		func() error { return options.SetInterOpNumThreads(1) },
		func() error { return options.SetCpuMemArena(true) },
		func() error { return options.SetMemPattern(true) },
		func() error {
			return options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0")
		},
		func() error {
			return options.AddSessionConfigEntry("session.inter_op.allow_spinning", "0")
		},
	} {
		if err := set(); err != nil {
			return nil, err
		}
	}
	return options, nil
}

// addCUDA opens what the library's CUDA provider needs and puts the provider first. Setting the
// device is the step that fails without a GPU, its driver or the provider's own library; appending
// the provider may then still succeed.
func addCUDA(options *ort.SessionOptions, library string, id int) error {
	if !HasCUDA(library) {
		way := "run: musc setup gpu"
		if os.Getenv(LibraryVariable) != "" {
			way = "name another with $" + LibraryVariable + ", or leave that out and " + way
		}
		return fmt.Errorf("%s is ONNX Runtime without CUDA; %s", library, way)
	}
	if err := openNeeds(library); err != nil {
		return err
	}
	provider, err := ort.NewCUDAProviderOptions()
	if err != nil {
		return err
	}
	defer provider.Destroy()
	if err := provider.Update(map[string]string{
		"device_id":             strconv.Itoa(id),
		"arena_extend_strategy": "kSameAsRequested", // not the next power of two
		"use_tf32":              "0",                // a float32 model is meant as float32
	}); err != nil {
		return err
	}
	return options.AppendExecutionProviderCUDA(provider)
}

// CheckCUDA says why a CUDA device cannot run models with this library, "" if it can.
func CheckCUDA(library string, id int) string {
	if err := acquire(library); err != nil {
		return oneLine(err)
	}
	defer func() { _ = release() }()
	handlers := saveSignalHandlers()
	defer handlers.restore()
	options, err := sessionOptions(1)
	if err != nil {
		return oneLine(err)
	}
	defer options.Destroy()
	if err := addCUDA(options, library, id); err != nil {
		return providerReason(err)
	}
	return ""
}

// preamble begins ONNX Runtime's errors: a source file, a function and a code, now and then with
// another place in the sources behind it.
var preamble = regexp.MustCompile(`^.*?\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : (\S+\.h:\d+ \w+ )?`)

// providerReason is what an error of ONNX Runtime tells a user: one line, without where in its
// sources that was found out.
func providerReason(err error) string {
	reason := preamble.ReplaceAllString(oneLine(err), "")
	reason, _, _ = strings.Cut(reason, " ; GPU=")
	return reason
}
