package onnxfile

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is an encoded protocol buffer message under construction.
type message []byte

func (m *message) integer(number protowire.Number, v int64) {
	*m = protowire.AppendTag(*m, number, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(v))
}

func (m *message) float(number protowire.Number, v float32) {
	*m = protowire.AppendTag(*m, number, protowire.Fixed32Type)
	*m = protowire.AppendFixed32(*m, math.Float32bits(v))
}

func (m *message) text(number protowire.Number, v string) {
	*m = protowire.AppendTag(*m, number, protowire.BytesType)
	*m = protowire.AppendString(*m, v)
}

func (m *message) bytes(number protowire.Number, v []byte) {
	*m = protowire.AppendTag(*m, number, protowire.BytesType)
	*m = protowire.AppendBytes(*m, v)
}

func (m *message) pair(number protowire.Number, key, value string) {
	var pair message
	pair.text(pairKey, key)
	pair.text(pairValue, value)
	m.bytes(number, pair)
}

// tensorHead is a tensor without its data.
func tensorHead(name string, kind Type, shape []int) message {
	var t message
	for _, side := range shape {
		t.integer(tensorDims, int64(side))
	}
	t.integer(tensorType, int64(kind))
	t.text(tensorName, name)
	return t
}

// value describes an input or output; a dimension is an int, or a string for a free one.
func value(name string, kind Type, dimensions []any) message {
	var shape message
	for _, d := range dimensions {
		var dimension message
		switch d := d.(type) {
		case int:
			dimension.integer(dimensionValue, int64(d))
		case string:
			dimension.text(dimensionName, d)
		}
		shape.bytes(shapeDimension, dimension)
	}
	var tensor, kinds, v message
	tensor.integer(typeElement, int64(kind))
	tensor.bytes(typeShape, shape)
	kinds.bytes(typeTensor, tensor)
	v.text(valueName, name)
	v.bytes(valueType, kinds)
	return v
}

// encode appends values as little-endian elements of the kind, which is Float32 or Float16.
func encode(out []byte, kind Type, values []float32) []byte {
	for _, v := range values {
		if kind == Float16 {
			out = binary.LittleEndian.AppendUint16(out, halfBits(v))
		} else {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	return out
}
