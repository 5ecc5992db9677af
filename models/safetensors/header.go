package safetensors

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"musc/models/sections"
)

// maxHeader is the limit of the format's reference implementation.
const maxHeader = 100_000_000

// entry is one tensor: its place in the file, checked against the file's length and its shape.
type entry struct {
	dtype string
	shape []int
	sections.Section
}

// floats are the types that can be read.
var floats = map[string]sections.Element{
	"F32": sections.Float32, "F16": sections.Float16, "BF16": sections.BFloat16,
}

var itemSizes = map[string]int64{
	"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "BOOL": 1,
	"I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1,
}

// readHeader reads the 8-byte little-endian length and the JSON behind it. The tensors must fill
// the rest of the file without gap or overlap, as the format demands: a truncated download or a
// damaged header is found here and not as wrong scores.
func readHeader(file *sections.File) (map[string]entry, error) {
	var prefix [8]byte
	if file.Size < 8 {
		return nil, fmt.Errorf("%d bytes are too few for a header", file.Size)
	}
	if err := file.ReadFull(prefix[:], 0); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader || int64(length) > file.Size-8 {
		return nil, fmt.Errorf("the header claims %d bytes, the file has %d", length, file.Size)
	}
	text := make([]byte, length)
	if err := file.ReadFull(text, 8); err != nil {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("the header is no JSON object: %w", err)
	}
	delete(raw, "__metadata__")
	entries := make(map[string]entry, len(raw))
	dataStart := 8 + int64(length)
	for name, text := range raw {
		e, err := parseEntry(text, dataStart, file.Size-dataStart)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		entries[name] = e
	}
	return entries, checkLayout(entries, dataStart, file.Size)
}

func parseEntry(text []byte, dataStart, dataSize int64) (entry, error) {
	var fields struct {
		Dtype   string  `json:"dtype"`
		Shape   []int64 `json:"shape"`
		Offsets []int64 `json:"data_offsets"`
	}
	if err := json.Unmarshal(text, &fields); err != nil {
		return entry{}, err
	}
	item, known := itemSizes[fields.Dtype]
	if !known {
		return entry{}, fmt.Errorf("unknown element type %q", fields.Dtype)
	}
	if len(fields.Offsets) != 2 {
		return entry{}, fmt.Errorf("data_offsets has %d numbers, not 2", len(fields.Offsets))
	}
	place := sections.Section{Begin: fields.Offsets[0], End: fields.Offsets[1]}
	if !place.Within(0, dataSize) {
		return entry{}, fmt.Errorf("data_offsets [%d, %d] do not lie in the file's %d data bytes "+
			"(truncated?)", place.Begin, place.End, dataSize)
	}
	elements, possible := sections.Elements(fields.Shape, sections.MaxElements)
	if !possible {
		return entry{}, fmt.Errorf("impossible shape %v", fields.Shape)
	}
	if elements*item != place.Bytes() {
		return entry{}, fmt.Errorf("shape %v of %s needs %d bytes, data_offsets give %d",
			fields.Shape, fields.Dtype, elements*item, place.Bytes())
	}
	shape := make([]int, len(fields.Shape))
	for i, side := range fields.Shape {
		shape[i] = int(side)
	}
	place.Begin += dataStart
	place.End += dataStart
	return entry{fields.Dtype, shape, place}, nil
}

func checkLayout(entries map[string]entry, position, fileSize int64) error {
	names := sortedNames(entries)
	slices.SortStableFunc(names, func(a, b string) int {
		x, y := entries[a], entries[b]
		return cmp.Or(cmp.Compare(x.Begin, y.Begin), cmp.Compare(x.End, y.End)) // empty ones first
	})
	for _, name := range names {
		if entries[name].Begin < position {
			return fmt.Errorf("tensor %q overlaps the one before it", name)
		}
		if entries[name].Begin > position {
			return fmt.Errorf("%d unused bytes before tensor %q", entries[name].Begin-position, name)
		}
		position = entries[name].End
	}
	if position != fileSize {
		return fmt.Errorf("%d bytes after the last tensor", fileSize-position)
	}
	return nil
}

func sortedNames(entries map[string]entry) []string {
	return slices.Sorted(maps.Keys(entries))
}
