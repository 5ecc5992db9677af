//go:build !(cuda && linux)

package gpubench

import (
	"context"
	"errors"
)

// Devices says why nothing can be measured here.
func Devices() (names []string, err error) {
	return nil, errors.New("this program was built without CUDA")
}

// Measure needs a build with CUDA.
func (p Plan) Measure(context.Context, int) (*Result, error) {
	_, err := Devices()
	return nil, err
}
