package assets

import (
	"fmt"
	"path"
	"strings"

	"musc/engine/fault"
)

// Pack is what runs a backbone on NVIDIA GPUs: ONNX Runtime with its CUDA provider, and the
// libraries of CUDA that the provider needs besides the driver's own.
type Pack struct {
	CUDA      int        // the release it is for, as cuDriverGetVersion counts: 13000 for 13.0
	Driver    int        // the oldest driver's release that knows it, 580
	Artifacts []Artifact // ONNX Runtime first
}

const (
	setUpGPU = "musc setup gpu"

	// CUDAProvider is the library of ONNX Runtime that runs models on a GPU.
	CUDAProvider = "libonnxruntime_providers_cuda.so"

	// NeedsFile lists beside an ONNX Runtime library what its CUDA provider needs, a library a line:
	// paths relative to the list, each after those that it needs itself.
	NeedsFile = "needs.txt"
)

// Packs are all packs, the newest first.
var Packs = []*Pack{&CUDA13, &CUDA12}

// newPack adds the list of needed libraries, in the order of the pinned members, to ONNX Runtime.
func newPack(cuda, driver int, runtime Artifact, libraries ...Artifact) Pack {
	var needs strings.Builder
	for _, artifact := range libraries {
		for _, m := range artifact.Members {
			if strings.Contains(m.Path, ".so") {
				needs.WriteString(path.Join("..", artifact.Folder, m.Path) + "\n")
			}
		}
	}
	runtime.Written = []Written{{NeedsFile, needs.String()}}
	return Pack{cuda, driver, append([]Artifact{runtime}, libraries...)}
}

// PackFor is the newest pack for a driver that knows this release of CUDA; nil for one that is
// older than all packs.
func PackFor(cuda int) *Pack {
	for _, pack := range Packs {
		if cuda >= pack.CUDA {
			return pack
		}
	}
	return nil
}

// Name is what people call the pack: "CUDA 13".
func (p *Pack) Name() string { return fmt.Sprint("CUDA ", p.CUDA/1000) }

// Runtime is the pack's ONNX Runtime.
func (p *Pack) Runtime() *Artifact { return &p.Artifacts[0] }

// LibraryPath is the pack's ONNX Runtime library, if all of the pack is in the cache. The error is
// as of the function LibraryPath and names what is missing first.
func (p *Pack) LibraryPath() (string, error) {
	for k := range p.Artifacts {
		if _, err := Path(&p.Artifacts[k], ""); err != nil {
			return "", err
		}
	}
	return Path(p.Runtime(), p.library())
}

func (p *Pack) library() string { return "libonnxruntime.so." + p.Runtime().Version }

// ParsePack reads "12" or "13"; anything else is fault.Usage.
func ParsePack(text string) (*Pack, error) {
	for _, pack := range Packs {
		if pack.Name() == "CUDA "+text {
			return pack, nil
		}
	}
	return nil, fault.New(fault.Usage, "there is no pack for CUDA %q; choose 12 or 13", text)
}

// capi is a file of an ONNX Runtime wheel's folder of libraries.
func capi(name string, size int64, sum string) Member {
	return Member{Name: "onnxruntime/capi/" + name, Path: name, Size: size, SHA256: sum}
}
