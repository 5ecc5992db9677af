package build

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"musc/engine/fault"
	"musc/models"
)

// randomWeights returns weights drawn at random for a backbone, under timm's names: for tests and
// measurements without a download. Scores from them mean little. The same seed gives the same
// values everywhere. With n from the standard normal distribution the values are
//
//	1 + 0.2 n      weights of layer norms
//	0.5 + 0.2 n    layer scales
//	n / sqrt(in)   matrices and the patch embedding
//	0.3 n          biases, the class token, position embeddings and Swin's tables of biases; 0 for
//	               the projection's bias
//
// large enough that every operation shows in the output.
func randomWeights(spec *models.Spec, seed uint64) namedTensors {
	if spec.Family == models.Swin {
		return random{seed: seed, shapes: swinShapes(spec)}
	}
	width := spec.Width
	r := random{seed: seed, shapes: map[string][]int{
		"patch_embed.proj.weight": {width, 3, spec.Patch, spec.Patch},
		"cls_token":               {1, 1, width},
		"pos_embed":               {1, 1 + spec.PretrainGrid*spec.PretrainGrid, width},
		"norm.weight":             {width},
		"norm.bias":               {width},
	}}
	if spec.Family != models.CLIP {
		r.shapes["patch_embed.proj.bias"] = []int{width}
	}
	if spec.PreNorm {
		r.shapes["norm_pre.weight"], r.shapes["norm_pre.bias"] = []int{width}, []int{width}
	}
	if spec.Projection {
		r.shapes["head.weight"] = []int{spec.ClassDim, width}
		r.shapes["head.bias"] = []int{spec.ClassDim}
	}
	for layer := range spec.Layers {
		prefix := fmt.Sprintf("blocks.%d.", layer)
		addBlock(r.shapes, prefix, width)
		if spec.LayerScale {
			r.shapes[prefix+"ls1.gamma"] = []int{width}
			r.shapes[prefix+"ls2.gamma"] = []int{width}
		}
	}
	return r
}

// addBlock adds the shapes of what the blocks of all families have.
func addBlock(shapes map[string][]int, prefix string, width int) {
	for name, out := range map[string][2]int{
		"attn.qkv": {3 * width, width}, "attn.proj": {width, width},
		"mlp.fc1": {mlpRatio * width, width}, "mlp.fc2": {width, mlpRatio * width},
	} {
		shapes[prefix+name+".weight"] = out[:]
		shapes[prefix+name+".bias"] = out[:1]
	}
	for _, name := range []string{"norm1", "norm2"} {
		shapes[prefix+name+".weight"] = []int{width}
		shapes[prefix+name+".bias"] = []int{width}
	}
}

// swinShapes are the shapes of a Swin's weights.
func swinShapes(spec *models.Spec) map[string][]int {
	shapes := map[string][]int{
		"patch_embed.proj.weight": {spec.Width, 3, spec.Patch, spec.Patch},
		"patch_embed.proj.bias":   {spec.Width},
		"patch_embed.norm.weight": {spec.Width},
		"patch_embed.norm.bias":   {spec.Width},
		"norm.weight":             {spec.LastWidth()},
		"norm.bias":               {spec.LastWidth()},
	}
	for _, stage := range swinStages(spec, 0) {
		if stage.index > 0 {
			merged := 2 * stage.width // four patches of half the width each
			shapes[stage.prefix+"downsample.norm.weight"] = []int{merged}
			shapes[stage.prefix+"downsample.norm.bias"] = []int{merged}
			shapes[stage.prefix+"downsample.reduction.weight"] = []int{stage.width, merged}
		}
		for block := range stage.depth {
			prefix := stage.block(block)
			addBlock(shapes, prefix, stage.width)
			shapes[prefix+biasTable] = []int{squared(2*spec.Window - 1), stage.heads}
		}
	}
	return shapes
}

type random struct {
	seed   uint64
	shapes map[string][]int
}

func (r random) Names() []string {
	names := make([]string, 0, len(r.shapes))
	for name := range r.shapes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (r random) Shape(name string) ([]int, bool) {
	shape, ok := r.shapes[name]
	return shape, ok
}

// Read draws a tensor from a generator of its own, so that the order of reading does not matter.
func (r random) Read(dst []float32, name string) error {
	shape, ok := r.shapes[name]
	if !ok {
		return fault.New(fault.Internal, "random weights have no tensor %q", name)
	}
	hash := fnv.New64a()
	hash.Write([]byte(name))
	normal := rand.New(rand.NewPCG(r.seed, hash.Sum64()))
	offset, scale := 0.0, 0.3
	isTable := name == "pos_embed" || name == "cls_token" || strings.HasSuffix(name, biasTable)
	switch {
	case name == "head.bias":
		scale = 0
	case strings.Contains(name, "norm") && strings.HasSuffix(name, "weight"):
		offset, scale = 1, 0.2
	case strings.HasSuffix(name, "gamma"):
		offset, scale = 0.5, 0.2
	case len(shape) >= 2 && !isTable:
		scale = 1 / math.Sqrt(float64(len(dst)/shape[0]))
	}
	for i := range dst {
		dst[i] = float32(offset + scale*normal.NormFloat64())
	}
	return nil
}

func (r random) Close() error { return nil }
