package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// usage is what a kernel needs by the assembler's report, or the most it may need by the budget.
type usage struct {
	kernel       string
	architecture string // "all" in the budget: for those that have no row of their own
	registers    int    // a thread
	spills       int    // bytes stored to and loaded from local memory for lack of registers
	shared       int    // static shared memory, bytes a block
}

// Lines of ptxas -v. The third follows the second, for the kernel or a function that it calls.
var (
	entryLine    = regexp.MustCompile(`Compiling entry function '(\w+)' for '(\w+)'`)
	spillLine    = regexp.MustCompile(`(\d+) bytes spill stores, (\d+) bytes spill loads`)
	registerLine = regexp.MustCompile(`Used (\d+) registers`)
	sharedPart   = regexp.MustCompile(`(\d+) bytes smem`)
)

// readReport returns what each kernel uses. A warning is an error: ptxas has few, and each of them
// costs speed.
func readReport(report, target string) ([]usage, error) {
	var usages []usage
	for _, line := range strings.Split(report, "\n") {
		if strings.Contains(line, "warning") || strings.Contains(line, "Performance Loss") {
			return nil, fmt.Errorf("ptxas for %s: %s", target, strings.TrimSpace(line))
		}
		if match := entryLine.FindStringSubmatch(line); match != nil {
			usages = append(usages, usage{kernel: match[1], architecture: match[2], registers: -1})
		}
		if len(usages) == 0 {
			continue
		}
		last := &usages[len(usages)-1]
		if match := spillLine.FindStringSubmatch(line); match != nil {
			last.spills += number(match[1]) + number(match[2])
		}
		if match := registerLine.FindStringSubmatch(line); match != nil {
			last.registers = number(match[1])
			if match := sharedPart.FindStringSubmatch(line); match != nil {
				last.shared = number(match[1])
			}
		}
	}
	for _, u := range usages {
		if u.registers < 0 {
			return nil, fmt.Errorf("ptxas for %s reports no registers of %s", target, u.kernel)
		}
	}
	if len(usages) == 0 {
		return nil, errors.New("ptxas reports no kernel: extern \"C\" __global__ is what it looks for")
	}
	return usages, nil
}

// number converts digits that a pattern matched.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// readBudget reads the columns kernel, architecture, registers, spill_bytes, shared_bytes.
func readBudget(path string) ([]usage, error) {
	var limits []usage
	err := readNumbers(path, []string{"kernel", "architecture"},
		[]string{"registers", "spill_bytes", "shared_bytes"}, func(names []string, numbers []int) {
			limits = append(limits, usage{names[0], names[1], numbers[0], numbers[1], numbers[2]})
		})
	return limits, err
}

// readNumbers reads a CSV file that has those columns, names first, and hands over each row.
func readNumbers(path string, names, numbers []string, row func([]string, []int)) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot read the budget: %w", err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comment = '#'
	rows, err := reader.ReadAll()
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", path, err)
	}
	columns := slices.Concat(names, numbers)
	if len(rows) == 0 || !slices.Equal(rows[0], columns) {
		return fmt.Errorf("the columns of %s must be %s", path, strings.Join(columns, ","))
	}
	for _, texts := range rows[1:] {
		values := make([]int, len(numbers))
		for i, text := range texts[len(names):] {
			if values[i], err = strconv.Atoi(text); err != nil {
				return fmt.Errorf("%s: %s of %s: %w", path, numbers[i], texts[0], err)
			}
		}
		row(texts[:len(names)], values)
	}
	return nil
}

// limitOf finds the row of a kernel, its architecture's before that of all.
func limitOf(u usage, limits []usage) (limit usage, ok bool) {
	for _, l := range limits {
		if l.kernel == u.kernel && (l.architecture == u.architecture || l.architecture == "all" && !ok) {
			limit, ok = l, true
		}
	}
	return limit, ok
}

// compareBudget prints used/allowed for each kernel and says which are over.
func compareBudget(out io.Writer, usages, limits []usage) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "kernel\tarchitecture\tregisters\tspill bytes\tshared bytes")
	var problems []error
	for _, u := range usages {
		limit, ok := limitOf(u, limits)
		if !ok {
			problems = append(problems, fmt.Errorf("budget.csv has no row for %s,%s,%d,%d,%d", u.kernel,
				u.architecture, u.registers, u.spills, u.shared))
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%d/%d\t%d/%d\t%d/%d\n", u.kernel, u.architecture, u.registers,
			limit.registers, u.spills, limit.spills, u.shared, limit.shared)
		if u.registers > limit.registers || u.spills > limit.spills || u.shared > limit.shared {
			problems = append(problems, fmt.Errorf("%s on %s is over its budget", u.kernel,
				u.architecture))
		}
	}
	for _, l := range limits {
		used := func(u usage) bool { return u.kernel == l.kernel }
		if !slices.ContainsFunc(usages, used) {
			problems = append(problems, fmt.Errorf("budget.csv has a row for %s, which no source has",
				l.kernel))
		}
	}
	return errors.Join(append(problems, table.Flush())...)
}
