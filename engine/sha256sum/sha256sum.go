// Package sha256sum is the form of checksums that sha256sum of the GNU coreutils writes and checks: a digest,
// two spaces and a path a line. Where a path has a backslash or a line break, these are escaped, and the line
// begins with a backslash.
package sha256sum

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

var (
	escape   = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)
	unescape = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r")
)

// Line is the line of a file, with its end. The digest is hexadecimal.
func Line(digest, path string) string {
	mark, escaped := "", escape.Replace(path)
	if escaped != path {
		mark = `\`
	}
	return mark + digest + "  " + escaped + "\n"
}

// Parse reads a line, with its end or without.
func Parse(line string) (digest [sha256.Size]byte, path string, err error) {
	line, escaped := strings.CutPrefix(strings.TrimSuffix(line, "\n"), `\`)
	const digits = 2 * sha256.Size
	if len(line) < digits+3 || line[digits] != ' ' || line[digits+1] != ' ' && line[digits+1] != '*' {
		return digest, "", errors.New("no checksum of a file")
	}
	if _, err := hex.Decode(digest[:], []byte(line[:digits])); err != nil {
		return digest, "", fmt.Errorf("no checksum: %w", err)
	}
	if path = line[digits+2:]; escaped {
		path = unescape.Replace(path)
	}
	return digest, path, nil
}
