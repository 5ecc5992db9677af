package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// reach says how near a vulnerability is.
type reach int

const (
	required reach = iota // its module is among those required, at a version that has it
	imported              // its package is, too
	called                // one of its functions can be reached
)

func (r reach) String() string { return [...]string{"required", "imported", "called"}[r] }

// vulnerability is one of the database's in a module that is used.
type vulnerability struct {
	ID, Summary string
	Fixed       string  // the version without it; "" if there is none
	Trace       []frame // from the vulnerable function to one of ours
}

func (v vulnerability) reach() reach {
	switch first := v.Trace[0]; {
	case first.Function != "":
		return called
	case first.Package != "":
		return imported
	}
	return required
}

func (v vulnerability) compare(other vulnerability) int {
	return cmp.Or(cmp.Compare(other.reach(), v.reach()), cmp.Compare(v.ID, other.ID))
}

// report prints a module's vulnerabilities, a line each, and the way to those that are called.
func report(out io.Writer, folder string, found []vulnerability) {
	fmt.Fprintf(out, "%s: known vulnerabilities: %d\n", folder, len(found))
	for _, v := range found {
		first := v.Trace[0]
		fmt.Fprintf(out, "  %s %s: %s (%s %s, mended in %s)\n", v.reach(), v.ID, v.Summary, first.Module,
			first.Version, cmp.Or(v.Fixed, "no version"))
		if v.reach() < called {
			continue
		}
		for _, step := range v.Trace {
			if step.Position != nil {
				fmt.Fprintf(out, "      %s.%s at %s:%d\n", step.Package,
					strings.TrimPrefix(step.Receiver+"."+step.Function, "."), step.Position.Filename,
					step.Position.Line)
			}
		}
	}
}

// readExceptions reads lines "GO-ID DATE REASON": vulnerabilities that may be called, since when and why.
// Empty lines and those from # on say nothing.
func readExceptions(file io.Reader) (map[string]string, error) {
	allowed := map[string]string{}
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, rest, _ := strings.Cut(line, " ")
		day, reason, _ := strings.Cut(rest, " ")
		if _, err := time.Parse(time.DateOnly, day); err != nil || strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("line %d of the exceptions, %q, is none of GO-ID YYYY-MM-DD REASON",
				number, line)
		}
		allowed[id] = reason
	}
	return allowed, lines.Err()
}

// judge fails on what is called and not allowed, and on what is allowed and not called: an exception goes
// when its reason does.
func judge(found []vulnerability, allowed map[string]string) error {
	reached := map[string]bool{}
	for _, v := range found {
		if v.reach() == called {
			reached[v.ID] = true
		}
	}
	var faults []error
	for _, id := range slices.Sorted(maps.Keys(reached)) {
		if allowed[id] == "" {
			faults = append(faults, fmt.Errorf("%s is called: update its module, or write into exceptions.txt "+
				"why it may stay", id))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(allowed)) {
		if !reached[id] {
			faults = append(faults, fmt.Errorf("%s is in exceptions.txt and not called any more: remove it", id))
		}
	}
	return errors.Join(faults...)
}
