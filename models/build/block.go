package build

import (
	"math"

	"musc/models"
)

// mlpRatio is the width of the perceptron's hidden layer over the backbone's.
const mlpRatio = 4

// block adds one transformer block and returns its output, [batch,T,C] as its input.
func (b *builder) block(x, prefix string) string {
	width, scale1, scale2 := b.spec.Width, "", ""
	if b.spec.LayerScale {
		scale1, scale2 = prefix+"ls1.gamma", prefix+"ls2.gamma"
	}
	attended := b.attention(b.norm(x, prefix+"norm1"), prefix+"attn.qkv")
	x = b.Node("Add", []string{x, b.linear(attended, prefix+"attn.proj", width, width, scale1)})
	hidden := b.linear(b.norm(x, prefix+"norm2"), prefix+"mlp.fc1", mlpRatio*width, width, "")
	hidden = b.activation(hidden)
	return b.Node("Add", []string{x,
		b.linear(hidden, prefix+"mlp.fc2", width, mlpRatio*width, scale2)})
}

// attention is softmax(Q K^t / sqrt(C/heads)) V of each head, heads side by side, [batch,T,C].
func (b *builder) attention(x, qkv string) string {
	width, heads := b.spec.Width, b.spec.Heads
	if b.options.Attention == Fused {
		return b.Fused("Attention", []string{x, b.matrix(qkv+".weight", 3*width, width, ""),
			b.vector(qkv+".bias", 3*width, "")}, attribute("num_heads", heads))
	}
	if !b.added["heads"] {
		b.added["heads"] = true
		b.Integers("heads", 0, 0, int64(heads), int64(width/heads))
		b.Integers("channels", 0, 0, int64(width))
		b.tensor("scale", nil, []float32{float32(1 / math.Sqrt(float64(width/heads)))})
	}
	apart := func(x string, order ...int) string {
		return b.Node("Transpose", []string{b.Node("Reshape", []string{x, "heads"})},
			attribute("perm", order))
	}
	parts := b.Split(b.linear(x, qkv, 3*width, width, ""), 3, 2)
	query := b.Node("Mul", []string{apart(parts[0], 0, 2, 1, 3), "scale"})
	key, value := apart(parts[1], 0, 2, 3, 1), apart(parts[2], 0, 2, 1, 3)
	weights := b.Node("Softmax", []string{b.Node("MatMul", []string{query, key})},
		attribute("axis", -1))
	sum := b.Node("Transpose", []string{b.Node("MatMul", []string{weights, value})},
		attribute("perm", []int{0, 2, 1, 3}))
	return b.Node("Reshape", []string{sum, "channels"})
}

func (b *builder) activation(x string) string {
	const slope = 1.702 // of QuickGELU
	switch {
	case b.spec.Activation == models.GELU:
		return b.Node("Gelu", []string{x})
	case b.options.Attention == Fused:
		return b.Fused("QuickGelu", []string{x}, attribute("alpha", float32(slope)))
	}
	if !b.added["slope"] {
		b.added["slope"] = true
		b.tensor("slope", nil, []float32{slope})
	}
	steep := b.Node("Mul", []string{x, "slope"})
	return b.Node("Mul", []string{x, b.Node("Sigmoid", []string{steep})})
}

// norm is the layer norm over channels with the parameters of that name.
func (b *builder) norm(x, name string) string { return b.normOver(x, name, b.spec.Width) }

// normOver is the layer norm over that many channels.
func (b *builder) normOver(x, name string, width int) string {
	return b.Node("LayerNormalization", []string{x, b.vector(name+".weight", width, ""),
		b.vector(name+".bias", width, "")}, attribute("axis", -1),
		attribute("epsilon", b.spec.NormEps))
}

// linear is x W^t + c for W [out,in], both times the layer scale of that name if there is one.
func (b *builder) linear(x, name string, out, in int, scale string) string {
	x = b.Node("MatMul", []string{x, b.matrix(name+".weight", out, in, scale)})
	return b.Node("Add", []string{x, b.vector(name+".bias", out, scale)})
}

// matrix adds the weights [out,in] as the right factor [in,out] and returns their name.
func (b *builder) matrix(name string, out, in int, scale string) string {
	var values []float32
	b.try(func() error {
		factors, err := b.scales(scale, out)
		if err != nil {
			return err
		}
		values, err = b.weights.readTransposed(name, out, in)
		if factors != nil {
			for i := range values {
				values[i] *= factors[i%out]
			}
		}
		return err
	})
	return b.tensor(name, []int{in, out}, values)
}

// vector adds the weights [size] and returns their name.
func (b *builder) vector(name string, size int, scale string) string {
	if b.added[name] {
		return name
	}
	b.added[name] = true
	var values []float32
	b.try(func() error {
		factors, err := b.scales(scale, size)
		if err != nil {
			return err
		}
		values, err = b.weights.read(name, size, 1)
		if factors != nil {
			for i := range values {
				values[i] *= factors[i]
			}
		}
		return err
	})
	return b.tensor(name, []int{size}, values)
}

// scales returns a copy of a layer scale, nil for none.
func (b *builder) scales(name string, size int) ([]float32, error) {
	if name == "" {
		return nil, nil
	}
	values, err := b.weights.read(name, size, 1)
	return append([]float32(nil), values...), err
}
