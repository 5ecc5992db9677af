// Command generate writes forwarders.c, a function for each function of libcuda that
// gorgonia.org/cu or this module calls, and the empty archive stub/libcuda.a. It asks the C
// preprocessor for the functions' types, and finds cuda.h as cgo does, by $CGO_CFLAGS: run it by
// `make generate`.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// outputs are the files that this command writes, beneath the folder of package shim.
const (
	forwardersFile = "forwarders.c"
	archiveFile    = "stub/libcuda.a"
)

// emptyArchive is an ar archive without members: the magic number alone.
const emptyArchive = "!<arch>\n"

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run writes both files into the folder of package shim.
func run(folder string) error {
	source, err := generate(folder)
	if err != nil {
		return err
	}
	archive := filepath.Join(folder, filepath.FromSlash(archiveFile))
	if err := os.MkdirAll(filepath.Dir(archive), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(archive, []byte(emptyArchive), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, forwardersFile), source, 0o644)
}

// generate returns the text of forwarders.c.
func generate(folder string) ([]byte, error) {
	wanted, err := wantedNames(folder)
	if err != nil {
		return nil, err
	}
	exported, prototypes, err := readHeader(wanted)
	if err != nil {
		return nil, err
	}
	return forwarders(exported, prototypes)
}
