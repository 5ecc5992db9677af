package bank

import (
	"fmt"
	"slices"
	"strings"

	"musc/engine/fault"
)

// Fits tells whether tokens of a model can be compared with those of the bank: they must be of the same
// graph and weights at the same image size. Errors are of kind fault.Input and name what differs.
func (b *Bank) Fits(model Model) error {
	own := &b.header.Model
	problem := ""
	switch {
	case model.Name != own.Name && !slices.Equal(model.Sums, own.Sums):
		problem = fmt.Sprintf("it was built with the model %s, not %s; give --model %s, or build the bank "+
			"anew", own.Name, model.Name, own.Name)
	case model.ImageSize != own.ImageSize:
		problem = fmt.Sprintf("its photos are of %d pixels a side, not %d; give --image-size %d, or build "+
			"the bank anew", own.ImageSize, model.ImageSize, own.ImageSize)
	case !slices.Equal(model.Sums, own.Sums):
		problem = fmt.Sprintf("the files of the model %s are others than those it was built with; take "+
			"those, or build the bank anew", own.Name)
	case model.GridHeight != own.GridHeight || model.GridWidth != own.GridWidth ||
		model.Channels != own.Channels || model.ClassDim != own.ClassDim ||
		model.Stages != own.Stages || model.Mean != own.Mean || model.Std != own.Std:
		problem = fmt.Sprintf("its model %s has %d stages of %d x %d x %d tokens, this one %d of "+
			"%d x %d x %d; build the bank anew", own.Name, own.Stages, own.GridHeight, own.GridWidth,
			own.Channels, model.Stages, model.GridHeight, model.GridWidth, model.Channels)
	default:
		return nil
	}
	return fault.New(fault.Input, "cannot score by the bank %s: %s", b.path, problem)
}

// Differs says, for people, where what computes now is not what computed the bank's tokens: scores may
// then differ in their last digits. "" if it is the same. provenance is as in the header.
func (b *Bank) Differs(provenance []string) string {
	if slices.Equal(provenance, b.header.Provenance) {
		return ""
	}
	var other []string
	for _, text := range provenance {
		if !slices.Contains(b.header.Provenance, text) {
			other = append(other, text)
		}
	}
	return fmt.Sprintf("the bank %s was built where other software or hardware computes (here: %s): "+
		"scores may differ in their last digits; musc bank build on this machine makes them the same",
		b.path, strings.Join(other, "; "))
}
