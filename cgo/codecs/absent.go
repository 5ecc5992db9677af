//go:build !linux || !cgo

package codecs

import (
	"errors"
	"io"
)

// Libraries are never there on this system.
type Libraries struct{}

// TIFF is an open file.
type TIFF struct{ TIFFHead }

var errAbsent = errors.New("this program was built without the part that opens libraries")

// Open always fails.
func Open(string) (*Libraries, error) { return nil, errAbsent }

func (*Libraries) Versions() string                                  { return "" }
func (*Libraries) JPEG([]byte, int, int, int, int) ([]byte, error)   { return nil, errAbsent }
func (*Libraries) WebP([]byte, int, int) ([]byte, error)             { return nil, errAbsent }
func (*Libraries) OpenTIFF(io.ReaderAt, int64, int64) (*TIFF, error) { return nil, errAbsent }

func (*Libraries) LabToRGB([]byte) error { return errAbsent }

func (*TIFF) Close()                   {}
func (*TIFF) RowBytes() int            { return 0 }
func (*TIFF) Read(int) ([]byte, error) { return nil, errAbsent }
func (*TIFF) Colours() ([]byte, error) { return nil, errAbsent }
