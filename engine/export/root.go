package export

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// root is the folder that the names of photos in exports are relative to: the deepest one that all
// photos lie below, absolute. It is "" where there is none (two drives): names are absolute then.
type root string

// commonFolder finds the root of the paths that are added.
type commonFolder struct {
	folder string
	any    bool
}

func (c *commonFolder) add(path string) {
	if !c.any {
		c.folder, c.any = filepath.Dir(path), true
	}
	for c.folder != "" && !below(path, c.folder) {
		parent := filepath.Dir(c.folder)
		if parent == c.folder { // another drive
			parent = ""
		}
		c.folder = parent
	}
}

func below(path, folder string) bool {
	separator := string(filepath.Separator)
	return strings.HasPrefix(path, strings.TrimSuffix(folder, separator)+separator)
}

// name is a photo's absolute path, relative to the root and with slashes.
func (r root) name(path string) text {
	if r != "" && below(path, string(r)) {
		path = strings.TrimPrefix(path, strings.TrimSuffix(string(r), string(filepath.Separator)))[1:]
	}
	return text(filepath.ToSlash(path))
}

// text is a string that may be a file's name, and therefore any bytes. In JSON a byte that is not
// part of a character in UTF-8 is written as Python's surrogateescape has it (PEP 383), so that
// Python opens that very file: encoding/json would write U+FFFD for it.
type text string

func (t text) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return json.Marshal(string(t))
	}
	quoted := []byte{'"'}
	for rest := string(t); rest != ""; {
		letter, size := utf8.DecodeRuneInString(rest)
		if letter == utf8.RuneError && size == 1 {
			quoted = fmt.Appendf(quoted, `\udc%02x`, rest[0])
		} else {
			part, err := json.Marshal(rest[:size])
			if err != nil {
				return nil, err
			}
			quoted = append(quoted, part[1:len(part)-1]...)
		}
		rest = rest[size:]
	}
	return append(quoted, '"'), nil
}
