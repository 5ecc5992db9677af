// Package onnxfile reads and writes the part of the ONNX format that backbones need. Both
// directions work on the wire format of protocol buffers, so that weights of any size pass through
// one tensor at a time: File reads initialisers by their place in the file, Graph writes a model
// whose large tensors lie in a second file ("external data").
package onnxfile

import (
	"google.golang.org/protobuf/encoding/protowire"

	"musc/models/sections"
)

// Field numbers of the messages in the ONNX specification's onnx.proto.
const (
	modelIRVersion protowire.Number = 1
	modelProducer  protowire.Number = 2
	modelGraph     protowire.Number = 7
	modelOpset     protowire.Number = 8
	modelMetadata  protowire.Number = 14
	modelFunctions protowire.Number = 25

	opsetDomain  protowire.Number = 1
	opsetVersion protowire.Number = 2

	graphNode        protowire.Number = 1
	graphName        protowire.Number = 2
	graphInitializer protowire.Number = 5
	graphInput       protowire.Number = 11
	graphOutput      protowire.Number = 12
	graphSparse      protowire.Number = 15

	functionNode protowire.Number = 7

	nodeInput     protowire.Number = 1
	nodeOutput    protowire.Number = 2
	nodeName      protowire.Number = 3
	nodeOperator  protowire.Number = 4
	nodeAttribute protowire.Number = 5
	nodeDomain    protowire.Number = 7

	attributeName  protowire.Number = 1
	attributeFloat protowire.Number = 2
	attributeInt   protowire.Number = 3
	attributeInts  protowire.Number = 8
	attributeType  protowire.Number = 20

	attributeTensor  protowire.Number = 5
	attributeGraph   protowire.Number = 6
	attributeTensors protowire.Number = 10
	attributeGraphs  protowire.Number = 11
	attributeSparse  protowire.Number = 22
	attributeSparses protowire.Number = 23

	sparseValues  protowire.Number = 1
	sparseIndices protowire.Number = 2

	tensorDims       protowire.Number = 1
	tensorType       protowire.Number = 2
	tensorFloats     protowire.Number = 4
	tensorInt32s     protowire.Number = 5 // holds float16 and bfloat16 bits, one a varint
	tensorInt64s     protowire.Number = 7
	tensorName       protowire.Number = 8
	tensorRaw        protowire.Number = 9
	tensorExternal   protowire.Number = 13
	tensorWhere      protowire.Number = 14
	externalStorage                   = 1          // value of tensorWhere
	externalLocation                  = "location" // key of the file's name in tensorExternal

	valueName protowire.Number = 1
	valueType protowire.Number = 2

	typeTensor     protowire.Number = 1
	typeElement    protowire.Number = 1
	typeShape      protowire.Number = 2
	shapeDimension protowire.Number = 1
	dimensionValue protowire.Number = 1
	dimensionName  protowire.Number = 2

	pairKey   protowire.Number = 1
	pairValue protowire.Number = 2
)

// Type is the element type of a tensor, numbered as in the format.
type Type int

const (
	Float32  Type = 1
	Int64    Type = 7
	Float16  Type = 10
	BFloat16 Type = 16
)

// element is the type of weights that is meant, zero for types that hold none.
func (t Type) element() sections.Element {
	switch t {
	case Float32:
		return sections.Float32
	case Float16:
		return sections.Float16
	case BFloat16:
		return sections.BFloat16
	}
	return 0
}
