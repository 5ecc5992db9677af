// Package imageio turns image files into what a backbone takes in: decoded 8-bit RGB, resized and
// normalised. It follows Pillow, with which the published results were made:
//
//   - PNG, GIF, BMP, TIFF and lossless WebP decode to the same bytes. Grey and palettes are
//     expanded, alpha is dropped (the colours beneath it stay), CMYK is converted as Pillow does.
//     16-bit samples keep their high byte.
//   - JPEG and lossy WebP decode with the chroma upsampling of libjpeg and libwebp. WebP decodes to
//     the same bytes; JPEG differs by at most 3 levels, in a photo in 4 % of the samples, since the
//     inverse cosine transform rounds differently.
//   - Resize gives the same bytes for the same pixels.
//
// Every file is untrusted: the size is checked against a limit before the pixels are decoded, and
// damaged data is an error of kind fault.Input, never a panic.
package imageio

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"musc/engine/fault"
)

// DefaultMaxPixels is the limit where Options has none: 100 megapixels.
const DefaultMaxPixels = 100e6

// Options of Decode.
type Options struct {
	MaxPixels        int  // larger images are refused; 0 is DefaultMaxPixels
	ApplyOrientation bool // turn the pixels as the file's orientation tag says
}

// RGB is an 8-bit colour image.
type RGB struct {
	Width, Height int
	Pix           []uint8 // [Height,Width,3]
}

// Decode reads the image at path; its content, not its name, says what format it is. The pixels
// come as they are stored unless opts.ApplyOrientation. Warnings say what a user may not expect: an
// orientation that was not applied, further frames or pages that are not looked at. Errors are of
// kind fault.Input. Both name the file.
func Decode(path string, opts Options) (*RGB, []string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fault.New(fault.Input, "cannot read %s: it is a folder or a device; "+
			"name an image file", path)
	}
	return decode(path, io.NewSectionReader(file, 0, info.Size()), opts)
}

// Size reads the width and height of the image at path from its head, as they are stored. Errors
// are of kind fault.Input and name the file.
func Size(path string) (width, height int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, unreadable(path, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, 0, unreadable(path, err)
	}
	section := io.NewSectionReader(file, 0, info.Size())
	if info.Size() == 0 {
		return 0, 0, fault.New(fault.Input, "cannot read %s: the file is empty; copy it again", path)
	}
	f, err := sniff(path, section)
	if err != nil {
		return 0, 0, err
	}
	config, err := f.readConfig(path, section)
	return config.Width, config.Height, err
}

func unreadable(path string, err error) error {
	var where *fs.PathError
	if errors.As(err, &where) { // the path is in the message already
		err = where.Err
	}
	return fault.New(fault.Input, "cannot read %s: %w; check the path and its permissions", path, err)
}

// decode is Decode of what file holds; name stands for it in messages.
func decode(name string, file *io.SectionReader, opts Options) (*RGB, []string, error) {
	if file.Size() == 0 {
		return nil, nil, fault.New(fault.Input, "cannot read %s: the file is empty; copy it again", name)
	}
	f, err := sniff(name, file)
	if err != nil {
		return nil, nil, err
	}
	config, err := f.readConfig(name, file)
	if err != nil {
		return nil, nil, err
	}
	limit := opts.MaxPixels
	if limit <= 0 {
		limit = DefaultMaxPixels
	}
	if config.Width < 1 || config.Height < 1 {
		return nil, nil, fault.New(fault.Input, "cannot read %s: it is %d x %d pixels; export it again",
			name, config.Width, config.Height)
	}
	if config.Width > limit/config.Height {
		return nil, nil, fault.New(fault.Input, "%s is %d x %d pixels, over the limit of %.4g "+
			"megapixels; raise it with --max-pixels or shrink the image",
			name, config.Width, config.Height, float64(limit)/1e6)
	}
	rgb, err := f.readPixels(name, file, config)
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
			rgb = rgb.turn(orientation)
		} else {
			warnings = append(warnings, name+" is tagged as "+orientation.String()+
				"; it is scored as stored, --rotate turns it upright")
		}
	}
	return rgb, warnings, nil
}
