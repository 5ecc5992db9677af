package main

import (
	stdbytes "bytes"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/bench/present"
	"musc/engine/atomicfile"
	"musc/engine/fault"
)

// save writes name.json, name.md and the plots into folder, and the report to stdout.
func save(result *Result, folder, name string, stdout io.Writer) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fault.New(fault.Output, "cannot make the folder for results: %w; choose another with"+
			" --out", err)
	}
	base := filepath.Join(folder, name)
	data, err := result.encode()
	if err != nil {
		return err
	}
	if err := atomicfile.WriteFile(base+".json", data); err != nil {
		return err
	}
	var text stdbytes.Buffer
	writeReport(&text, result)
	if err := atomicfile.WriteFile(base+".md", text.Bytes()); err != nil {
		return err
	}
	if err := drawAll(result, base); err != nil {
		return err
	}
	if _, err := stdout.Write(text.Bytes()); err != nil {
		return fmt.Errorf("printing the report: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "\nSaved: %s.json, %s.md and plots beside them.\n", base, base)
	return err
}

// nameFor is the name of the saved files: the one asked for, with a level that was asked for.
func (r *Result) nameFor(asked string) string {
	if r.Machine.Best == "" {
		return asked
	}
	return asked + "-" + r.Machine.Level
}

// writeReport writes the whole result as Markdown.
func writeReport(w io.Writer, r *Result) {
	m := r.Machine
	title := "musc, measured"
	if m.Best != "" {
		title += fmt.Sprintf(" at SIMD level %s, where %s is the machine's best", m.Level, m.Best)
	}
	fmt.Fprintf(w, "# %s\n\n", title)
	fmt.Fprintf(w, "%s, %d cores, %s/%s, SIMD level %s; %s.\n", m.Processor,
		m.Cores, m.OS, m.Architecture, m.Level, listVersions(r.Versions))
	fmt.Fprint(w, "Ratios are medians of pairs from one round each, quartiles in brackets.\n")
	if r.Quick {
		fmt.Fprint(w, "A quick run: few images, few rounds.\n")
	}
	goals := present.Table{Title: "Goals, at SIMD level " + m.Level,
		Head: []string{"musc is", "measured", "goal", "verdict"}}
	for _, g := range r.goals() {
		goals.Add(g.text, bracketed(g.measured, g.write), g.target(), g.verdict())
	}
	goals.Write(w)
	writeKernels(w, r)
	writeScorers(w, r)
	writeWhole(w, r)
	writeImages(w, r)
	writeThreads(w, r)
	writeMemory(w, r)
	writeSteps(w, r)
	writeList(w, "Disturbed: measure again on a quiet machine", r.disturbances())
	writeList(w, "Left out", r.Notes)
}

func writeList(w io.Writer, title string, lines []string) {
	for k, line := range lines {
		if k == 0 {
			fmt.Fprintf(w, "\n## %s\n\n", title)
		}
		fmt.Fprintf(w, "- %s\n", line)
	}
}

func writeKernels(w io.Writer, r *Result) {
	t := present.Table{Title: "Kernels, one thread",
		Head: []string{"shape", "level", "kernel", "ms", "GFLOP/s", "of the ceiling", "of OpenBLAS"}}
	for _, row := range r.in(groupKernels) {
		for k := range row.Cases {
			c := &row.Cases[k]
			rate := "-"
			if c.Work > 0 {
				rate = fmt.Sprintf("%.0f", median(c.rates())/1e9)
			}
			t.Add(row.Shape, row.Level, c.Name, milliseconds(median(c.Samples)), rate,
				percent(median(rateRatios(c, row.find(caseCeiling)))),
				percent(median(rateRatios(c, row.find(caseOpenBLAS)))))
		}
	}
	t.Write(w)
}

func writeScorers(w io.Writer, r *Result) {
	t := present.Table{Title: "Mutual scoring as a whole, tokens in memory to patch scores",
		Head: []string{"shape", "images", "threads", "program", "ms", "musc is faster by",
			"largest difference"}}
	for _, row := range r.in(groupScorers) {
		for k := range row.Cases {
			c := &row.Cases[k]
			faster := "-"
			if c.Name != caseMusc {
				faster = bracketed(spreadOf(ratios(c, row.find(caseMusc))), times)
			}
			t.Add(row.Shape, fmt.Sprint(row.Images), fmt.Sprint(row.Threads), c.Name,
				milliseconds(median(c.Samples)), faster, r.difference(&row, c.Name))
		}
	}
	t.Write(w)
}

// difference is how far a peer's scores are from ours, and whether that is too far: without it, a
// ratio could be of two programs that compute different things.
func (r *Result) difference(row *Row, name string) string {
	a := r.agreement(row, name)
	switch {
	case a == nil:
		return "-"
	case r.differs(row, name):
		return fmt.Sprintf("%.1g of %.2g TOO LARGE", a.Largest, a.Typical)
	}
	return fmt.Sprintf("%.1g of %.2g", a.Largest, a.Typical)
}

// writeWhole writes the way from photos to scores, step by step.
func writeWhole(w io.Writer, r *Result) {
	for _, row := range r.in(groupWhole) {
		t := present.Table{Title: fmt.Sprintf("Photos to scores, end to end: %d images, %s, %d threads",
			row.Images, row.Shape, row.Threads), Head: []string{"step", "musc, s", caseWhole + ", s",
			"musc is faster by"}}
		line := func(step, ours, theirs string) {
			cells := []string{step, "-", "-", "-"}
			for k, name := range []string{ours, theirs} {
				if c := row.find(name); c != nil {
					cells[1+k] = fmt.Sprintf("%.3f", median(c.Samples))
				}
			}
			cells[3] = bracketed(spreadOf(ratios(row.find(theirs), row.find(ours))), times)
			t.Add(cells...)
		}
		for _, step := range wholeSteps {
			line(step, stepCase(caseMusc, step), stepCase(caseWhole, step))
		}
		line(caseTotal, caseMusc, caseWhole)
		t.Write(w)
		if a := r.agreement(&row, caseWhole); a != nil && a.Swapped != nil {
			fmt.Fprintf(w, "\nScores of images before RsCIN: largest difference %s; of %d pairs of images,"+
				" %d are in another order after it.\n", r.difference(&row, caseWhole),
				row.Images*(row.Images-1)/2, *a.Swapped)
		}
	}
}

func writeImages(w io.Writer, r *Result) {
	rows := r.in(groupImages)
	if len(rows) == 0 {
		return
	}
	t := present.Table{Title: fmt.Sprintf("Time against images: %s, %d threads", rows[0].Shape,
		rows[0].Threads), Head: []string{"images", "program", "ms", "µs a pair", "musc is faster by"}}
	for _, row := range rows {
		pairs := float64(row.Images*(row.Images-1)) / 2
		for k := range row.Cases {
			c := &row.Cases[k]
			faster := "-"
			if c.Name != caseMusc {
				faster = bracketed(spreadOf(ratios(c, row.find(caseMusc))), times)
			}
			t.Add(fmt.Sprint(row.Images), c.Name, milliseconds(median(c.Samples)),
				fmt.Sprintf("%.0f", 1e6*median(c.Samples)/pairs), faster)
		}
	}
	t.Write(w)
}

func writeThreads(w io.Writer, r *Result) {
	rows := r.in(groupThreads)
	if len(rows) == 0 {
		return
	}
	t := present.Table{Title: fmt.Sprintf("Time against threads: %s, %d images", rows[0].Shape,
		rows[0].Images), Head: []string{"threads", "program", "ms", "faster than with 1 by"}}
	for _, row := range rows {
		for k := range row.Cases {
			c := &row.Cases[k]
			faster := math.NaN()
			if alone := rows[0].find(c.Name); alone != nil {
				faster = median(alone.Samples) / median(c.Samples)
			}
			t.Add(fmt.Sprint(row.Threads), c.Name, milliseconds(median(c.Samples)), times(faster))
		}
	}
	t.Write(w)
}

func writeMemory(w io.Writer, r *Result) {
	rows := r.in(groupMemory)
	if len(rows) == 0 {
		return
	}
	t := present.Table{Title: fmt.Sprintf("Peak memory against images: %s, beyond the idle process",
		rows[0].Shape), Head: []string{"images", "program", "MB", "of musc's"}}
	for _, row := range rows {
		for k := range row.Cases {
			c := &row.Cases[k]
			t.Add(fmt.Sprint(row.Images), c.Name, fmt.Sprintf("%.0f", median(c.Samples)/1e6),
				times(median(ratios(c, row.find(caseMusc)))))
		}
	}
	t.Write(w)
}

func writeSteps(w io.Writer, r *Result) {
	for _, row := range r.in(groupSteps) {
		t := present.Table{Title: fmt.Sprintf("Seconds by step, end to end: %d images, %s, %d threads",
			row.Images, row.Shape, row.Threads), Head: []string{"step", "s", "share", "ms an image"}}
		for k := range row.Cases {
			c := &row.Cases[k]
			t.Add(c.Name, fmt.Sprintf("%.3f", median(c.Samples)),
				percent(median(ratios(c, row.find(caseTotal)))),
				fmt.Sprintf("%.1f", 1e3*median(c.Samples)/float64(row.Images)))
		}
		t.Write(w)
	}
}

// listVersions writes names and versions in the order of the names.
func listVersions(versions map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		parts = append(parts, name+" "+versions[name])
	}
	return strings.Join(parts, ", ")
}
