package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible is text as a terminal may have it: what would control the terminal, or turn the direction of what
// is read, is escaped as in Go. It may be in a file's name, in an option or in a server's answer. Line ends
// and tabs stay.
func visible(text string) string {
	controls := func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
	}
	if utf8.ValidString(text) && !strings.ContainsFunc(text, controls) {
		return text
	}
	var shown strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&shown, `\x%02x`, text[0])
		case controls(r) && r < utf8.RuneSelf:
			fmt.Fprintf(&shown, `\x%02x`, r)
		case controls(r):
			fmt.Fprintf(&shown, `\u%04x`, r)
		default:
			shown.WriteRune(r)
		}
		text = text[size:]
	}
	return shown.String()
}
