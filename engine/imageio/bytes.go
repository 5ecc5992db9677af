package imageio

import (
	"bytes"
	"fmt"
	"io"

	"musc/engine/fault"
)

// DecodeBytes is Decode of a file that is in memory; name stands for it in messages.
func DecodeBytes(name string, data []byte, opts Options) (*RGB, []string, error) {
	raster, warnings, err := decode(name, sectionOf(data), opts)
	if err != nil {
		return nil, nil, err
	}
	return shades(name, raster, warnings, opts)
}

// HeadOfBytes is ReadHead of a file that is in memory, and refuses what Decode with the same options
// would for its size: the error is a *TooLargeError then.
func HeadOfBytes(name string, data []byte, opts Options) (Head, error) {
	_, head, err := readHead(name, sectionOf(data))
	if err != nil {
		return Head{}, err
	}
	return head, head.check(name, opts)
}

func sectionOf(data []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
}

// TooLargeError says that an image has more pixels than Options.MaxPixels.
type TooLargeError struct {
	Name                 string
	Width, Height, Limit int
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s is %d x %d pixels, over the limit of %.4g megapixels; raise it with "+
		"--max-pixels or shrink the image", e.Name, e.Width, e.Height, float64(e.Limit)/1e6)
}

// check says what is wrong with the size that a head tells, before any pixel is decoded.
func (h Head) check(name string, opts Options) error {
	limit := opts.MaxPixels
	if limit <= 0 {
		limit = DefaultMaxPixels
	}
	if h.Width < 1 || h.Height < 1 {
		return fault.New(fault.Input, "cannot read %s: it is %d x %d pixels; export it again", name,
			h.Width, h.Height)
	}
	if h.Width > limit/h.Height {
		return fault.New(fault.Input, "%w", &TooLargeError{name, h.Width, h.Height, limit})
	}
	return nil
}
