package backbone

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// header is what a model file says about itself. It is read here, without the weights, because
// the binding could tell only by loading the whole model a second time (0.2 s for a ViT-S).
type header struct {
	inputs, outputs []value
	initializers    map[string]bool
	metadata        map[string]string
}

// value is the declared type of an input or output.
type value struct {
	name    string
	element uint64 // TensorProto.DataType; 0: no tensor
	dims    []int64
}

const (
	free         = -1 // a dimension without a fixed size
	float32Type  = 1  // TensorProto.DataType FLOAT
	maxText      = 1 << 20
	maxTagLength = 2 * 10 // two varints: tag, and length or value
)

var errDamaged = errors.New("it is no ONNX model, or a damaged one")

// readHeader reads the header of the ModelProto in the first size bytes of file. Field numbers
// are those of onnx.proto.
func readHeader(file io.ReaderAt, size int64) (*header, error) {
	h := &header{initializers: map[string]bool{}, metadata: map[string]string{}}
	root := message{file, 0, size}
	hasGraph := false
	err := root.fields(func(f field) error {
		switch f.number {
		case 7: // graph
			hasGraph = true
			return f.body.fields(h.graphField)
		case 14: // metadata_props: key 1, value 2
			var pair [3]string
			err := f.body.fields(func(f field) (err error) {
				if f.number <= 2 {
					pair[f.number], err = f.body.text()
				}
				return err
			})
			h.metadata[pair[1]] = pair[2]
			return err
		}
		return nil
	})
	if err == nil && !hasGraph {
		err = errDamaged
	}
	return h, err
}

func (h *header) graphField(f field) error {
	switch f.number {
	case 5: // initializer: name 8
		return f.body.fields(func(f field) error {
			if f.number != 8 {
				return nil
			}
			name, err := f.body.text()
			h.initializers[name] = true
			return err
		})
	case 11, 12: // input, output
		v, err := readValue(f.body)
		if f.number == 11 {
			h.inputs = append(h.inputs, v)
		} else {
			h.outputs = append(h.outputs, v)
		}
		return err
	}
	return nil
}

// readValue reads ValueInfoProto: name 1, type 2 / tensor_type 1 / elem_type 1, shape 2 / dim 1.
func readValue(body message) (v value, err error) {
	err = body.fields(func(f field) (err error) {
		switch f.number {
		case 1:
			v.name, err = f.body.text()
		case 2:
			err = f.body.fields(func(f field) error {
				if f.number != 1 {
					return nil
				}
				return f.body.fields(func(f field) error {
					switch f.number {
					case 1:
						v.element = f.varint
					case 2:
						return f.body.fields(v.addDim)
					}
					return nil
				})
			})
		}
		return err
	})
	return v, err
}

func (v *value) addDim(f field) error {
	if f.number != 1 {
		return nil
	}
	size := int64(free)
	err := f.body.fields(func(f field) error {
		if f.number == 1 { // dim_value; 2 is the name of a free dimension
			size = int64(f.varint)
		}
		return nil
	})
	v.dims = append(v.dims, size)
	return err
}

// String shows a value as "stage0 float32 [?,256,384]".
func (v value) String() string {
	dims := make([]string, len(v.dims))
	for i, size := range v.dims {
		dims[i] = "?"
		if size != free {
			dims[i] = fmt.Sprint(size)
		}
	}
	element := map[uint64]string{0: "no tensor", 1: "float32", 10: "float16", 11: "float64"}[v.element]
	if element == "" {
		element = fmt.Sprintf("type %d", v.element)
	}
	return fmt.Sprintf("%s %s [%s]", v.name, element, strings.Join(dims, ","))
}

// message is a protobuf message in part of a file, field one of its fields: varint for a number,
// body for everything with a length.
type message struct {
	file       io.ReaderAt
	start, end int64
}

type field struct {
	number protowire.Number
	varint uint64
	body   message
}

// fields calls visit for each field in turn. What visit does not read is skipped without I/O.
func (m message) fields(visit func(field) error) error {
	var buffer [maxTagLength]byte
	for at := m.start; at < m.end; {
		head := buffer[:min(maxTagLength, m.end-at)]
		if err := m.read(head, at); err != nil {
			return err
		}
		number, kind, tag := protowire.ConsumeTag(head)
		if number == 0 { // there is none
			return errDamaged
		}
		f := field{number: number}
		length, size := 0, uint64(0) // of the number behind the tag, and of the body behind that
		switch kind {
		case protowire.VarintType:
			f.varint, length = protowire.ConsumeVarint(head[tag:])
		case protowire.BytesType:
			size, length = protowire.ConsumeVarint(head[tag:])
		case protowire.Fixed32Type:
			size = 4
		case protowire.Fixed64Type:
			size = 8
		default:
			return errDamaged
		}
		if length < 0 {
			return errDamaged
		}
		at += int64(tag + length)
		if size > uint64(m.end-at) {
			return errDamaged
		}
		f.body = message{m.file, at, at + int64(size)}
		at = f.body.end
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

func (m message) text() (string, error) {
	if m.end-m.start > maxText {
		return "", errDamaged
	}
	buffer := make([]byte, m.end-m.start)
	err := m.read(buffer, m.start)
	return string(buffer), err
}

// read fills the buffer: a reader may give io.EOF with the last bytes.
func (m message) read(buffer []byte, at int64) error {
	n, err := m.file.ReadAt(buffer, at)
	if n == len(buffer) {
		return nil
	}
	return err
}
