package results

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"iter"
	"strings"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/engine/sha256sum"
	"musc/engine/wholefile"
)

// Sum is the checksum of a file that a run read. Its path is as it was typed: a relative one starts in the
// folder that the run worked in.
type Sum struct {
	Path   string
	SHA256 [sha256.Size]byte
}

// WriteSums writes checksums as package sha256sum says. The result identifies the file and counts its lines.
func WriteSums(path string, sums iter.Seq[Sum]) (list SumList, err error) {
	whole := sha256.New()
	err = atomicfile.Save(path, func(w io.Writer) error {
		out := bufio.NewWriterSize(io.MultiWriter(w, whole), 1<<16)
		for sum := range sums {
			list.Files++
			out.WriteString(sha256sum.Line(hex.EncodeToString(sum.SHA256[:]), sum.Path))
		}
		return out.Flush()
	})
	list.SHA256 = hex.EncodeToString(whole.Sum(nil))
	return list, err
}

// SumList identifies a file of checksums.
type SumList struct {
	Files  int    `json:"files"`
	SHA256 string `json:"sha256"` // of the list itself
}

// mostSums bounds a list of checksums, in bytes: one of a million photos has a tenth of that.
const mostSums = 1 << 30

// ReadSums reads what WriteSums or sha256sum wrote. A file that is not there is an error that is
// fs.ErrNotExist, a line of another form one that names it; both are of kind fault.Input.
func ReadSums(path string) (sums []Sum, list SumList, err error) {
	text, err := wholefile.ReadRegular(path, mostSums)
	if err != nil {
		return nil, list, fault.New(fault.Input, "cannot read the checksums of a run's inputs: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		list.Files++
		digest, of, wrong := sha256sum.Parse(line)
		if wrong != nil {
			return nil, list, fault.New(fault.Input, "%s, line %d: %w; sha256sum writes a digest, two "+
				"spaces and a path", path, list.Files, wrong)
		}
		sums = append(sums, Sum{of, digest})
	}
	whole := sha256.Sum256(text)
	list.SHA256 = hex.EncodeToString(whole[:])
	return sums, list, nil
}
