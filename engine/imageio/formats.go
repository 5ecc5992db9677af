package imageio

import (
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"musc/engine/fault"
)

// format is one that can be decoded.
type format struct {
	name   string
	magic  string // what its files start with; ? stands for any byte
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)

	// describe finds the orientation tag, and "frames" or "pages" if there are several of them. A
	// file in which they cannot be found is upright and single.
	describe func(*io.SectionReader) (orientation, string)
}

var formats = []format{
	{"PNG", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode, describePNG},
	{"JPEG", "\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode, describeJPEG},
	{"GIF", "GIF8?a", gif.DecodeConfig, gif.Decode, describeGIF},
	{"BMP", "BM????\x00\x00\x00\x00", bmp.DecodeConfig, bmp.Decode, describeBMP},
	{"TIFF", "II*\x00", tiff.DecodeConfig, decodeTIFF, describeTIFF},
	{"TIFF", "MM\x00*", tiff.DecodeConfig, decodeTIFF, describeTIFF},
	{"WebP", "RIFF????WEBPVP8", webp.DecodeConfig, webp.Decode, describeWebP},
}

// foreign are formats that users hand in and that are told by name.
var foreign = []struct{ name, magic string }{
	{"HEIC or AVIF", "????ftyp"},
	{"JPEG XL", "\xff\x0a"},
	{"JPEG XL", "\x00\x00\x00\x0cJXL "},
	{"JPEG 2000", "\x00\x00\x00\x0cjP  "},
	{"PDF", "%PDF-"},
	{"Photoshop", "8BPS"},
	{"BigTIFF", "II+\x00"},
	{"BigTIFF", "MM\x00+"},
	{"OpenEXR", "v/1\x01"},
	{"FITS", "SIMPLE  ="},
	{"a zip archive", "PK\x03\x04"},
	{"a NumPy array", "\x93NUMPY"},
}

func matches(magic, head string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != head[i] {
			return false
		}
	}
	return true
}

// sniff recognises the format by the file's first bytes.
func sniff(name string, file *io.SectionReader) (format, error) {
	const supported = "PNG, JPEG, GIF, BMP, TIFF or WebP"
	start := make([]byte, 16)
	n, err := file.ReadAt(start, 0)
	if err != nil && err != io.EOF {
		return format{}, unreadable(name, err)
	}
	head := string(start[:n])
	for _, f := range formats {
		if matches(f.magic, head) {
			return f, nil
		}
	}
	for _, f := range foreign {
		if matches(f.magic, head) {
			return format{}, fault.New(fault.Input, "cannot read %s: it is %s, not "+supported+
				"; convert it to PNG", name, f.name)
		}
	}
	return format{}, fault.New(fault.Input, "cannot read %s: it is no "+supported+
		" image; convert it to PNG or leave it out", name)
}

func (f format) readConfig(name string, file *io.SectionReader) (config image.Config, err error) {
	err = f.guard(name, func() (err error) {
		config, err = f.config(io.NewSectionReader(file, 0, file.Size()))
		return err
	})
	return config, err
}

func (f format) readPixels(name string, file *io.SectionReader, config image.Config) (*RGB, error) {
	var rgb *RGB
	err := f.guard(name, func() error {
		picture, err := f.decode(io.NewSectionReader(file, 0, file.Size()))
		if err != nil {
			return err
		}
		switch size := picture.Bounds().Size(); {
		case f.name == "GIF":
			rgb, err = gifCanvas(picture, config)
			return err
		case size.X != config.Width || size.Y != config.Height:
			return fmt.Errorf("%d x %d pixels instead of %d x %d", size.X, size.Y, config.Width, config.Height)
		}
		rgb = convert(picture, f.name == "WebP")
		return nil
	})
	return rgb, err
}

// guard turns errors of a decoder, and its panics on data it did not foresee, into errors that
// name the file and the way out.
func (f format) guard(name string, decode func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fault.New(fault.Input, "cannot read %s: its %s data is damaged (%v); "+
				"copy or export it again", name, f.name, cause)
		}
	}()
	err = decode()
	var lossy jpeg.UnsupportedError
	var flat png.UnsupportedError
	var tagged tiff.UnsupportedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lossy), errors.As(err, &flat), errors.As(err, &tagged),
		errors.Is(err, bmp.ErrUnsupported):
		return fault.New(fault.Input, "cannot read %s: it is a kind of %s that is not supported (%w); "+
			"save it as 8-bit RGB PNG", name, f.name, err)
	case strings.HasSuffix(err.Error(), io.EOF.Error()): // not every decoder wraps it
		return fault.New(fault.Input, "cannot read %s: its %s data ends too early (%w); "+
			"copy or export it again", name, f.name, io.ErrUnexpectedEOF)
	}
	text := strings.Join(strings.Fields(err.Error()), " ") // one line
	return fault.New(fault.Input, "cannot read %s: its %s data is damaged (%s); "+
		"copy or export it again", name, f.name, text)
}
