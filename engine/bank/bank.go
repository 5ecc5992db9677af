package bank

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"

	"musc/engine/fault"
)

// Bank is an open file, mapped read-only. It may be read from several goroutines.
type Bank struct {
	path   string
	header Header
	text   []byte // the header as it is in the file
	table  []byte
	data   []byte // the whole file, or as much as is written
	block  int    // bytes of one photo
	unmap  func() error
}

// Open maps a bank and checks every part of it against its CRC, on all processors. Errors are of kind
// fault.Input: the file cannot be read, is no bank, is damaged, or of a newer format.
func Open(path string) (*Bank, error) {
	b, err := open(path)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot use the bank %s: %w%s", path, bare(err), advice(err))
	}
	return b, nil
}

// bare is an error without the path, which the message has already.
func bare(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// advice is what to do about it.
func advice(err error) string {
	var damaged *damagedError
	var newer *newerError
	switch {
	case errors.As(err, &newer):
		return "; update musc, or build the bank anew with this one"
	case errors.As(err, &damaged), errors.Is(err, errCut):
		return "; copy it again from where it was whole, or build it anew (musc bank build)"
	case errors.Is(err, errForeign):
		return "; musc bank build makes one of good photos"
	}
	return ""
}

func open(path string) (*Bank, error) {
	data, unmap, err := mapWhole(path)
	if err != nil {
		return nil, err
	}
	b, err := parse(data)
	if err == nil {
		err = b.checkBlocks()
	}
	if err != nil {
		return nil, errors.Join(err, unmap())
	}
	b.path, b.unmap = path, unmap
	return b, nil
}

// parse reads a file's prologue, table and header.
func parse(data []byte) (*Bank, error) {
	p, err := decodePrologue(data)
	if err != nil {
		return nil, err
	}
	text := data[int64(len(data))-p.header:]
	if crc32.Checksum(text, castagnoli) != p.hCRC {
		return nil, &damagedError{"the header"}
	}
	b := &Bank{data: data, text: text}
	if err := json.Unmarshal(text, &b.header); err != nil {
		return nil, fmt.Errorf("its header cannot be understood: %w", err)
	}
	if err := b.header.check(); err != nil {
		return nil, fmt.Errorf("its header makes no sense: %w", err)
	}
	photos := len(b.header.Photos)
	size, err := b.header.Shape.fileSize(photos, p.header)
	if err != nil || size != int64(len(data)) {
		return nil, errors.New("its header makes no sense: the sizes in it are not that of the file")
	}
	block, _ := b.header.Shape.blockSize()
	b.block = int(block)
	from := blocksAt + photos*b.block
	b.table = data[from : from+photos*tableSize]
	if crc32.Checksum(b.table, castagnoli) != p.tableCRC {
		return nil, &damagedError{"the table"}
	}
	return b, nil
}

// checkBlocks compares every block with its CRC.
func (b *Bank) checkBlocks() error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	bad := make([]bool, len(b.header.Photos))
	for photo := range bad {
		group.Go(func() error {
			sum := crc32.Checksum(b.blockOf(photo), castagnoli)
			bad[photo] = sum != readEntry(b.table, photo).crc
			return nil
		})
	}
	_ = group.Wait() // none fails
	for photo, is := range bad {
		if is {
			return &damagedError{fmt.Sprintf("what is kept of %q", b.header.Photos[photo].Name)}
		}
	}
	for _, x := range b.data[prologueSize:blocksAt] {
		if x != 0 {
			return &damagedError{"the gap after the beginning"}
		}
	}
	return nil
}

func (b *Bank) blockOf(photo int) []byte {
	if photo < 0 || photo >= len(b.header.Photos) {
		panic(fmt.Sprintf("bank: photo %d of %d", photo, len(b.header.Photos)))
	}
	from := blocksAt + photo*b.block
	return b.data[from : from+b.block : from+b.block]
}

// Header is what the bank says of itself. It must not be changed.
func (b *Bank) Header() *Header { return &b.header }

// Path is the file, as it was named to Open.
func (b *Bank) Path() string { return b.path }

// Bytes is the size of the file.
func (b *Bank) Bytes() int64 { return int64(len(b.data)) }

// Tokens writes the raw patch tokens of one photo, view and stage to dst [P,C]. Inactive patches are
// zero. It panics if there is no such photo, view or stage, or dst has another length.
func (b *Bank) Tokens(dst []float32, photo, view, stage int) {
	shape := &b.header.Shape
	b.checkView(photo, view)
	if stage < 0 || stage >= shape.Stages || len(dst) != shape.Patches()*shape.Channels {
		panic(fmt.Sprintf("bank: stage %d of %d, to %d values", stage, shape.Stages, len(dst)))
	}
	block := b.blockOf(photo)
	src := block[shape.stageAt(view, stage):][:shape.stageSize()]
	shape.Encoding.decode(dst, src, shape.Channels, b.Active(photo, view))
}

// Active says which patches of a view take part; nil: all.
func (b *Bank) Active(photo, view int) []bool {
	shape := &b.header.Shape
	b.checkView(photo, view)
	mask := b.blockOf(photo)[shape.viewAt(view):][:shape.maskSize()]
	return decodeMask(mask, shape.Patches())
}

func (b *Bank) checkView(photo, view int) {
	if view < 0 || view >= b.header.Shape.Views {
		panic(fmt.Sprintf("bank: view %d of %d of photo %d", view, b.header.Shape.Views, photo))
	}
}

// Class is the class token [ClassDim] of a photo.
func (b *Bank) Class(photo int) []float32 {
	class, block := make([]float32, b.header.Shape.ClassDim), b.blockOf(photo)
	for k := range class {
		class[k] = math.Float32frombits(binary.LittleEndian.Uint32(block[4*k:]))
	}
	return class
}

// Close takes the file out of memory. Nothing of the bank may be used afterwards.
func (b *Bank) Close() error {
	unmap := b.unmap
	if unmap == nil {
		return nil
	}
	b.unmap, b.data, b.table, b.text = nil, nil, nil, nil
	return unmap()
}

// mapWhole maps a file, which may not be a folder, a pipe or a device.
func mapWhole(path string) ([]byte, func() error, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close() // the mapping keeps it alive
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errForeign
	}
	return mapFile(file, info.Size())
}
