package gpubench

import (
	"fmt"
	"io"
	"slices"

	"musc/bench/present"
)

// write writes the result as Markdown.
func (r *Result) write(w io.Writer) {
	fmt.Fprintf(w, "# musc on %s\n\nDriver for CUDA %s. ", r.Device, r.Driver)
	if r.PyTorch != "" {
		fmt.Fprintf(w, "Beside it %s. ", r.PyTorch)
	}
	fmt.Fprint(w, "Patch tokens are synthetic; what runs on the device is timed by its events.\n")
	r.writeGoals(w)
	r.writeSearches(w)
	r.writeScorings(w)
	r.writeRuns(w)
	r.writeScaling(w)
	for k, note := range r.Notes {
		if k == 0 {
			fmt.Fprint(w, "\n## Left out\n\n")
		}
		fmt.Fprintf(w, "- %s\n", note)
	}
}

func (r *Result) writeGoals(w io.Writer) {
	t := present.Table{Title: "Goals, on an H100", Head: []string{"musc", "measured", "goal", "verdict"}}
	for _, g := range r.goals() {
		t.Add(g.text, g.measured, g.want, g.verdict)
	}
	t.Write(w)
}

func (r *Result) writeSearches(w io.Writer) {
	t := present.Table{Title: "The search by itself, one degree",
		Head: []string{"tokens of", "images", "ms", "TFLOP/s, useful", "cuBLAS's product, TFLOP/s",
			"of cuBLAS"}}
	for _, s := range r.Searches {
		product, share := "-", "-"
		if peer := r.peer(s.Shape); peer != nil {
			product = fmt.Sprintf("%.1f", peer.Teraflops)
			share = fmt.Sprintf("%.0f %%", 100*s.Teraflops/peer.Teraflops)
		}
		t.Add(s.Shape, fmt.Sprint(s.Images), fmt.Sprintf("%.3f", s.Milliseconds),
			fmt.Sprintf("%.1f", s.Teraflops), product, share)
	}
	t.Write(w)
}

func (r *Result) writeScorings(w io.Writer) {
	t := present.Table{Title: "Mutual scoring, tokens and scores in host memory, degrees 1, 3, 5, " +
		"ms an image", Head: []string{"tokens of", "images", "s", "kernel", "near", "bound, MB", "ms",
		"peak MB", "published", "PyTorch's best", "difference to the device's kernel"}}
	for _, s := range r.Scorings {
		bound, slow, best := "none", "-", "-"
		if s.Bound > 0 {
			bound = fmt.Sprintf("%.0f", float64(s.Bound)/1e6)
		}
		if peer := r.peer(s.Shape); peer != nil && s.Subsets == 1 && s.Near == 0 {
			slow = fmt.Sprintf("%.1f (%.1fx)", peer.Published, peer.Published/s.Milliseconds)
			best = fmt.Sprintf("%.1f (%.1fx)", peer.Best, peer.Best/s.Milliseconds)
		}
		t.Add(s.Shape, fmt.Sprint(s.Images), fmt.Sprint(s.Subsets), s.kernel(), s.near(), bound,
			fmt.Sprintf("%.2f", s.Milliseconds), megabytes(s.PeakBytes), slow, best,
			fmt.Sprintf("%.1e", s.Difference))
	}
	t.Write(w)
	steps := present.Table{Title: "Its steps on the device, ms an image; copying runs beside the others",
		Head: []string{"tokens of", "s", "kernel", "near", "bound, MB"}}
	const first = 5 // of the columns of steps
	for _, s := range r.Scorings {
		if len(steps.Head) == first {
			for _, step := range s.Steps {
				steps.Head = append(steps.Head, step.Step)
			}
		}
		bound := "none"
		if s.Bound > 0 {
			bound = fmt.Sprintf("%.0f", float64(s.Bound)/1e6)
		}
		cells := []string{s.Shape, fmt.Sprint(s.Subsets), s.kernel(), s.near(), bound}
		steps.Add(append(cells, cellsOf(s.Steps, steps.Head[first:])...)...)
	}
	steps.Write(w)
}

func (s Scoring) kernel() string {
	if s.Kernel == "" {
		return "the device's"
	}
	return s.Kernel
}

func (s Scoring) near() string {
	if s.Near == 0 {
		return "any"
	}
	return fmt.Sprint(s.Near)
}

func (r *Result) writeRuns(w io.Writer) {
	t := present.Table{Title: "The paper's table: photos to scores, ms an image; its own figures are of " +
		"an RTX 3090", Head: []string{"backbone", "images", "s"}}
	first := len(t.Head)
	for _, run := range r.Runs {
		for _, step := range run.Steps {
			if !slices.Contains(t.Head, step.Step) {
				t.Head = append(t.Head, step.Step)
			}
		}
	}
	names := slices.Clone(t.Head[first:])
	t.Head = append(t.Head, "all", "peak MB", "the paper's ms", "the paper's MB")
	for _, run := range r.Runs {
		cells := append([]string{run.Shape, fmt.Sprint(run.Images), fmt.Sprint(run.Subsets)},
			cellsOf(run.Steps, names)...)
		milliseconds, memory := paperCells(run.Shape, run.Subsets)
		t.Add(append(cells, fmt.Sprintf("%.2f", run.Milliseconds), megabytes(run.PeakBytes),
			milliseconds, memory)...)
	}
	t.Write(w)
}

func (r *Result) writeScaling(w io.Writer) {
	t := present.Table{Title: "Mutual scoring on several devices",
		Head: []string{"tokens of", "images", "devices", "ms an image", "faster than one by"}}
	for _, s := range r.Scaling {
		one := r.Scaling[slices.IndexFunc(r.Scaling, func(other Scaling) bool {
			return other.Shape == s.Shape
		})]
		t.Add(s.Shape, fmt.Sprint(s.Images), fmt.Sprint(s.Devices), fmt.Sprintf("%.2f", s.Milliseconds),
			fmt.Sprintf("%.2fx", one.Milliseconds/s.Milliseconds))
	}
	t.Write(w)
}

// cellsOf are the times of the steps by these names, dashes for those that did not run.
func cellsOf(steps []StepTime, names []string) (cells []string) {
	for _, name := range names {
		cell := "-"
		for _, step := range steps {
			if step.Step == name {
				cell = fmt.Sprintf("%.2f", step.Milliseconds)
			}
		}
		cells = append(cells, cell)
	}
	return cells
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.0f", float64(bytes)/1e6) }
