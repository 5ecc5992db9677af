package models

import (
	"strings"
	"testing"

	"musc/engine/fault"
)

// refused checks that a spec is a fault.Usage whose text names it and the problem.
func refused(t *testing.T, name, want string, spec Spec) {
	t.Helper()
	err := spec.Validate()
	if fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", name, err, want)
	}
}

func TestImpossibleSpecsAreRefused(t *testing.T) {
	const (
		fileName   = "the name must be usable as a file name"
		positive   = "patch size, width, layers and heads must be positive"
		classToken = "the class token's size must be the last width unless it is projected"
		rising     = "the stages must be four rising layer numbers from 0"
	)
	for name, c := range map[string]struct {
		spoil func(*Spec)
		want  string
	}{
		"no name":                 {func(s *Spec) { s.Name = "" }, fileName},
		"name with a slash":       {func(s *Spec) { s.Name = "../x" }, fileName},
		"name with a backslash":   {func(s *Spec) { s.Name = `a\b` }, fileName},
		"hidden name":             {func(s *Spec) { s.Name = ".x" }, fileName},
		"unknown family":          {func(s *Spec) { s.Family = "resnet" }, "the family is none of"},
		"unknown activation":      {func(s *Spec) { s.Activation = "relu" }, "the activation is none of"},
		"no patch":                {func(s *Spec) { s.Patch = 0 }, positive},
		"no width":                {func(s *Spec) { s.Width = 0 }, positive},
		"no layers":               {func(s *Spec) { s.Layers = 0 }, positive},
		"no heads":                {func(s *Spec) { s.Heads = 0 }, positive},
		"heads not in width":      {func(s *Spec) { s.Heads = 5 }, "the width is no multiple"},
		"eps of zero":             {func(s *Spec) { s.NormEps = 0 }, "eps must be positive"},
		"class token of its own":  {func(s *Spec) { s.ClassDim = 7 }, classToken},
		"projected to nothing":    {func(s *Spec) { s.Projection, s.ClassDim = true, 0 }, classToken},
		"stage before the start":  {func(s *Spec) { s.Stages[0] = -1 }, rising},
		"stage past the end":      {func(s *Spec) { s.Stages[3] = s.Layers }, rising},
		"first two stages equal":  {func(s *Spec) { s.Stages[1] = s.Stages[0] }, rising},
		"middle stages equal":     {func(s *Spec) { s.Stages[2] = s.Stages[1] }, rising},
		"last two stages equal":   {func(s *Spec) { s.Stages[3] = s.Stages[2] }, rising},
		"no position grid":        {func(s *Spec) { s.PretrainGrid = 0 }, "the position grid must be positive"},
		"windows of no swin":      {func(s *Spec) { s.Window = 7 }, "only swin has windows"},
		"size off the patches":    {func(s *Spec) { s.ImageSize = 225 }, "the nearest that fits is 224"},
		"size smaller than those": {func(s *Spec) { s.ImageSize = 13 }, "the nearest that fits is 14"},
	} {
		spec := Registry[0]
		c.spoil(&spec)
		refused(t, name, c.want, spec)
	}
}

func TestImpossibleSwinsAreRefused(t *testing.T) {
	const (
		window   = "the window must be of 2 patches or more"
		position = "swin has no position embeddings"
		no       = "swin has no norm of its stages, norm before its blocks, layer scale or projection"
	)
	for name, c := range map[string]struct {
		spoil func(*Spec)
		want  string
	}{
		"no window":               {func(s *Spec) { s.Window = 0 }, window},
		"window without a shift":  {func(s *Spec) { s.Window = 1 }, window},
		"window past all images":  {func(s *Spec) { s.Window = 129 }, window},
		"position embeddings":     {func(s *Spec) { s.PretrainGrid = 96 }, position},
		"offset of positions":     {func(s *Spec) { s.PositionOffset = 0.1 }, position},
		"normed stages":           {func(s *Spec) { s.FinalNormOnStages = true }, no},
		"norm before":             {func(s *Spec) { s.PreNorm = true }, no},
		"layer scale":             {func(s *Spec) { s.LayerScale = true }, no},
		"projection":              {func(s *Spec) { s.Projection = true }, no},
		"blocks after the stages": {func(s *Spec) { s.Layers++ }, "must end with the last block"},
		"class token of stage 0":  {func(s *Spec) { s.ClassDim = s.Width }, "must be the last width"},
		"stages out of order":     {func(s *Spec) { s.Stages[1] = s.Stages[0] }, "four rising layer numbers"},
	} {
		spec, err := Lookup("swin-b")
		if err != nil {
			t.Fatal(err)
		}
		c.spoil(&spec)
		refused(t, name, c.want, spec)
	}
}

// The smallest numbers that are possible.
func TestBoundsOfSpecs(t *testing.T) {
	tiny := Registry[0]
	tiny.Patch, tiny.Width, tiny.Heads, tiny.ClassDim, tiny.PretrainGrid = 1, 1, 1, 1, 1
	tiny.Layers, tiny.Stages = 4, [4]int{0, 1, 2, 3}
	if err := tiny.Validate(); err != nil {
		t.Errorf("a ViT of one channel: %v", err)
	}
	tiny.Layers = 3
	refused(t, "fewer layers than stages", "four rising layer numbers", tiny)
	swin, err := Lookup("swin-b")
	if err != nil {
		t.Fatal(err)
	}
	for _, window := range []int{2, 128} { // 8 windows of 128 patches of 4 pixels are 4096 pixels
		swin.Window, swin.ImageSize = window, 4096
		if err := swin.Validate(); err != nil {
			t.Errorf("windows of %d: %v", window, err)
		}
	}
}
