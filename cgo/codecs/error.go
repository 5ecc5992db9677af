package codecs

import "errors"

// Kinds of an Error, to be found with errors.Is.
var (
	ErrDamaged     = errors.New("damaged")
	ErrEndsEarly   = errors.New("ends too early")
	ErrUnsupported = errors.New("not supported") // whole, perhaps, but of a kind that is not decoded
	ErrNoMemory    = errors.New("out of memory")
)

// Error is why a picture could not be decoded.
type Error struct {
	Kind error  // one of the above
	Text string // the library's reason
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Kind }
