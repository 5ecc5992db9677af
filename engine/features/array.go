package features

import (
	"math"
	"os"
	"unsafe"

	"musc/engine/fault"
)

// Array is a run of float32 values, zero at first, in memory or in an unnamed temporary file.
type Array struct {
	values  []float32
	mapped  []byte // the mapping under values; nil when values are on the Go heap
	spilled bool
}

// NewArray makes an array of n values: in memory if dir is empty, else in a file in dir whose
// space is reserved before anything is written. Its errors are of kind fault.Output: dir cannot
// hold the file (the text says how much is needed and how much is free).
func NewArray(n int64, dir string) (*Array, error) {
	if n < 0 || n > math.MaxInt/4 {
		return nil, fault.New(fault.Output, "cannot hold %d float32 values: more than a process can"+
			" address; score fewer images at once", n)
	}
	if dir == "" {
		return newMemoryArray(n), nil
	}
	if n == 0 {
		return &Array{}, nil
	}
	file, err := os.CreateTemp(dir, ".musc-spill-*")
	if err != nil {
		return nil, fault.New(fault.Output, "cannot spill %s to %s: %w; choose a folder that can be"+
			" written, or raise the memory bound", FormatBytes(4*n), dir, err)
	}
	defer file.Close() // the mapping keeps the file alive
	if err := os.Remove(file.Name()); err != nil {
		return nil, fault.New(fault.Output, "cannot spill %s to %s: removing the temporary file's"+
			" name: %w; choose another folder", FormatBytes(4*n), dir, err)
	}
	if err := reserve(file, 4*n); err != nil {
		return nil, fault.New(fault.Output, "cannot spill to %s: %s needed%s: %w; free some space,"+
			" choose another folder, or raise the memory bound",
			dir, FormatBytes(4*n), describeFree(dir), err)
	}
	mapped, err := mapFile(file, int(4*n))
	if err != nil {
		return nil, fault.New(fault.Output, "cannot spill %s to %s: %w; choose another folder, or"+
			" raise the memory bound", FormatBytes(4*n), dir, err)
	}
	return &Array{asFloats(mapped), mapped, true}, nil
}

// newMemoryArray maps anonymous memory, or takes it from the Go heap where that fails.
func newMemoryArray(n int64) *Array {
	if n == 0 {
		return &Array{}
	}
	if mapped, err := mapAnonymous(int(4 * n)); err == nil {
		preferHugePages(mapped)
		return &Array{values: asFloats(mapped), mapped: mapped}
	}
	return &Array{values: make([]float32, n)}
}

func asFloats(mapped []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(mapped))), len(mapped)/4)
}

// Len is the number of values, 0 after Close.
func (a *Array) Len() int64 { return int64(len(a.values)) }

// Spilled tells whether the values live in a file.
func (a *Array) Spilled() bool { return a.spilled }

// Slice is a view of the values [from, to), valid until Close.
func (a *Array) Slice(from, to int64) []float32 { return a.values[from:to:to] }

// Release lets the pages that hold the values [from, to) go from resident memory. The values stay
// what they are and views stay valid, also those of neighbours on a shared page. In memory it does
// nothing.
func (a *Array) Release(from, to int64) {
	if !a.spilled {
		return
	}
	first, last := pagesOf(from, to, int64(os.Getpagesize()))
	dropPages(a.mapped[first:min(last, int64(len(a.mapped)))])
}

// pagesOf gives the bytes [first, last) of the pages that hold any of the values [from, to).
func pagesOf(from, to, page int64) (first, last int64) {
	return 4 * from / page * page, (4*to + page - 1) / page * page
}

// Close frees the memory and, with it, the file. A second Close does nothing.
func (a *Array) Close() error {
	mapped := a.mapped
	*a = Array{}
	if mapped == nil {
		return nil
	}
	return unmap(mapped)
}
