package imageio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// image/gif refuses what Pillow and the browsers show: bytes between blocks, extensions that it does
// not know, data behind the last pixel, frames larger than the canvas, codes that start with more than 9
// bits, no colour table. Hence the first frame, which is all that counts here, is read by what follows.

// gifFrame is the first frame of a GIF and what precedes it.
type gifFrame struct {
	width, height int // of the canvas
	left, top     int // of the frame on it
	columns, rows int // of the frame
	interlaced    bool
	palette       [][3]uint8 // nil: none
	transparent   int        // an index, or -1
	codeSize      int        // bits of a pixel in the compressed data
	data          *bufio.Reader
}

// readGIF reads up to the compressed pixels of the first frame.
func readGIF(file *io.SectionReader) (*gifFrame, error) {
	source := bufio.NewReader(file)
	var screen [13]uint8 // mark, width, height, flags, background, aspect
	if _, err := io.ReadFull(source, screen[:]); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	f := &gifFrame{transparent: -1, data: source,
		width:  int(binary.LittleEndian.Uint16(screen[6:])),
		height: int(binary.LittleEndian.Uint16(screen[8:]))}
	if err := f.readPalette(screen[10]); err != nil {
		return nil, err
	}
	return f, f.find()
}

// find reads up to the compressed pixels of the next frame.
func (f *gifFrame) find() error {
	for {
		kind, err := f.data.ReadByte()
		if err != nil {
			return io.ErrUnexpectedEOF
		}
		switch kind {
		case '!':
			err = f.readExtension()
		case ',':
			return f.readDescriptor()
		case ';':
			return errors.New("it holds no frame")
		}
		if err != nil {
			return err
		}
	}
}

// colourTable is the length in bytes of the table that flags announce.
func colourTable(flags uint8) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// readPalette reads the colour table that flags announce, if any.
func (f *gifFrame) readPalette(flags uint8) error {
	table := make([]uint8, colourTable(flags))
	if _, err := io.ReadFull(f.data, table); err != nil && len(table) > 0 {
		return io.ErrUnexpectedEOF
	}
	if len(table) > 0 {
		f.palette = nil
	}
	for ; len(table) > 0; table = table[3:] {
		f.palette = append(f.palette, [3]uint8(table))
	}
	return nil
}

// readExtension looks for the transparent index.
func (f *gifFrame) readExtension() error {
	kind, err := f.data.ReadByte()
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	const control = 0xf9
	for first := true; ; first = false {
		block, err := f.block()
		if err != nil || len(block) == 0 {
			return err
		}
		if kind == control && first && len(block) >= 4 && block[0]&1 != 0 {
			f.transparent = int(block[3])
		}
	}
}

// skipBlocks reads up to the empty block.
func (f *gifFrame) skipBlocks() error {
	for {
		if block, err := f.block(); err != nil || len(block) == 0 {
			return err
		}
	}
}

// block reads a block behind its length in one byte; the last one is empty.
func (f *gifFrame) block() ([]uint8, error) {
	length, err := f.data.ReadByte()
	if err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	block := make([]uint8, length)
	if _, err := io.ReadFull(f.data, block); err != nil && length > 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return block, nil
}

// readDescriptor reads the frame's place, palette and code size. A frame beyond the canvas makes it
// larger, as in Pillow.
func (f *gifFrame) readDescriptor() error {
	var place [9]uint8 // left, top, width, height, flags
	if _, err := io.ReadFull(f.data, place[:]); err != nil {
		return io.ErrUnexpectedEOF
	}
	number := func(at int) int { return int(binary.LittleEndian.Uint16(place[at:])) }
	f.left, f.top, f.columns, f.rows = number(0), number(2), number(4), number(6)
	f.width, f.height = max(f.width, f.left+f.columns), max(f.height, f.top+f.rows)
	f.interlaced = place[8]&0x40 != 0
	if err := f.readPalette(place[8]); err != nil {
		return err
	}
	size, err := f.data.ReadByte()
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	f.codeSize = int(size)
	return nil
}

func headOfGIF(file *io.SectionReader) (Head, error) {
	f, err := readGIF(file)
	if err != nil {
		return Head{}, err
	}
	return Head{Width: f.width, Height: f.height}, nil
}

// decodeGIF puts the first frame on the canvas. Around it is the transparent index if there is one,
// else the first, as Pillow has it.
func decodeGIF(file *io.SectionReader) (*Raster, error) {
	f, err := readGIF(file)
	if err != nil {
		return nil, err
	}
	frame := make([]uint8, f.columns*f.rows)
	if err := f.inflate(frame); err != nil {
		return nil, err
	}
	r := &Raster{Width: f.width, Height: f.height, Channels: 1, Palette: f.palette,
		Pix: make([]uint8, f.width*f.height)}
	if f.transparent > 0 {
		for i := range r.Pix {
			r.Pix[i] = uint8(f.transparent)
		}
	}
	for _, y := range f.order() {
		copy(r.Pix[(f.top+y)*r.Width+f.left:], frame[:f.columns])
		frame = frame[f.columns:]
	}
	if f.transparent >= 0 {
		r.Alpha = make([]uint8, len(r.Pix))
		for i, index := range r.Pix {
			if int(index) != f.transparent {
				r.Alpha[i] = 255
			}
		}
		r.dropOpaque()
	}
	r.greyPalette()
	return r, nil
}

// order is that of the rows in the file.
func (f *gifFrame) order() (rows []int) {
	passes := [][2]int{{0, 1}} // first row, step
	if f.interlaced {
		passes = [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}}
	}
	for _, pass := range passes {
		for y := pass[0]; y < f.rows; y += pass[1] {
			rows = append(rows, y)
		}
	}
	return rows
}
