package bank

import (
	"errors"
	"os"

	"musc/engine/fault"
	"musc/engine/filelock"
)

// Lock takes a bank for one program that reads it, and writes it anew: two of them at a time would
// each leave out what the other has added. release gives it back. Readers need no lock. A file system
// without locks takes none. Errors are of kind fault.Output (another program has it) or fault.Input.
func Lock(path string) (release func(), err error) {
	for range 3 { // it may have been replaced between opening and locking
		file, err := os.Open(path)
		if err != nil {
			return nil, fault.New(fault.Input, "cannot use the bank %s: %w", path, bare(err))
		}
		held, err := filelock.Try(file)
		if held || errors.Is(err, filelock.ErrUnsupported) {
			return func() { file.Close() }, nil
		}
		file.Close()
		if err != nil {
			return nil, fault.New(fault.Output, "cannot lock the bank %s: %w; put it on a file "+
				"system that has locks", path, bare(err))
		}
	}
	return nil, fault.New(fault.Output, "the bank %s is being changed by another program; wait until it "+
		"is done", path)
}
