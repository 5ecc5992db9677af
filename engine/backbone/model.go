package backbone

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"musc/engine/fault"
)

// Stages is the number of stages a model hands out.
const Stages = 4

const (
	imageInput  = "image"
	classOutput = "class_token"
	required    = "image float32 [batch,3,S,S] -> stage0, stage1, stage2, stage3 float32 " +
		"[batch,P,C] and class_token float32 [batch,D]"
)

// outputNames is the order in which outputs are asked for: the stages, then the class token.
var outputNames = []string{"stage0", "stage1", "stage2", "stage3", classOutput}

// imageNet is the normalisation of DINO, DINOv2 and Swin, the default.
var imageNet = struct{ mean, std [3]float32 }{
	[3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225},
}

// Info describes an open model.
type Info struct {
	Name       string     `json:"name"` // the file's name if the model has none
	Family     string     `json:"family,omitempty"`
	ImageSize  int        `json:"image_size"` // S: images are [3,S,S]
	Patch      int        `json:"patch"`      // side of a patch in pixels
	GridHeight int        `json:"grid_height"`
	GridWidth  int        `json:"grid_width"`
	Channels   int        `json:"channels"` // C
	Stages     int        `json:"stages"`
	ClassDim   int        `json:"class_dim"`       // D
	Batch      int        `json:"batch,omitempty"` // images the export fixed a run to; 0: any
	Mean       [3]float32 `json:"mean"`
	Std        [3]float32 `json:"std"`
	ClassL2    bool       `json:"class_token_l2"` // class tokens come out with length 1

	Runs       int `json:"-"` // calls of Extract that are worth having at once
	RunThreads int `json:"-"` // of each

	Precision  string `json:"-"`                     // "float16"; "": the model does not say
	Runtime    string `json:"-"`                     // "ONNX Runtime 1.31.1", and CUDA's release
	Provider   string `json:"provider"`              // CPU or CUDA:N
	DeviceNote string `json:"device_note,omitempty"` // why CUDA was not taken
	ModelNote  string `json:"model_note,omitempty"`  // what the model did not say and was assumed
}

// Patches is P, the patches of an image.
func (i Info) Patches() int { return i.GridHeight * i.GridWidth }

// OnGPU says whether the model runs on a GPU.
func (i Info) OnGPU() bool { return strings.HasPrefix(i.Provider, "CUDA") }

// describeModel reads and checks what the file at path says about itself. Errors are of kind
// fault.Input and name the file, what was found and what is needed.
func describeModel(path string) (Info, error) {
	file, err := os.Open(path)
	if err != nil {
		return Info{}, fault.New(fault.Input, "cannot open model: %w; check the path, or run: "+
			"musc setup", err)
	}
	defer file.Close()
	stat, err := file.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = errors.New("it is no regular file")
	}
	if err != nil {
		return Info{}, fault.New(fault.Input, "cannot read model %s: %w", path, err)
	}
	h, err := readHeader(file, stat.Size())
	if err != nil {
		return Info{}, fault.New(fault.Input, "cannot read model %s: %w; fetch or build it again",
			path, err)
	}
	info := Info{Name: h.metadata["musc.name"], Family: h.metadata["musc.family"], Stages: Stages}
	if info.Name == "" {
		info.Name = stat.Name()
	}
	if err := info.takeShapes(h); err != nil {
		return Info{}, fault.New(fault.Input, "model %s cannot be used: %w; found %s; needed %s",
			path, err, h.summary(), required)
	}
	if err := info.takeMetadata(h.metadata); err != nil {
		return Info{}, fault.New(fault.Input, "model %s cannot be used: %w; build it again",
			path, err)
	}
	return info, nil
}

