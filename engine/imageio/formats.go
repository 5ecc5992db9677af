package imageio

import (
	"errors"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/tiff"

	"musc/engine/fault"
)

// format is one that can be decoded.
type format struct {
	name   string
	starts func(head string) bool // what its files start with
	head   func(*io.SectionReader) (Head, error)
	decode func(*io.SectionReader) (*Raster, error)

	// describe finds the orientation tag, and "frames" or "pages" if there are several of them. A
	// file in which they cannot be found is upright and single.
	describe func(*io.SectionReader) (orientation, string)
}

var formats = []format{
	{"PNG", magic(pngMagic), headOfPNG, decodePNG, describePNG},
	{"JPEG", magic("\xff\xd8\xff"), headOfJPEG, decodeJPEG, describeJPEG},
	{"GIF", magic("GIF8?a"), headOfGIF, decodeGIF, describeGIF},
	{"BMP", isBMP, headOfBMP, decodeBMP, describeBMP},
	{"BMP", isDIB, headOfBMP, decodeBMP, describeBMP},
	{"TIFF", magic("II*\x00"), headOfTIFF, decodeTIFF, describeTIFF},
	{"TIFF", magic("MM\x00*"), headOfTIFF, decodeTIFF, describeTIFF},
	{"TIFF", magic("II+\x00"), headOfTIFF, decodeTIFF, describeTIFF},
	{"TIFF", magic("MM\x00+"), headOfTIFF, decodeTIFF, describeTIFF},
	{"WebP", magic("RIFF????WEBPVP8"), headOfWebP, decodeWebP, describeWebP},
}

// startLength is as much as recognising takes: DICOM has its mark behind 128 bytes.
const startLength = 132

// Sniff says by the first bytes of the file at path what format it has: a name that reads well
// after "it is", and whether Decode reads that format. The name is "" if it is none that is known
// or the file cannot be read.
func Sniff(path string) (name string, supported bool) {
	file, err := open(path)
	if err != nil {
		return "", false
	}
	defer file.Close()
	head, err := start(file.section())
	if err != nil {
		return "", false
	}
	f, name := recognise(head)
	return name, f.decode != nil
}

// start is the first bytes, or all of a shorter file.
func start(file *io.SectionReader) (string, error) {
	bytes := make([]byte, startLength)
	n, err := file.ReadAt(bytes, 0)
	if err == io.EOF {
		err = nil
	}
	return string(bytes[:n]), err
}

// recognise gives a format that is read, or only the name of another; neither of none that is known.
func recognise(head string) (format, string) {
	for _, f := range foreign {
		if f.starts(head) {
			return format{}, f.name
		}
	}
	for _, f := range formats {
		if f.starts(head) {
			return f, f.name
		}
	}
	return format{}, ""
}

// sniff recognises the format by the file's first bytes.
func sniff(name string, file *io.SectionReader) (format, error) {
	const supported = "PNG, JPEG, GIF, BMP, TIFF or WebP"
	head, err := start(file)
	if err != nil {
		return format{}, unreadable(name, err)
	}
	f, kind := recognise(head)
	switch {
	case kind == "":
		return f, fault.New(fault.Input, "cannot read %s: it is no "+supported+
			" image; convert it to PNG or leave it out", name)
	case f.decode == nil:
		return f, fault.New(fault.Input, "cannot read %s: it is %s, not "+supported+
			"; convert it to PNG or leave it out", name, kind)
	}
	return f, nil
}

func (f format) readHead(name string, file *io.SectionReader) (head Head, err error) {
	err = f.guard(name, func() (err error) {
		head, err = f.head(io.NewSectionReader(file, 0, file.Size()))
		return err
	})
	return head, err
}

func (f format) readPixels(name string, file *io.SectionReader, head Head) (raster *Raster, err error) {
	err = f.guard(name, func() (err error) {
		if raster, err = f.decode(io.NewSectionReader(file, 0, file.Size())); err != nil {
			return err
		}
		return raster.fits(head)
	})
	return raster, err
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
	var kind unsupportedError
	var library *needsLibraryError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &library):
		return library.explain(name, f.name)
	case errors.As(err, &lossy), errors.As(err, &flat), errors.As(err, &tagged),
		errors.As(err, &kind):
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

// unsupportedError says of a whole file what kind it is of that is not decoded.
type unsupportedError string

func (e unsupportedError) Error() string { return string(e) }

// isText says that all of head is printable ASCII or white space.
func isText(head string) bool {
	for i := range len(head) {
		if c := head[i]; c != '\t' && c != '\n' && c != '\r' && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}
