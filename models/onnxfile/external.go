package onnxfile

import (
	"io"
	"path/filepath"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"musc/engine/fault"
	"musc/models/sections"
)

// maxDepth bounds how deep graphs lie within each other: the branches of an If hold graphs.
const maxDepth = 32

// ExternalFiles lists the files that hold tensors of the model at path, each once and by name, as the
// model's entries "external_data" name them: relative to its folder. It looks at initialisers, dense
// and sparse, and at the values of attributes, of the graph and those within it. A file that is
// damaged is a fault.Input.
func ExternalFiles(path string) ([]string, error) {
	file, err := sections.Open(path, "ONNX model")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	found := locations{}
	if err := found.read(&cursor{&window{file: file}, 0, file.Size}, modelMessage, 0); err != nil {
		return nil, fault.New(fault.Input, "reading ONNX model %s: %w; download or build it again", path,
			err)
	}
	var paths []string
	for location := range found {
		location = filepath.FromSlash(location)
		if !filepath.IsAbs(location) {
			location = filepath.Join(filepath.Dir(path), location)
		}
		paths = append(paths, location)
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// locations are the names of files with tensors.
type locations map[string]bool

// message is a kind of message on the way to tensors, and what its fields hold.
type messageKind int

const (
	modelMessage messageKind = iota
	graphMessage
	functionMessage
	nodeMessage
	attributeMessage
	sparseMessage
	tensorMessage
)

// inner says which fields of a message hold messages that lead to tensors.
var inner = map[messageKind]map[protowire.Number]messageKind{
	modelMessage:    {modelGraph: graphMessage, modelFunctions: functionMessage},
	graphMessage:    {graphNode: nodeMessage, graphInitializer: tensorMessage, graphSparse: sparseMessage},
	functionMessage: {functionNode: nodeMessage},
	nodeMessage:     {nodeAttribute: attributeMessage},
	attributeMessage: {attributeTensor: tensorMessage, attributeGraph: graphMessage,
		attributeTensors: tensorMessage, attributeGraphs: graphMessage,
		attributeSparse: sparseMessage, attributeSparses: sparseMessage},
	sparseMessage: {sparseValues: tensorMessage, sparseIndices: tensorMessage},
}

// read goes through a message. Entries of tensors that are not stored outside do not count.
func (l locations) read(c *cursor, kind messageKind, depth int) error {
	if depth > maxDepth {
		return errMalformed
	}
	location, external := "", false
	for {
		f, err := c.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if next, leads := inner[kind][f.number]; leads {
			in, err := c.inside(f)
			if err == nil {
				err = l.read(in, next, depth+1)
			}
			if err != nil {
				return err
			}
		}
		if kind != tensorMessage {
			continue
		}
		switch f.number {
		case tensorWhere:
			external = f.value == externalStorage
		case tensorExternal:
			key, value, err := readPair(c, f)
			if err != nil {
				return err
			}
			if key == externalLocation {
				location = value
			}
		}
	}
	if external && location != "" {
		l[location] = true
	}
	return nil
}
