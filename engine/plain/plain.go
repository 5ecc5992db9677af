// Package plain makes names fit to stand in text for people: names of files come from anybody, and may hold
// line breaks, what controls a terminal or turns the direction of what is read, or blanks that nobody sees.
package plain

import (
	"strconv"
	"strings"
	"unicode"
)

// Name is a name as it can stand in a line: as it is, or quoted as in Go if it is no UTF-8, begins or ends
// with a blank, or has characters that do not print.
func Name(name string) string {
	if strings.ContainsFunc(name, unprintable) || strings.TrimSpace(name) != name {
		return strconv.Quote(name)
	}
	return name
}

// InSentence is Name for a name among words: an empty one is quoted, too, and one with punctuation that would
// be taken for the sentence's.
func InSentence(name string) string {
	if name == "" || strings.ContainsAny(name, `"',;:`) {
		return strconv.Quote(name)
	}
	return Name(name)
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }
