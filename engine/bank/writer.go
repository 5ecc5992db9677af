package bank

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"time"

	"musc/engine/atomicfile"
	"musc/engine/fault"
)

// Writer makes a bank, photo by photo. Its file has no name of its own before Commit.
type Writer struct {
	file      *atomicfile.File
	out       *bufio.Writer
	header    Header
	overwrite bool
	names     map[string]bool
	table     []byte
	block     []byte // of one photo
	size      int64  // of the file
}

// Create begins a bank that Commit puts at path; the header's ID, Photos and Calibration are the
// writer's. Created is now if it is zero. Errors are of kind fault.Output where the file cannot be
// written (or is there, and overwrite is not given), and fault.Internal for sizes that make no sense.
func Create(path string, header Header, overwrite bool) (*Writer, error) {
	header.Format, header.ID, header.Photos = Format, "", nil
	header.Calibration = Calibration{}
	if header.Created.IsZero() {
		header.Created = time.Now().UTC().Truncate(time.Second)
	}
	if err := header.check(); err != nil {
		return nil, fault.New(fault.Internal, "cannot begin the bank %s: %w", path, err)
	}
	size, err := header.Shape.blockSize()
	if err == nil && int64(int(size)) != size {
		err = errHuge
	}
	if err != nil {
		return nil, fault.New(fault.Internal, "cannot begin the bank %s: %w", path, err)
	}
	if err := atomicfile.Check(path, overwrite); err != nil {
		return nil, err
	}
	file, err := atomicfile.Create(path)
	if err != nil {
		return nil, err
	}
	w := &Writer{file: file, out: bufio.NewWriterSize(file, 1<<20), header: header,
		overwrite: overwrite, names: map[string]bool{}, block: make([]byte, size)}
	if _, err := w.out.Write(make([]byte, blocksAt)); err != nil {
		w.Abort()
		return nil, file.Describe(err)
	}
	return w, nil
}

// Add writes one photo. tokens gives the raw patch tokens [P,C] of a view and stage, active which
// patches of a view take part, nil for all; a nil function says that of all views. The name must be
// new to the bank. Errors are of kind fault.Input (the name; a value that is NaN or infinite), or
// fault.Output.
func (w *Writer) Add(photo Photo, tokens func(view, stage int) []float32,
	active func(view int) []bool) error {

	shape := &w.header.Shape
	if len(photo.Class) != shape.ClassDim {
		return fault.New(fault.Internal, "%s has a class token of %d values, not %d", photo.Name,
			len(photo.Class), shape.ClassDim)
	}
	clear(w.block)
	for k, value := range photo.Class {
		binary.LittleEndian.PutUint32(w.block[4*k:], math.Float32bits(value))
	}
	for view := range shape.Views {
		var mask []bool
		if active != nil {
			mask = active(view)
		}
		encodeMask(w.block[shape.viewAt(view):][:shape.maskSize()], mask, shape.Patches())
		for stage := range shape.Stages {
			values := tokens(view, stage)
			if err := w.checkTokens(photo, values, mask); err != nil {
				return err
			}
			dst := w.block[shape.stageAt(view, stage):][:shape.stageSize()]
			shape.Encoding.encode(dst, values, shape.Channels, mask)
		}
	}
	return w.write(photo, w.block)
}

// maxToken is beyond what any token is: what is near the end of float32 could not be rounded.
const maxToken = 0x1p+127

// checkTokens says what cannot be kept.
func (w *Writer) checkTokens(photo Photo, values []float32, active []bool) error {
	channels := w.header.Shape.Channels
	if want := w.header.Shape.Patches() * channels; len(values) != want {
		return fault.New(fault.Internal, "%s has %d token values, not %d", photo.Name, len(values), want)
	}
	for k, value := range values {
		if !(math.Abs(float64(value)) < maxToken) && (active == nil || active[k/channels]) {
			return fault.New(fault.Input, "cannot keep %s in the bank: the model gave %v at patch %d; "+
				"leave it out", photo.Name, value, k/channels)
		}
	}
	return nil
}

// Copy writes a photo of another bank, of the same shape, as it is kept there.
func (w *Writer) Copy(from *Bank, photo int) error {
	if from.header.Shape != w.header.Shape {
		return fault.New(fault.Internal, "cannot copy from a bank of shape %+v to one of %+v",
			from.header.Shape, w.header.Shape)
	}
	return w.write(from.header.Photos[photo], from.blockOf(photo))
}

// write adds a block.
func (w *Writer) write(photo Photo, block []byte) error {
	photo.Name = strings.ToValidUTF8(photo.Name, "\uFFFD") // what JSON can hold
	if w.names[photo.Name] {
		return fault.New(fault.Input, "two good photos are named %q: names are unique in a bank; rename "+
			"one of them", photo.Name)
	}
	if _, err := w.out.Write(block); err != nil {
		return w.file.Describe(err)
	}
	w.names[photo.Name] = true
	photo.Class = nil
	w.header.Photos = append(w.header.Photos, photo)
	w.table = entry{crc32.Checksum(block, castagnoli), sha256.Sum256(block)}.append(w.table)
	return nil
}

// Photos are those that were added.
func (w *Writer) Photos() []Photo { return w.header.Photos }

// Header is that of the bank as far as it is known; after Commit, that of the file.
func (w *Writer) Header() Header { return w.header }

// Bytes is the size of the file, after Commit.
func (w *Writer) Bytes() int64 { return w.size }

// Bank is a view of what has been added, as it will be read: to calibrate by, and closed before
// Commit.
func (w *Writer) Bank() (*Bank, error) {
	if err := w.out.Flush(); err != nil {
		return nil, w.file.Describe(err)
	}
	size := blocksAt + int64(len(w.header.Photos))*int64(len(w.block))
	data, unmap, err := mapFile(w.file.File, size)
	if err != nil {
		return nil, w.file.Describe(err)
	}
	b := &Bank{path: w.file.Name(), header: w.header, table: w.table, data: data,
		block: len(w.block), unmap: unmap}
	return b, nil
}

// Commit finishes the file and gives it its name. A bank without photos is an error of kind
// fault.Input. The writer is of no use afterwards, whatever came of it.
func (w *Writer) Commit(calibration Calibration) (err error) {
	defer w.Abort()
	w.header.Calibration = calibration
	if len(w.header.Photos) == 0 {
		return fault.New(fault.Input, "a bank needs a good photo; none is left for %s", w.file.Name())
	}
	if err := w.header.check(); err != nil {
		return fault.New(fault.Internal, "cannot write the bank %s: %w", w.file.Name(), err)
	}
	text, err := w.headerText()
	if err != nil {
		return fmt.Errorf("writing the header of %s: %w", w.file.Name(), err)
	}
	w.size, err = w.header.Shape.fileSize(len(w.header.Photos), int64(len(text)))
	if err != nil {
		return fault.New(fault.Internal, "cannot write the bank %s: %w", w.file.Name(), err)
	}
	first := prologue{Format, needs, w.size, int64(len(text)), crc32.Checksum(w.table, castagnoli),
		crc32.Checksum(text, castagnoli)}
	w.out.Write(w.table)
	w.out.Write(text) // Flush meets the same error
	if err := w.out.Flush(); err != nil {
		return w.file.Describe(err)
	}
	if _, err := w.file.WriteAt(first.encode(), 0); err != nil {
		return w.file.Describe(err)
	}
	return w.file.Commit(w.overwrite)
}

// headerText is the header as JSON, with its ID.
func (w *Writer) headerText() ([]byte, error) {
	text, err := json.Marshal(w.header)
	if err != nil {
		return nil, err
	}
	if w.header.ID, err = idOf(text, w.table); err != nil {
		return nil, err
	}
	text, err = json.Marshal(w.header)
	return append(text, '\n'), err
}

// Abort leaves what is at the path as it is. It may be called at any time.
func (w *Writer) Abort() { w.file.Abort() }
