package onnxfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/x448/float16"

	"musc/engine/fault"
)

const (
	irVersion    = 10 // of ONNX 1.16
	opsetNumber  = 20 // ai.onnx: the first with Gelu
	microsoft    = "com.microsoft"
	inlineBytes  = 1 << 10 // smaller tensors stay in the model file
	alignment    = 1 << 12 // of a tensor in the data file: a memory page, so that it can be mapped
	encodeChunk  = 1 << 14 // elements converted at once
	typeFloat    = 1       // attribute types
	typeInt      = 2
	typeIntegers = 7
)

// Graph builds a model, node by node. Its values are known by name; operators return the name of
// their output. Large tensors go to the data file as they are added, so that none is kept.
type Graph struct {
	kind     Type // of the floating-point tensors
	data     io.Writer
	dataName string // of the data file, relative to the model file
	written  int64
	nodes    int
	body     message
	tail     message // metadata
	buffer   []byte
}

// NewGraph starts a graph whose floating-point tensors are Float32 or Float16 and whose large ones
// are written to data, a file that will lie beside the model under dataName.
func NewGraph(name string, kind Type, data io.Writer, dataName string) *Graph {
	g := &Graph{kind: kind, data: data, dataName: dataName}
	g.body.text(graphName, name)
	return g
}

// Attribute is a named constant of a node: an int, a float32 or an []int.
type Attribute struct {
	Name  string
	Value any
}

// Node adds an operator of the ONNX standard with one output.
func (g *Graph) Node(operator string, inputs []string, attributes ...Attribute) string {
	return g.node("", operator, inputs, attributes)
}

// Fused adds an operator of ONNX Runtime's own set, com.microsoft, with one output.
func (g *Graph) Fused(operator string, inputs []string, attributes ...Attribute) string {
	return g.node(microsoft, operator, inputs, attributes)
}

func (g *Graph) node(domain, operator string, inputs []string, attributes []Attribute) string {
	name := fmt.Sprintf("%s_%d", operator, g.nodes)
	g.add(domain, operator, inputs, []string{name}, attributes)
	return name
}

// Split adds a Split of x along an axis into equal parts and returns their names.
func (g *Graph) Split(x string, parts, axis int) []string {
	names := make([]string, parts)
	for i := range names {
		names[i] = fmt.Sprintf("Split_%d_%d", g.nodes, i)
	}
	g.add("", "Split", []string{x}, names, []Attribute{{"axis", axis}, {"num_outputs", parts}})
	return names
}

func (g *Graph) add(domain, operator string, inputs, outputs []string, attributes []Attribute) {
	g.nodes++
	var n message
	for _, input := range inputs {
		n.text(nodeInput, input)
	}
	for _, output := range outputs {
		n.text(nodeOutput, output)
	}
	n.text(nodeName, outputs[0])
	n.text(nodeOperator, operator)
	for _, a := range attributes {
		n.bytes(nodeAttribute, a.encode())
	}
	if domain != "" {
		n.text(nodeDomain, domain)
	}
	g.body.bytes(graphNode, n)
}

func (a Attribute) encode() message {
	var m message
	m.text(attributeName, a.Name)
	switch v := a.Value.(type) {
	case int:
		m.integer(attributeInt, int64(v))
		m.integer(attributeType, typeInt)
	case float32:
		m.float(attributeFloat, v)
		m.integer(attributeType, typeFloat)
	case []int:
		for _, k := range v {
			m.integer(attributeInts, int64(k))
		}
		m.integer(attributeType, typeIntegers)
	}
	return m
}

// Integers adds a constant vector of integers.
func (g *Graph) Integers(name string, values ...int64) string {
	var raw []byte
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	t := tensorHead(name, Int64, []int{len(values)})
	t.bytes(tensorRaw, raw)
	g.body.bytes(graphInitializer, t)
	return name
}

// Tensor adds a floating-point constant, row-major. Values beyond float16's range in a Float16
// graph are a fault.Input; an error of the data file comes back as it is.
func (g *Graph) Tensor(name string, shape []int, values []float32) (string, error) {
	if g.kind == Float16 {
		if err := checkHalf(name, values); err != nil {
			return "", err
		}
	}
	size := int64(len(values)) * g.kind.element().Bytes()
	t := tensorHead(name, g.kind, shape)
	if size < inlineBytes {
		t.bytes(tensorRaw, encode(nil, g.kind, values))
		g.body.bytes(graphInitializer, t)
		return name, nil
	}
	if err := g.write(make([]byte, -g.written&(alignment-1))); err != nil {
		return "", err
	}
	t.pair(tensorExternal, "location", g.dataName)
	t.pair(tensorExternal, "offset", fmt.Sprint(g.written))
	t.pair(tensorExternal, "length", fmt.Sprint(size))
	t.integer(tensorWhere, externalStorage)
	g.body.bytes(graphInitializer, t)
	for len(values) > 0 {
		n := min(encodeChunk, len(values))
		g.buffer = encode(g.buffer[:0], g.kind, values[:n])
		if err := g.write(g.buffer); err != nil {
			return "", err
		}
		values = values[n:]
	}
	return name, nil
}

func (g *Graph) write(p []byte) error {
	n, err := g.data.Write(p)
	g.written += int64(n)
	return err
}

// Input declares a float32 input and returns it in the graph's precision. A dimension is an int, or
// a string for one that is free.
func (g *Graph) Input(name string, dimensions ...any) string {
	g.body.bytes(graphInput, value(name, Float32, dimensions))
	if g.kind == Float32 {
		return name
	}
	return g.Node("Cast", []string{name}, Attribute{"to", int(g.kind)})
}

// Output adds an operator of the ONNX standard whose result is a float32 output of the model,
// whatever the graph's precision. Dimensions are as in Input.
func (g *Graph) Output(name string, dimensions []any, operator string, inputs []string,
	attributes ...Attribute) {
	g.body.bytes(graphOutput, value(name, Float32, dimensions))
	if g.kind == Float32 {
		g.add("", operator, inputs, []string{name}, attributes)
		return
	}
	x := g.Node(operator, inputs, attributes...)
	g.add("", "Cast", []string{x}, []string{name}, []Attribute{{"to", int(Float32)}})
}

// Metadata adds a key and value to the model's metadata_props.
func (g *Graph) Metadata(key, value string) { g.tail.pair(modelMetadata, key, value) }

// Written returns the size of the data file so far.
func (g *Graph) Written() int64 { return g.written }

// Model returns the model file's bytes.
func (g *Graph) Model(producer string) []byte {
	var m message
	m.integer(modelIRVersion, irVersion)
	m.text(modelProducer, producer)
	m.bytes(modelGraph, g.body)
	for _, set := range []struct {
		domain  string
		version int64
	}{{"", opsetNumber}, {microsoft, 1}} {
		var opset message
		opset.text(opsetDomain, set.domain)
		opset.integer(opsetVersion, set.version)
		m.bytes(modelOpset, opset)
	}
	return append(m, g.tail...)
}

func halfBits(v float32) uint16 { return float16.Fromfloat32(v).Bits() }

// checkHalf finds values that round to infinity in float16, or are not finite to begin with.
func checkHalf(name string, values []float32) error {
	for _, v := range values {
		if !(math.Abs(float64(v)) < 65520) {
			return fault.New(fault.Input, "tensor %s holds %v, which float16 cannot express; "+
				"build the model in float32", name, v)
		}
	}
	return nil
}
