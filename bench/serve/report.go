package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"musc/bench/present"
	"musc/engine/fault"
)

// report prints what the run gave. An answer that must not be, a panic and a run without any photo are errors.
func (l *load) report(w io.Writer, took time.Duration, samples []sample) error {
	slices.Sort(l.seconds)
	photos := len(l.seconds)
	fmt.Fprintf(w, "%d clients for %.0f s, %d %% of the requests bad on purpose\n", l.clients, took.Seconds(), l.bad)
	if photos > 0 {
		fmt.Fprintf(w, "%d photos were scored, %.1f a second; latency: median %.0f ms, 95 %% %.0f ms, 99 %% %.0f ms\n",
			photos, float64(photos)/took.Seconds(), 1000*l.quantile(.5), 1000*l.quantile(.95), 1000*l.quantile(.99))
	}
	if len(samples) > 1 {
		first, last := samples[0], samples[len(samples)-1]
		share := (last.cpu - first.cpu) / last.at.Sub(first.at).Seconds()
		fmt.Fprintf(w, "processor: %.2f of %d cores in use by the server\n", share, runtime.NumCPU())
		fmt.Fprintf(w, "memory, MB:")
		for k := range 11 {
			fmt.Fprintf(w, " %.0f", samples[k*(len(samples)-1)/10].resident/1e6)
		}
		fmt.Fprintln(w)
		if last.panics > 0 {
			return fault.New(fault.Internal, "the server had %v panics", last.panics)
		}
	}
	table := &present.Table{Title: "Requests by answer", Head: []string{"sent", "answers"}}
	for _, k := range kinds {
		var answers []string
		for _, status := range slices.Sorted(maps.Keys(l.counts[k.name])) {
			text := fmt.Sprintf("%d: %d", status, l.counts[k.name][status])
			if status == 0 {
				text = fmt.Sprintf("none: %d", l.counts[k.name][status])
			}
			answers = append(answers, text)
		}
		table.Add(k.name, strings.Join(answers, ", "))
	}
	table.Write(w)
	switch {
	case len(l.wrong) > 0:
		return fault.New(fault.Internal, "answers that must not be: %s", strings.Join(l.wrong, "; "))
	case photos == 0:
		return fault.New(fault.Internal, "no photo was scored (%d answers %d)",
			l.counts[goodName][http.StatusServiceUnavailable], http.StatusServiceUnavailable)
	}
	return nil
}

// quantile of the latencies, which are ascending.
func (l *load) quantile(q float64) float64 { return l.seconds[int(q*float64(len(l.seconds)-1))] }
