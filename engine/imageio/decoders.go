package imageio

import (
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/image/tiff"

	"musc/cgo/codecs"
	"musc/engine/assets"
	"musc/engine/fault"
)

// codecsVariable names a folder with libjpeg, libtiff and libwebp to use instead of those that were
// fetched; "none" stands for no folder: Go's own decoders.
const codecsVariable = "MUSC_CODECS"

// libraries are what decodes JPEG, TIFF and the WebP that Go does not. They are looked for once;
// where that fails Go's decoders are in force, and the error says why.
var libraries = sync.OnceValues(openLibraries)

func openLibraries() (*codecs.Libraries, error) {
	folder := os.Getenv(codecsVariable)
	switch folder {
	case "none":
		return nil, errors.New("switched off by $" + codecsVariable)
	case "":
		var err error
		if folder, err = assets.CodecsFolder(); err != nil {
			return nil, err
		}
	}
	return codecs.Open(folder)
}

// Decoders says what decodes JPEG, TIFF and WebP: the libraries' names and versions, or "Go" and,
// as the error, why the libraries are not in use.
func Decoders() (names string, err error) {
	l, err := libraries()
	if err != nil {
		return "Go", err
	}
	return l.Versions(), nil
}

// codecsError is that of a library as format.guard knows errors.
func codecsError(err error) error {
	switch {
	case errors.Is(err, codecs.ErrUnsupported):
		return unsupportedError(err.Error())
	case errors.Is(err, codecs.ErrNoMemory):
		return unsupportedError("it does not fit into the memory")
	case errors.Is(err, codecs.ErrEndsEarly):
		return fmt.Errorf("%w: %w", err, io.ErrUnexpectedEOF)
	}
	return err
}

// needsLibraryError is about a file that Go's decoders do not read, while libraries that might were
// not fetched.
type needsLibraryError struct {
	library string
	cause   error
}

func (e *needsLibraryError) Error() string { return e.cause.Error() }
func (e *needsLibraryError) Unwrap() error { return e.cause }

// explain names the file and the ways out. Go's decoders call damaged what they do not know.
func (e *needsLibraryError) explain(name, format string) error {
	var lossy jpeg.UnsupportedError
	var tagged tiff.UnsupportedError
	var kind unsupportedError
	switch {
	case errors.As(e.cause, &lossy), errors.As(e.cause, &tagged), errors.As(e.cause, &kind):
		return fault.New(fault.Input, "cannot read %s: it is a kind of %s that is not "+
			"supported without %s (%w); run: %s", name, format, e.library, e.cause, assets.Codecs.Command)
	case strings.HasSuffix(e.cause.Error(), io.EOF.Error()):
		return fault.New(fault.Input, "cannot read %s: its %s data ends too early (%w); "+
			"copy or export it again", name, format, io.ErrUnexpectedEOF)
	}
	return fault.New(fault.Input, "cannot read %s: its %s data is damaged or of a kind that needs %s "+
		"(%s); copy or export it again, or run: %s", name, format, e.library,
		strings.Join(strings.Fields(e.cause.Error()), " "), assets.Codecs.Command)
}

// content reads all of file, but no more than limit bytes: whatever stands behind them is no part
// of a picture.
func content(file *io.SectionReader, limit int64) ([]byte, error) {
	data := make([]byte, min(file.Size(), limit))
	_, err := io.ReadFull(io.NewSectionReader(file, 0, file.Size()), data)
	return data, err
}
