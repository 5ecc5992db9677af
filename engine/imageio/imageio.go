// Package imageio turns image files into what a backbone takes in: decoded (DecodeRaster), brought
// to 8-bit RGB (Decode), resized and normalised. It follows Pillow, with which the published results
// were made:
//
//   - PNG, GIF, BMP, TIFF and lossless WebP decode to the same bytes. Grey and palettes are
//     expanded, alpha is dropped (the colours beneath it stay), CMYK is converted as Pillow does.
//     Deep samples, of more than 8 bits, are scaled by one range for all photos of a batch (Depth).
//   - JPEG, TIFF and what Go does not read of WebP are decoded by libjpeg-turbo, libtiff and libwebp,
//     to the same bytes, where they were fetched; Decoders says whether. Without them Go's decoders
//     read fewer kinds, and JPEG differs by at most 3 levels, in a photo in 4 % of the samples, since
//     the inverse cosine transform rounds differently; RGB of subsampled colours differs by more.
//     docs/formats.md lists the kinds.
//   - Resize gives the same bytes for the same pixels.
//
// Every file is untrusted: the size is checked against a limit before the pixels are decoded, and
// damaged data is an error of kind fault.Input, never a panic.
package imageio

import (
	"errors"
	"io"
	"io/fs"

	"musc/engine/fault"
)

// DefaultMaxPixels is the limit where Options has none: 100 megapixels.
const DefaultMaxPixels = 100e6

// Options of Decode.
type Options struct {
	MaxPixels        int  // larger images are refused; 0 is DefaultMaxPixels
	ApplyOrientation bool // turn the pixels as the file's orientation tag says
	Depth            Depth
}

// RGB is an 8-bit colour image.
type RGB struct {
	Width, Height int
	Pix           []uint8 // [Height,Width,3]
}

// Head is what the start of an image file tells.
type Head struct {
	Width, Height int  // as stored
	Deep          bool // its samples have more than 8 bits: Raster.Deep will hold them
}

// Decode reads the image at path; its content, not its name, says what format it is. The pixels
// come as they are stored unless opts.ApplyOrientation. Warnings say what a user may not expect: an
// orientation that was not applied, further frames or pages that are not looked at. Errors are of
// kind fault.Input. Both name the file.
func Decode(path string, opts Options) (*RGB, []string, error) {
	raster, warnings, err := DecodeRaster(path, opts)
	if err != nil {
		return nil, nil, err
	}
	return shades(path, raster, warnings, opts)
}

// shades brings a raster to 8-bit RGB.
func shades(name string, raster *Raster, warnings []string, opts Options) (*RGB, []string, error) {
	if err := raster.finite(); err != nil {
		return nil, nil, fault.New(fault.Input, "cannot read %s: %w, which no shade stands for; "+
			"export it again or leave it out", name, err)
	}
	return raster.RGB(opts.Depth), warnings, nil
}

// ReadHead reads the head of the image at path; no pixel is decoded. Errors are of kind
// fault.Input and name the file.
func ReadHead(path string) (Head, error) {
	file, err := open(path)
	if err != nil {
		return Head{}, err
	}
	defer file.Close()
	_, head, err := readHead(path, file.section())
	return head, err
}

// Size is the width and height of the image at path as they are stored. Errors are those of
// ReadHead.
func Size(path string) (width, height int, err error) {
	head, err := ReadHead(path)
	return head.Width, head.Height, err
}

// readHead finds out the format of file, too.
func readHead(name string, file *io.SectionReader) (format, Head, error) {
	if file.Size() == 0 {
		return format{}, Head{}, fault.New(fault.Input, "cannot read %s: the file is empty; copy it "+
			"again", name)
	}
	f, err := sniff(name, file)
	if err != nil {
		return format{}, Head{}, err
	}
	head, err := f.readHead(name, file)
	return f, head, err
}

func unreadable(path string, err error) error {
	var where *fs.PathError
	if errors.As(err, &where) { // the path is in the message already
		err = where.Err
	}
	return fault.New(fault.Input, "cannot read %s: %w; check the path and its permissions", path, err)
}
