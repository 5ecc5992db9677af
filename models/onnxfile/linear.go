package onnxfile

import "strings"

// node is a graph node as far as recoverLinear looks at it.
type node struct {
	operator string
	inputs   []string
	output   string // the last one; MatMul and Add have one
}

func (n node) isLinear() bool {
	return (n.operator == "MatMul" || n.operator == "Add") && len(n.inputs) == 2
}

// recoverLinear gives the weights of linear maps their names back. PyTorch's exporter writes
// x W^t + b as Add(MatMul(x, M), b), where M = W^t is stored transposed under a name such as
// onnx::MatMul_1966 and only b keeps its own, "layer.bias". For each such pair the matrix is also
// given as "layer.weight", [out, in] as in PyTorch, unless that name exists.
func recoverLinear(tensors map[string]tensor, nodes []node) {
	factors := map[string]string{} // output of a MatMul -> its right factor, an initialiser
	for _, n := range nodes {
		if n.operator == "MatMul" {
			if t, ok := tensors[n.inputs[1]]; ok && len(t.shape) == 2 {
				factors[n.output] = n.inputs[1]
			}
		}
	}
	for _, n := range nodes {
		if n.operator != "Add" {
			continue
		}
		for i, bias := range n.inputs {
			layer, isBias := strings.CutSuffix(bias, ".bias")
			factor, isLinear := factors[n.inputs[1-i]]
			if _, taken := tensors[layer+".weight"]; !isBias || !isLinear || taken {
				continue
			}
			t := tensors[factor]
			t.shape = []int{t.shape[1], t.shape[0]}
			t.transposed = !t.transposed
			tensors[layer+".weight"] = t
		}
	}
}
