package onnxfile

import (
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"

	"musc/models/sections"
)

var errMalformed = errors.New("malformed protocol buffer (truncated or no ONNX file)")

const (
	windowBytes = 1 << 13
	maxText     = 1 << 16 // names and metadata values; longer ones are no model's
)

// window buffers the last block read, so that a walk over many small fields costs few reads and
// large fields are never read at all.
type window struct {
	file   *sections.File
	buffer [windowBytes]byte
	start  int64
	filled int
}

// at returns up to n bytes (n <= windowBytes) at a position, fewer only at the end of the file.
func (w *window) at(position int64, n int) ([]byte, error) {
	if position < w.start || position+int64(n) > w.start+int64(w.filled) {
		got, err := w.file.ReadAt(w.buffer[:], position)
		if err != nil && err != io.EOF {
			return nil, err
		}
		w.start, w.filled = position, got
	}
	from := int(position - w.start)
	return w.buffer[from:min(from+n, w.filled)], nil
}

// cursor walks the fields of one message, bytes [position, end) of the file.
type cursor struct {
	*window
	position, end int64
}

// field is one field of a message. The Section is that of a length-delimited or fixed-size field,
// value is a varint's.
type field struct {
	number protowire.Number
	kind   protowire.Type
	value  uint64
	sections.Section
}

// next returns io.EOF after the last field.
func (c *cursor) next() (field, error) {
	if c.position == c.end {
		return field{}, io.EOF
	}
	tag, err := c.varint()
	if err != nil {
		return field{}, err
	}
	number, kind := protowire.DecodeTag(tag)
	if number < protowire.MinValidNumber {
		return field{}, errMalformed
	}
	f := field{number: number, kind: kind}
	var length uint64
	switch kind {
	case protowire.VarintType:
		f.value, err = c.varint()
		return f, err
	case protowire.Fixed32Type:
		length = 4
	case protowire.Fixed64Type:
		length = 8
	case protowire.BytesType:
		if length, err = c.varint(); err != nil {
			return field{}, err
		}
	default: // groups: not in the format
		return field{}, errMalformed
	}
	if length > uint64(c.end-c.position) {
		return field{}, errMalformed
	}
	f.Section = sections.Section{Begin: c.position, End: c.position + int64(length)}
	c.position = f.End
	return f, nil
}

func (c *cursor) varint() (uint64, error) {
	b, err := c.at(c.position, int(min(10, c.end-c.position)))
	if err != nil {
		return 0, err
	}
	value, n := protowire.ConsumeVarint(b)
	if n < 0 {
		return 0, errMalformed
	}
	c.position += int64(n)
	return value, nil
}

// inside is a cursor over the message in f, which must be length-delimited.
func (c *cursor) inside(f field) (*cursor, error) {
	if f.kind != protowire.BytesType {
		return nil, errMalformed
	}
	return &cursor{c.window, f.Begin, f.End}, nil
}

// text reads the string in f.
func (c *cursor) text(f field) (string, error) {
	if f.kind != protowire.BytesType {
		return "", errMalformed
	}
	if f.Bytes() > maxText {
		return "", fmt.Errorf("a name of %d bytes: %w", f.Bytes(), errMalformed)
	}
	b := make([]byte, f.Bytes())
	if err := c.file.ReadFull(b, f.Begin); err != nil {
		return "", err
	}
	return string(b), nil
}

// varints appends the integers in f, packed or single, at most limit in all.
func (c *cursor) varints(values []int64, f field, limit int) ([]int64, error) {
	if f.kind == protowire.VarintType {
		if len(values) == limit {
			return nil, errMalformed
		}
		return append(values, int64(f.value)), nil
	}
	in, err := c.inside(f)
	for err == nil && in.position < in.end {
		if len(values) == limit {
			return nil, errMalformed
		}
		var v uint64
		v, err = in.varint()
		values = append(values, int64(v))
	}
	return values, err
}
