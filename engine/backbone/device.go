package backbone

import (
	"strconv"
	"strings"

	ort "github.com/yalue/onnxruntime_go"

	"musc/engine/fault"
)

// device is a parsed Config.Device.
type device struct {
	tryCUDA  bool
	fallBack bool // to the CPU, if CUDA cannot be had
	id       int
}

// parseDevice reads "auto" (also ""), "cpu", "cuda" and "cuda:N"; anything else is fault.Usage.
func parseDevice(text string) (device, error) {
	switch text {
	case "", "auto":
		return device{tryCUDA: true, fallBack: true}, nil
	case "cpu":
		return device{}, nil
	case "cuda":
		return device{tryCUDA: true}, nil
	}
	number, ok := strings.CutPrefix(text, "cuda:")
	id, err := strconv.Atoi(number)
	if !ok || err != nil || id < 0 {
		return device{}, fault.New(fault.Usage, "device %q is unknown; choose auto, cpu or cuda:N",
			text)
	}
	return device{tryCUDA: true, id: id}, nil
}

func (d device) String() string {
	if d.tryCUDA {
		return "cuda:" + strconv.Itoa(d.id)
	}
	return "cpu"
}

// sessionOptions sets how a model runs on the CPU. Measured with a DINOv2 ViT-S/14 in float32,
// two cores, 224 pixels in batches of 1 and 4:
//   - The arena stays on: without it a run costs as much time and 20 to 100 % more memory,
//     because the allocator keeps fragments.
//   - The memory pattern is off: it saves no time and plans 10 to 20 % more memory, for every
//     batch size anew.
//   - Weights stay packed for the matrix products: without that a run is 10 to 20 % slower and
//     saves no memory at all.
//   - No spinning: a waiting thread that spins takes a core from the scoring, and from the other
//     programs of the machine, without making a run faster.
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
		func() error { return options.SetMemPattern(false) },
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

// addCUDA puts the CUDA provider first. Setting the device is the step that fails without a GPU,
// its driver or the provider's own library; appending the provider may then still succeed.
func addCUDA(options *ort.SessionOptions, id int) error {
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
	if err := addCUDA(options, id); err != nil {
		return oneLine(err)
	}
	return ""
}
