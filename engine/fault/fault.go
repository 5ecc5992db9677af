// Package fault sorts errors by what the user can do about them. An error gets its kind where it
// is first understood, and keeps it however often it is wrapped: KindOf tells it. The command line turns the
// kind into an exit code, in one place; a program that imports musc may decide by it whether to ask its user
// (Usage, Input), to have something installed (Setup) or to try another folder (Output).
package fault

import (
	"errors"
	"fmt"
)

// Kind says whose turn it is: the caller's (Usage), the images' (Input), the installation's
// (Setup) or the output folder's (Output).
type Kind int

const (
	Internal Kind = iota // none of the others; also the kind of an error that has no kind
	Usage                // options that contradict each other or are out of range
	Input                // files that cannot be read, have the wrong shape, or are too few
	Setup                // the ONNX Runtime library, a model or a device is missing
	Output               // results cannot be written: full or read-only disk, folder in use
)

type kindError struct {
	kind Kind
	err  error
}

func (e *kindError) Error() string { return e.err.Error() }
func (e *kindError) Unwrap() error { return e.err }

// New formats an error of the given kind; %w wraps as in fmt.Errorf. The text says what was being
// done, on which file, what was wrong, and what the user can do.
func New(kind Kind, format string, args ...any) error {
	return &kindError{kind, fmt.Errorf(format, args...)}
}

// KindOf returns the kind of the outermost error in err's chain that has one, else Internal.
func KindOf(err error) Kind {
	var k *kindError
	if errors.As(err, &k) {
		return k.kind
	}
	return Internal
}