// takeShapes fills in S, P as the grid, C, D and the batch.
func (i *Info) takeShapes(h *header) error {
	inputs := h.feeds()
	if len(inputs) != 1 || inputs[0].name != imageInput {
		return errors.New("its inputs are not image alone")
	}
	if err := inputs[0].check(free, 3, 0, 0); err != nil {
		return err
	}
	batch, side := inputs[0].dims[0], inputs[0].dims[2]
	if inputs[0].dims[3] != side {
		return errors.New("image is not square")
	}
	found := map[string]value{}
	for _, output := range h.outputs {
		found[output.name] = output
	}
	var patches, channels int64
	for stage, name := range outputNames {
		output, ok := found[name]
		if !ok {
			return fmt.Errorf("output %s is missing", name)
		}
		shape := []int64{batch, 0, 0}
		if name == classOutput {
			shape = shape[:2]
		}
		if err := output.check(shape...); err != nil {
			return err
		}
		switch {
		case name == classOutput:
			i.ClassDim = int(output.dims[1])
		case stage == 0:
			patches, channels = output.dims[1], output.dims[2]
		case output.dims[1] != patches || output.dims[2] != channels:
			return fmt.Errorf("%s and stage0 differ in shape", name)
		}
	}
	if len(h.outputs) != len(outputNames) {
		return errors.New("it has other outputs besides")
	}
	grid := int(math.Round(math.Sqrt(float64(patches))))
	if int64(grid)*int64(grid) != patches || int64(grid) > side {
		return fmt.Errorf("%d patches are no square grid of a %d x %d image", patches, side, side)
	}
	i.ImageSize, i.Channels, i.Batch = int(side), int(channels), int(max(batch, 0))
	i.GridHeight, i.GridWidth = grid, grid
	return nil
}

// maxDim bounds every size a model may declare, so that products of sizes cannot overflow.
const maxDim = 1 << 17

// check compares a value with a shape: float32, as many dimensions, where 0 stands for any fixed
// size and a free first dimension also passes where a fixed one is wanted.
func (v value) check(shape ...int64) error {
	if v.element != float32Type || len(v.dims) != len(shape) {
		return fmt.Errorf("%s has the wrong type", v.name)
	}
	for axis, want := range shape {
		size := v.dims[axis]
		fits := size > 0 && size <= maxDim && (want == 0 || size == want)
		if axis == 0 && !fits {
			// An input's batch may be anything (want is free); an output's may be left open.
			fits = size == free || (v.name == imageInput && size > 0 && size <= maxDim)
		}
		if !fits {
			return fmt.Errorf("%s has the wrong shape", v.name)
		}
	}
	return nil
}

// takeMetadata fills in patch, mean and standard deviation.
func (i *Info) takeMetadata(metadata map[string]string) error {
	var assumed []string
	if text, ok := metadata["musc.patch"]; ok {
		patch, err := strconv.Atoi(text)
		if err != nil || patch < 1 || i.ImageSize/patch != i.GridHeight {
			return fmt.Errorf("musc.patch is %q, but its grid is %d x %d on %d pixels",
				text, i.GridHeight, i.GridWidth, i.ImageSize)
		}
		i.Patch = patch
	} else {
		i.Patch = i.ImageSize / i.GridHeight
		assumed = append(assumed, fmt.Sprintf("patch %d from the grid", i.Patch))
	}
	i.Mean, i.Std = imageNet.mean, imageNet.std
	for _, triple := range []struct {
		key   string
		into  *[3]float32
		least float32
	}{
		{"musc.mean", &i.Mean, -math.MaxFloat32},
		{"musc.std", &i.Std, math.SmallestNonzeroFloat32},
	} {
		text, ok := metadata[triple.key]
		if !ok {
			assumed = append(assumed, triple.key+" of ImageNet")
			continue
		}
		parts := strings.Split(text, ",") // at least one
		for c := range triple.into {
			number, err := strconv.ParseFloat(strings.TrimSpace(parts[c]), 32)
			if len(parts) != 3 || err != nil || !(float32(number) >= triple.least) ||
				math.IsInf(number, 0) {
				return fmt.Errorf("%s is %q instead of three numbers", triple.key, text)
			}
			triple.into[c] = float32(number)
		}
	}
	i.ClassL2 = metadata["musc.class_token_l2"] == "true"
	i.Precision = metadata["musc.precision"]
	if len(assumed) > 0 {
		i.ModelNote = "the model does not say how it is fed; assumed: " +
			strings.Join(assumed, ", ")
	}
	return nil
}

// feeds lists the inputs that have to be fed. Before IR version 4 weights were inputs as well.
func (h *header) feeds() []value {
	return slices.DeleteFunc(slices.Clone(h.inputs), func(v value) bool {
		return h.initializers[v.name]
	})
}

// summary lists inputs and outputs for a message, at most a line of each.
func (h *header) summary() string {
	list := func(values []value) string {
		const shown = 8
		var texts []string
		for k, v := range values {
			if k == shown {
				texts = append(texts, "...")
				break
			}
			texts = append(texts, v.String())
		}
		return strings.Join(texts, ", ")
	}
	return list(h.feeds()) + " -> " + list(h.outputs)
}

// Describe is what the model at path says of itself: Session.Info without what runs it. Errors are those
// of Open about a model.
func Describe(path string) (Info, error) { return describeModel(path) }
