package build

import (
	"context"
	"fmt"

	"musc/models"
	"musc/models/onnxfile"
)

// builder writes one backbone's graph. The first error of a weight ends it: the methods return
// names, and err is looked at after each block.
type builder struct {
	ctx     context.Context
	spec    *models.Spec
	options Options
	grid    int
	weights *parameters
	*onnxfile.Graph
	added map[string]bool // vectors that are in the graph: the final norm is used by all stages
	err   error
}

// attribute shortens the many attributes of a graph.
func attribute(name string, value any) onnxfile.Attribute {
	return onnxfile.Attribute{Name: name, Value: value}
}

// run writes the whole graph of package build's comment.
func (b *builder) run() error {
	if b.spec.Family == models.Swin {
		return b.runSwin()
	}
	tokens := b.grid*b.grid + 1
	b.Integers("axis1", 1)
	b.Integers("row1", 1)
	b.Integers("rows", int64(tokens))
	x := b.embed()
	if b.spec.PreNorm {
		x = b.norm(x, "norm_pre")
	}
	for layer, stage := 0, 0; layer < b.spec.Layers && b.err == nil; layer++ {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		x = b.block(x, fmt.Sprintf("blocks.%d.", layer))
		if stage < len(b.spec.Stages) && layer == b.spec.Stages[stage] {
			b.stage(x, stage)
			stage++
		}
	}
	b.classToken(x)
	return b.err
}

// embed returns x_0 [batch,T,C]. A row of zeros before the patches becomes the class token by
// adding the table of embeddings.
func (b *builder) embed() string {
	x := b.Node("Pad", []string{b.patches(), b.Integers("row_before", 0, 1, 0, 0, 0, 0)})
	x = b.Node("MatMul", []string{x, b.matrix("patch_embed.proj.weight", b.spec.Width,
		b.pixels(), "")})
	return b.Node("Add", []string{x, b.embeddings()})
}

// pixels returns the number of values that a patch consists of.
func (b *builder) pixels() int { return 3 * b.spec.Patch * b.spec.Patch }

// patches returns the input's patches as rows, [batch,P,pixels]. They are cut out by reshaping and
// will be multiplied, instead of a convolution, which would need another library on a GPU.
func (b *builder) patches() string {
	g, size := int64(b.grid), int64(b.spec.Patch)
	image := b.Input("image", "batch", 3, b.options.ImageSize, b.options.ImageSize)
	x := b.Node("Reshape", []string{image, b.Integers("cut", 0, 3, g, size, g, size)})
	x = b.Node("Transpose", []string{x}, attribute("perm", []int{0, 2, 4, 1, 3, 5}))
	return b.Node("Reshape", []string{x, b.Integers("patches", 0, g*g, int64(b.pixels()))})
}

// embeddings is the table added to all tokens, [1,T,C]: position embeddings, plus the class token
// in row 0 and the patch embedding's bias in the others.
func (b *builder) embeddings() string {
	s, width, p := b.spec, b.spec.Width, b.weights
	table := make([]float32, (1+b.grid*b.grid)*width)
	b.try(func() error {
		old, err := p.read("pos_embed", 1+s.PretrainGrid*s.PretrainGrid, width)
		if err != nil {
			return err
		}
		copy(table, old[:width])
		copy(table[width:], resample(old[width:], s.PretrainGrid, b.grid, width, s.PositionOffset))
		class, err := p.read("cls_token", width, 1)
		if err != nil {
			return err
		}
		for c, v := range class {
			table[c] += v
		}
		if s.Family == models.CLIP && !p.has("patch_embed.proj.bias") {
			return nil // CLIP's patch embedding has none
		}
		bias, err := p.read("patch_embed.proj.bias", width, 1)
		if err != nil {
			return err
		}
		for i := width; i < len(table); i++ {
			table[i] += bias[i%width]
		}
		return nil
	})
	return b.tensor("embeddings", []int{1, 1 + b.grid*b.grid, width}, table)
}

// stage makes x [batch,T,C], normed if the family says so, the output of a stage: [batch,P,C].
func (b *builder) stage(x string, stage int) {
	if b.spec.FinalNormOnStages {
		x = b.norm(x, "norm")
	}
	b.Output(fmt.Sprintf("stage%d", stage), []any{"batch", b.grid * b.grid, b.spec.Width},
		"Slice", []string{x, "row1", "rows", "axis1"})
}

// classToken outputs row 0 of the last block's x [batch,T,C] as [batch,D].
func (b *builder) classToken(x string) {
	dimensions := []any{"batch", b.spec.ClassDim}
	x = b.Node("Gather", []string{x, b.Integers("row0", 0)}, attribute("axis", 1))
	x = b.norm(x, "norm")
	if b.spec.Projection {
		x = b.Node("MatMul", []string{x, b.matrix("head.weight", b.spec.ClassDim, b.spec.Width, "")})
		if b.weights.has("head.bias") { // timm keeps one, zero in the published weights
			x = b.Node("Add", []string{x, b.vector("head.bias", b.spec.ClassDim, "")})
		}
	}
	b.Output("class_token", dimensions, "Squeeze", []string{x, "axis1"})
}

// try runs a step unless an earlier one has failed.
func (b *builder) try(step func() error) {
	if b.err == nil {
		b.err = step()
	}
}

// tensor adds a constant and returns its name.
func (b *builder) tensor(name string, shape []int, values []float32) string {
	b.try(func() error {
		_, err := b.Tensor(name, shape, values)
		return err
	})
	return name
}
