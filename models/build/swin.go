package build

import (
	"fmt"
	"math"

	"musc/models"
)

// biasTable is timm's name of a block's biases by relative position, [(2w-1)^2, heads].
const biasTable = "attn.relative_position_bias_table"

// swinStage is one of the four stages of a Swin: depth blocks over a grid x grid patches of width
// channels. From one stage to the next the grid halves, the width and the heads double.
type swinStage struct {
	index, depth, grid, width, heads int
	prefix                           string // of its parameters' names
}

// swinStages splits a Swin at the blocks that Spec.Stages names; grid is the first stage's.
func swinStages(spec *models.Spec, grid int) []swinStage {
	stages, done := make([]swinStage, len(spec.Stages)), 0
	for k, last := range spec.Stages {
		stages[k] = swinStage{index: k, depth: last + 1 - done, grid: grid >> k,
			width: spec.Width << k, heads: spec.Heads << k, prefix: fmt.Sprintf("layers.%d.", k)}
		done = last + 1
	}
	return stages
}

func (s swinStage) block(index int) string { return fmt.Sprintf("%sblocks.%d.", s.prefix, index) }

func squared(n int) int { return n * n }

// runSwin writes the graph of a Swin (arXiv 2103.14030, as in timm): no class token, no position
// embeddings, attention within windows of w x w patches, g_k = G/2^k patches a side in stage k:
//
//	x_0     = norm(E patches + b)
//	y_l     = x_l + W_o attention(norm1(x_l)) + b_o           see windowAttention
//	x_{l+1} = y_l + W_2 act(W_1 norm2(y_l) + b_1) + b_2
//
// and before the first block of stages 1 to 3 every 2 x 2 patches, side by side as rows of 4 C_k,
// become one of 2 C_k channels: x = W norm(merged). The class token is the mean over the patches of
// norm(x_L), [batch,8C]: what timm gives to its classifier. The operators are the ONNX standard's,
// whatever Options.Attention: the fused one has no bias by window.
func (b *builder) runSwin() error {
	spec := b.spec
	x := b.Node("MatMul", []string{b.patches(), b.matrix("patch_embed.proj.weight", spec.Width,
		b.pixels(), "")})
	x = b.Node("Add", []string{x, b.vector("patch_embed.proj.bias", spec.Width, "")})
	x = b.norm(x, "patch_embed.norm")
	b.Integers("channel_axis", -1)
	b.tensor("scale", nil, []float32{float32(1 / math.Sqrt(float64(spec.Width/spec.Heads)))})
	for _, stage := range swinStages(spec, b.grid) {
		if stage.index > 0 {
			x = b.merge(x, stage)
		}
		for block := range stage.depth {
			if err := b.ctx.Err(); err != nil {
				return err
			}
			if b.err != nil {
				return b.err
			}
			x = b.swinBlock(x, stage, block)
		}
		b.swinOutput(x, stage)
	}
	x = b.normOver(x, "norm", spec.LastWidth())
	b.Output("class_token", []any{"batch", spec.ClassDim}, "ReduceMean",
		[]string{x, b.Integers("patch_axis", 1)}, attribute("keepdims", 0))
	return b.err
}

// merge joins the 2 x 2 patches of the stage before: [batch,4P,C/2] to [batch,P,C]. Of the four,
// the lower left one is the second, as in the published weights.
func (b *builder) merge(x string, stage swinStage) string {
	g, half, name := int64(stage.grid), int64(stage.width/2), stage.prefix+"downsample."
	x = b.Node("Reshape", []string{x, b.Integers(name+"squares", 0, g, 2, g, 2, half)})
	x = b.Node("Transpose", []string{x}, attribute("perm", []int{0, 1, 3, 4, 2, 5}))
	x = b.Node("Reshape", []string{x, b.Integers(name+"merged", 0, g*g, 4*half)})
	x = b.normOver(x, name+"norm", 2*stage.width)
	return b.Node("MatMul", []string{x,
		b.matrix(name+"reduction.weight", stage.width, 2*stage.width, "")})
}

// swinBlock is a transformer block, [batch,P,C] as its input.
func (b *builder) swinBlock(x string, stage swinStage, index int) string {
	prefix, width := stage.block(index), stage.width
	attended := b.windowAttention(b.normOver(x, prefix+"norm1", width), stage, index)
	x = b.Node("Add", []string{x, b.linear(attended, prefix+"attn.proj", width, width, "")})
	hidden := b.linear(b.normOver(x, prefix+"norm2", width), prefix+"mlp.fc1", mlpRatio*width,
		width, "")
	return b.Node("Add", []string{x,
		b.linear(b.activation(hidden), prefix+"mlp.fc2", width, mlpRatio*width, "")})
}

// swinOutput makes x [batch,g*g,2^k C] of stage k the output stage_k [batch,G*G,C], on the grid and
// with the width of stage 0, so that one shape goes through all that follows:
//
//	stage_k(p, c) = mean over m < 2^k of (R x R^t)(p, 2^k c + m)
//
// with x on the grid, R [G,g] from enlarge along both its axes: torch's interpolate and
// adaptive_avg_pool1d, 2^k adjacent channels making one. Averaging over channels comes first below:
// the two commute, and that order is cheaper. Nothing is normalised: LNAMD (SPEC section 3) begins
// by subtracting an image's mean and dividing by its deviation, over all values of the stage.
func (b *builder) swinOutput(x string, stage swinStage) {
	output := fmt.Sprintf("stage%d", stage.index)
	shape := []any{"batch", b.grid * b.grid, b.spec.Width}
	if stage.index == 0 {
		b.Output(output, shape, "Identity", []string{x})
		return
	}
	g, large, width := int64(stage.grid), int64(b.grid), int64(b.spec.Width)
	x = b.Node("Reshape", []string{x,
		b.Integers(output+"_groups", 0, g, g*width, int64(stage.width)/width)})
	x = b.Node("ReduceMean", []string{x, "channel_axis"}, attribute("keepdims", 0))
	enlarge := b.tensor(output+"_enlarge", []int{b.grid, stage.grid}, enlarge(stage.grid, b.grid))
	x = b.Node("MatMul", []string{enlarge, x}) // rows of the grid: [batch,G,g C]
	x = b.Node("Reshape", []string{x, b.Integers(output+"_columns", 0, large, g, width)})
	x = b.Node("MatMul", []string{enlarge, x}) // columns: [batch,G,G,C]
	b.Output(output, shape, "Reshape", []string{x, b.Integers(output+"_rows", 0, large*large, width)})
}

// enlarge returns the matrix [to, from] of linear interpolation as PyTorch does it with
// align_corners=False: half-pixel centres, borders repeated,
//
//	source(i) = max((i + 1/2) from / to - 1/2, 0)
func enlarge(from, to int) []float32 {
	matrix := make([]float32, to*from)
	for i := range to {
		source := max((float64(i)+0.5)*float64(from)/float64(to)-0.5, 0)
		first := int(source)
		weight := source - float64(first)
		matrix[i*from+first] += float32(1 - weight)
		matrix[i*from+min(first+1, from-1)] += float32(weight)
	}
	return matrix
}
