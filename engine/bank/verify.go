package bank

import (
	"crypto/sha256"
	"fmt"

	"musc/engine/fault"
)

// Verify computes the SHA-256 of every block and the ID anew: what Open, which looks at CRCs, would
// not notice if somebody had changed both. Errors are of kind fault.Input.
func (b *Bank) Verify() error {
	if err := b.verify(); err != nil {
		return fault.New(fault.Input, "the bank %s: %w%s", b.path, err, advice(err))
	}
	return nil
}

func (b *Bank) verify() error {
	if err := b.checkBlocks(); err != nil {
		return err
	}
	for photo := range b.header.Photos {
		if sha256.Sum256(b.blockOf(photo)) != readEntry(b.table, photo).sha256 {
			return &damagedError{fmt.Sprintf("what is kept of %q", b.header.Photos[photo].Name)}
		}
	}
	if id, err := idOf(b.text, b.table); err != nil || id != b.header.ID {
		return &damagedError{"the ID"}
	}
	return nil
}
