package gpubench

import (
	"fmt"

	"musc/bench/present"
)

// draw writes base-search.png, base-scoring.png and base-paper.png, those that were measured.
func (r *Result) draw(base string) error {
	search := present.NewBars("The search by itself, and cuBLAS's product", "TFLOP/s")
	for _, s := range r.Searches {
		search.Add("musc, useful", s.Shape, s.Teraflops)
		if peer := r.peer(s.Shape); peer != nil {
			search.Add("cuBLAS", s.Shape, peer.Teraflops)
		}
	}
	scoring := present.NewBars("Mutual scoring, by step on the device", "ms an image")
	for _, s := range r.Scorings {
		if s.Bound > 0 {
			continue
		}
		where := fmt.Sprintf("%s, s = %d, kernel: %s", s.Shape, s.Subsets, s.kernel())
		if s.Near > 0 {
			where += ", near " + s.near()
		}
		for _, step := range s.Steps {
			scoring.Add(step.Step, where, step.Milliseconds)
		}
	}
	paper := present.NewBars("Photos to scores", "ms an image")
	for _, run := range r.Runs {
		where := fmt.Sprintf("%s, s = %d", run.Shape, run.Subsets)
		paper.Add("here", where, run.Milliseconds)
		if rows, ok := published[run.Shape]; ok && run.Subsets <= len(rows) {
			paper.Add("the paper, RTX 3090", where, rows[run.Subsets-1].milliseconds)
		}
	}
	for name, bars := range map[string]*present.Bars{"search": search, "scoring": scoring,
		"paper": paper} {
		picture, err := bars.Plot()
		if err == nil && picture != nil {
			err = present.Save(picture, base+"-"+name+".png")
		}
		if err != nil {
			return fmt.Errorf("drawing %s: %w", name, err)
		}
	}
	return nil
}
