package imageio

import (
	"fmt"
	"io"
	"os"
	"syscall"

	"musc/engine/fault"
)

// Raster is a picture as its file stores it, before anything is brought to 8-bit RGB: a mask's
// numbers and a camera's 12-bit values are still what was written.
type Raster struct {
	Width, Height int
	Channels      int // 1: grey or palette indices, 3: RGB

	// Pix is [Height,Width,Channels] if a sample has 8 bits or fewer; Deep is nil then. Grey of
	// fewer bits is scaled to 0..255, indices are not.
	Pix []uint8
	// Deep is [Height,Width,Channels] if a sample has more than 8 bits, in the file's own values;
	// Pix is nil then. Integers beyond 24 bits are rounded to float32.
	Deep []float32
	Bits int // of a sample of Deep as the file declares it; 0 for floats

	Palette [][3]uint8 // colours if Pix holds indices, else nil; there may be indices beyond it
	Alpha   []uint8    // [Height,Width]; nil if the file has none or all of it is opaque (255)
	Lossy   bool       // the compression changed values: they are near those that were saved
}

// DecodeRaster reads the image at path without bringing it to 8-bit RGB. All else is as in Decode,
// opts.ApplyOrientation included; opts.Depth has no effect.
func DecodeRaster(path string, opts Options) (*Raster, []string, error) {
	file, err := open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	return decode(path, file.section(), opts)
}

// regular is an open file of a known size.
type regular struct {
	*os.File
	size int64
}

func (f regular) section() *io.SectionReader { return io.NewSectionReader(f.File, 0, f.size) }

// open opens an image file; folders and devices are refused.
func open(path string) (regular, error) {
	info, err := os.Stat(path) // before it is opened: opening a pipe would wait for a writer
	if err != nil {
		return regular{}, unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return regular{}, fault.New(fault.Input, "cannot read %s: it is a folder or a device; "+
			"name an image file", path)
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may have become a pipe since
	if err != nil {
		return regular{}, unreadable(path, err)
	}
	return regular{file, info.Size()}, nil
}

// decode is DecodeRaster of what file holds; name stands for it in messages.
func decode(name string, file *io.SectionReader, opts Options) (*Raster, []string, error) {
	f, head, err := readHead(name, file)
	if err != nil {
		return nil, nil, err
	}
	if err := head.check(name, opts); err != nil {
		return nil, nil, err
	}
	raster, err := f.readPixels(name, file, head)
	if err != nil {
		return nil, nil, err
	}
	orientation, several := f.describe(file)
	var warnings []string
	if several != "" {
		warnings = append(warnings, name+" has several "+several+"; only the first is scored")
	}
	if orientation != upright {
		if opts.ApplyOrientation {
			raster.turn(orientation)
		} else {
			warnings = append(warnings, name+" is tagged as "+orientation.String()+
				"; it is scored as stored, --rotate turns it upright")
		}
	}
	return raster, warnings, nil
}

// fits says what is wrong with a decoder's answer, given the file's head.
func (r *Raster) fits(head Head) error {
	area := r.Width * r.Height
	if r.Width != head.Width || r.Height != head.Height {
		return fmt.Errorf("%d x %d pixels instead of %d x %d", r.Width, r.Height, head.Width, head.Height)
	}
	if len(r.Pix)+len(r.Deep) != area*r.Channels || r.Alpha != nil && len(r.Alpha) != area {
		return fmt.Errorf("%d samples for %d x %d pixels", len(r.Pix)+len(r.Deep), r.Width, r.Height)
	}
	return nil
}

// RGB brings the picture to 8-bit colour, as Pillow's convert("RGB") does: palettes and grey are
// expanded, alpha is dropped (the colours beneath it stay). depth says what becomes of Deep; an
// index beyond the palette is black, NaN is 0. RGB of 8 bits is Pix itself, not a copy.
func (r *Raster) RGB(depth Depth) *RGB {
	pix := r.Pix
	if r.Deep != nil {
		pix = depth.of(r).levels(r.Deep)
	}
	if r.Channels == 3 {
		return &RGB{Width: r.Width, Height: r.Height, Pix: pix}
	}
	var colours [256][3]uint8
	for i := range colours {
		if r.Palette == nil {
			colours[i] = [3]uint8{uint8(i), uint8(i), uint8(i)}
		} else if i < len(r.Palette) {
			colours[i] = r.Palette[i]
		}
	}
	out := newRGB(r.Width, r.Height)
	to := out.Pix
	for _, value := range pix {
		to = to[copy(to, colours[value][:]):]
	}
	return out
}

func newRGB(width, height int) *RGB {
	return &RGB{Width: width, Height: height, Pix: make([]uint8, width*height*3)}
}
