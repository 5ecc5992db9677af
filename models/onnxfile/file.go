package onnxfile

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"musc/engine/fault"
	"musc/models/sections"
)

// File gives access to the floating-point initialisers of an ONNX model under the names that the
// model's parameters had before export: see recoverLinear. It is safe for concurrent use.
type File struct {
	file     *sections.File
	tensors  map[string]tensor
	metadata map[string]string
}

// Open walks the model once, past the weights. A file that does not exist or is damaged is a
// fault.Input.
func Open(path string) (*File, error) {
	return sections.Parse(path, "ONNX model", parse)
}

func parse(file *sections.File) (*File, error) {
	f := &File{file: file, tensors: map[string]tensor{}, metadata: map[string]string{}}
	if err := f.readModel(&cursor{&window{file: file}, 0, file.Size}); err != nil {
		return nil, fault.New(fault.Input, "reading ONNX model %s: %w; download or build it again",
			file.Path, err)
	}
	return f, nil
}

func (f *File) readModel(c *cursor) error {
	graphs := 0
	for {
		field, err := c.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch field.number {
		case modelGraph:
			graphs++
			err = f.readGraph(c, field)
		case modelMetadata:
			err = f.readMetadata(c, field)
		}
		if err != nil {
			return err
		}
	}
	if graphs != 1 {
		return fmt.Errorf("it has %d graphs, not 1", graphs)
	}
	return nil
}

func (f *File) readGraph(c *cursor, graph field) error {
	in, err := c.inside(graph)
	if err != nil {
		return err
	}
	var nodes []node
	for {
		field, err := in.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch field.number {
		case graphInitializer:
			err = f.readInitialiser(in, field)
		case graphNode:
			var n node
			if n, err = readNode(in, field); err == nil && n.isLinear() {
				nodes = append(nodes, n)
			}
		}
		if err != nil {
			return err
		}
	}
	recoverLinear(f.tensors, nodes)
	return nil
}

// readInitialiser keeps floating-point tensors; integers are shapes and indices of the graph, which
// no backbone takes as weights.
func (f *File) readInitialiser(c *cursor, place field) error {
	name, t, err := readTensor(c, place)
	if err != nil {
		return fmt.Errorf("initialiser %q: %w", name, err)
	}
	if t.kind.element() == 0 {
		return nil
	}
	if _, taken := f.tensors[name]; taken {
		return fmt.Errorf("two initialisers are named %q", name)
	}
	f.tensors[name] = t
	return nil
}

func (f *File) readMetadata(c *cursor, place field) error {
	key, value, err := readPair(c, place)
	if err == nil {
		f.metadata[key] = value
	}
	return err
}

// readPair reads a message of a key and a value.
func readPair(c *cursor, place field) (key, value string, err error) {
	in, err := c.inside(place)
	if err != nil {
		return "", "", err
	}
	for {
		field, err := in.next()
		if err == io.EOF {
			return key, value, nil
		}
		if err == nil && field.number == pairKey {
			key, err = in.text(field)
		} else if err == nil && field.number == pairValue {
			value, err = in.text(field)
		}
		if err != nil {
			return "", "", err
		}
	}
}

// Names lists the floating-point initialisers in alphabetical order.
func (f *File) Names() []string {
	return slices.Sorted(maps.Keys(f.tensors))
}

// Metadata returns the model's value for a key, "" if it has none.
func (f *File) Metadata(key string) string { return f.metadata[key] }

// Shape returns a tensor's shape, and whether there is such a tensor.
func (f *File) Shape(name string) ([]int, bool) {
	t, ok := f.tensors[name]
	return t.shape, ok
}

// Read fills dst with a tensor, row-major. dst must have exactly the tensor's number of elements.
func (f *File) Read(dst []float32, name string) error {
	t, ok := f.tensors[name]
	if !ok {
		return fault.New(fault.Input, "ONNX model %s has no initialiser %q; choose another file",
			f.file.Path, name)
	}
	if t.external {
		return fault.New(fault.Input, "ONNX model %s keeps initialiser %q in another file; "+
			"use a model that holds its weights itself", f.file.Path, name)
	}
	if len(dst) != t.elements() {
		return fault.New(fault.Internal, "ONNX model %s: initialiser %q has %d elements, %d were "+
			"asked for", f.file.Path, name, t.elements(), len(dst))
	}
	if err := t.read(f.file, dst); err != nil {
		return fault.New(fault.Input, "reading initialiser %q of ONNX model %s: %w; "+
			"check the disk or download the file again", name, f.file.Path, err)
	}
	return nil
}

// Close releases the file.
func (f *File) Close() error { return f.file.Close() }

// readNode reads what recoverLinear needs of a graph node.
func readNode(c *cursor, place field) (node, error) {
	in, err := c.inside(place)
	if err != nil {
		return node{}, err
	}
	var n node
	for {
		field, err := in.next()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return node{}, err
		}
		var text string
		switch field.number {
		case nodeOperator:
			n.operator, err = in.text(field)
		case nodeInput:
			text, err = in.text(field)
			n.inputs = append(n.inputs, text)
		case nodeOutput:
			n.output, err = in.text(field)
		}
		if err != nil {
			return node{}, err
		}
	}
}
