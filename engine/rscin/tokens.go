package rscin

import (
	"fmt"
	"math"

	"musc/cgo/cpu"
)

// Tokens are the class tokens [N,D] of a batch, which need not be in memory. Nearest reads them
// from one goroutine at a time, and those of all images once for every 4,096 rows.
type Tokens interface {
	Images() int // N
	Dim() int    // D
	// Read fills in dst [count,D] with the class tokens of the images from `first` on.
	Read(dst []float32, first, count int) error
}

// InMemory are class tokens [n,d] in row-major order.
func InMemory(tokens []float32, d int) Tokens { return matrix{tokens, d} }

type matrix struct {
	tokens []float32
	d      int
}

func (m matrix) Images() int { return len(m.tokens) / m.d }
func (m matrix) Dim() int    { return m.d }

func (m matrix) Read(dst []float32, first, count int) error {
	copy(dst, m.tokens[first*m.d:(first+count)*m.d])
	return nil
}

// block is a run of images: rows or columns of W.
type block struct {
	first   int       // image
	tokens  []float32 // [count,D]
	norms   []float64 // [count]
	longest float64   // of the norms
	packed  []float32 // of columns, for cpu.InnerProducts
}

func newBlock(count, d int) *block {
	return &block{tokens: make([]float32, count*d), norms: make([]float64, count)}
}

// read makes b the images [first, first+count) of tokens. A token that is not finite is an error.
func (b *block) read(tokens Tokens, first, count int) error {
	d := tokens.Dim()
	b.first, b.tokens, b.norms, b.longest = first, b.tokens[:count*d], b.norms[:count], 0
	if err := tokens.Read(b.tokens, first, count); err != nil {
		return fmt.Errorf("reading the class tokens of images %d to %d: %w", first,
			first+count-1, err)
	}
	var err error
	for i := range b.norms {
		if b.norms[i], err = norm(b.tokens[i*d:][:d], first+i); err != nil {
			return err
		}
		b.longest = max(b.longest, b.norms[i])
	}
	return nil
}

// pack makes b columns that can be multiplied with rows.
func (b *block) pack(d int) {
	size := cpu.PackedLen(len(b.norms), d)
	if cap(b.packed) < size {
		b.packed = make([]float32, size)
	}
	b.packed = b.packed[:size]
	cpu.Pack(b.packed, b.tokens, d)
}

// norm is the length of the class token of image `row`, which must be finite. Squares of float32
// never overflow float64.
func norm(token []float32, row int) (float64, error) {
	var parts [4]float64 // sums that need not wait for each other
	c := 0
	for ; c+4 <= len(token); c += 4 {
		four := token[c : c+4 : c+4]
		for k := range parts {
			parts[k] += float64(four[k]) * float64(four[k])
		}
	}
	for _, entry := range token[c:] {
		parts[0] += float64(entry) * float64(entry)
	}
	length := math.Sqrt(parts[0] + parts[1] + parts[2] + parts[3])
	if finite(length) {
		return length, nil
	}
	for c, entry := range token {
		if !finite(float64(entry)) {
			return 0, rowFault(row, "entry %d of its class token is %v", c, entry)
		}
	}
	return length, nil
}
