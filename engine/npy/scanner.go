package npy

import (
	"fmt"
	"strconv"
	"strings"
)

// scanner takes the Python literal of a header apart, strictly: only what NumPy writes. After the
// first error every call leaves it as it is.
type scanner struct {
	rest string
	err  error
}

func (s *scanner) fail(found string) {
	if s.err == nil {
		s.err = fmt.Errorf("its header is not NumPy's: %s; write it with numpy.save", found)
	}
}

func (s *scanner) skipSpace() { s.rest = strings.TrimLeft(s.rest, " \t\n") }

// accept consumes token if it comes next.
func (s *scanner) accept(token string) bool {
	s.skipSpace()
	if s.err != nil || !strings.HasPrefix(s.rest, token) {
		return false
	}
	s.rest = s.rest[len(token):]
	return true
}

func (s *scanner) expect(token string) {
	if !s.accept(token) {
		s.fail(strconv.Quote(token) + " missing")
	}
}

// quoted consumes 'text' or "text"; there are no escapes in a header.
func (s *scanner) quoted() string {
	for _, quote := range []string{"'", `"`} {
		if !s.accept(quote) {
			continue
		}
		text, rest, closed := strings.Cut(s.rest, quote)
		if !closed || len(text) > 32 {
			break
		}
		s.rest = rest
		return text
	}
	s.fail("a short quoted text missing")
	return ""
}

// dtype consumes a descr. A list of them is a structured array.
func (s *scanner) dtype() string {
	if s.accept("[") {
		if s.err == nil {
			s.err = fmt.Errorf("it holds records of several fields; save one field alone")
		}
		return ""
	}
	return s.quoted()
}

func (s *scanner) boolean() bool {
	if s.accept("True") {
		return true
	}
	s.expect("False")
	return false
}

// tuple consumes (), (2,) or (2, 3), with a comma allowed behind the last.
func (s *scanner) tuple() []int {
	shape := []int{}
	s.expect("(")
	for s.err == nil && !s.accept(")") {
		s.skipSpace()
		digits := 0
		for digits < len(s.rest) && s.rest[digits] >= '0' && s.rest[digits] <= '9' {
			digits++
		}
		side, err := strconv.ParseInt(s.rest[:digits], 10, strconv.IntSize)
		if err != nil || len(shape) == maxDimensions {
			s.fail("a shape of at most 64 sides missing")
			break
		}
		s.rest = strings.TrimPrefix(s.rest[digits:], "L") // Python 2 marked long integers
		shape = append(shape, int(side))
		if !s.accept(",") {
			s.expect(")")
			break
		}
	}
	return shape
}
