package labelled

import (
	"path"
	"strings"
)

// Index finds the line of a list that a photo is on, though their paths start in different folders
// and are written in different ways.
type Index struct {
	count   int
	byName  map[string]int // lines from 0, by the file as written
	byLower map[string]int // by the file in lower case
	byTail  map[string]int // by the last parts of it in lower case; or ambiguous
}

// ambiguous is the line of a name where there are several.
const ambiguous = -1

// NewIndex is that of a list without lines.
func NewIndex() *Index {
	return &Index{byName: map[string]int{}, byLower: map[string]int{}, byTail: map[string]int{}}
}

// Add adds the next line, of a file written as Slashed does it, and returns its number, from 0. A
// file that was added before keeps its line, and that is returned.
func (x *Index) Add(file string) (line int, added bool) {
	if line, twice := x.byName[file]; twice {
		return line, false
	}
	line = x.count
	x.count++
	x.byName[file] = line
	lower := strings.ToLower(file)
	note(x.byLower, lower, line)
	for _, tail := range tails(lower) {
		note(x.byTail, tail, line)
	}
	return line, true
}

// note notes the line under a name; if there are two of that name it is none's.
func note(index map[string]int, name string, line int) {
	if _, twice := index[name]; twice {
		line = ambiguous
	}
	index[name] = line
}

// Find is the line of a photo, given by its slash-separated path: that of the path itself, in other
// letter case, that whose path ends in it, or that of the path's last parts; each with the photo's
// extension or without.
func (x *Index) Find(file string) (line int, found bool) {
	lower := strings.ToLower(file)
	try := func(index map[string]int, name string) bool {
		for _, spelling := range []string{name, strings.TrimSuffix(name, path.Ext(name))} {
			if k, ok := index[spelling]; ok && k != ambiguous {
				line = k
				return true
			}
		}
		return false
	}
	if try(x.byName, file) || try(x.byLower, lower) || try(x.byTail, lower) {
		return line, true
	}
	for _, tail := range tails(lower) {
		if try(x.byLower, tail) {
			return line, true
		}
	}
	return 0, false
}

// Slashed is a path with slashes, without "./" and the like.
func Slashed(name string) string {
	return strings.TrimPrefix(path.Clean(strings.ReplaceAll(name, `\`, "/")), "/")
}

// tails are the last parts of a path, one folder less each time.
func tails(file string) (list []string) {
	for _, rest, more := strings.Cut(file, "/"); more; _, rest, more = strings.Cut(rest, "/") {
		list = append(list, rest)
	}
	return list
}
