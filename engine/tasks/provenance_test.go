package tasks

import (
	"slices"
	"strings"
	"testing"

	"musc/engine"
	"musc/engine/fault"
	"musc/engine/report"
)

// onGPU is the provenance of a part that a machine's GPUs computed.
func onGPU(from *engine.Provenance, scorer string, devices ...string) {
	from.Scorer, from.Runtime.Provider, from.Runtime.Devices = scorer, "CUDA:0", devices
}

func TestOnlyWhatChangesLastDigitsIsAMixture(t *testing.T) {
	const h200 = "NVIDIA H200 (compute capability 9.0) by kernel tiles"
	base := func(from *engine.Provenance) {}
	for name, c := range map[string]struct {
		one, other func(*engine.Provenance)
		want       string // of the other part; "" if both may be merged
	}{
		"equal": {base, base, ""},
		"an old GPU": {base, func(p *engine.Provenance) { onGPU(p, "cuda:0 "+h200, "NVIDIA H200") },
			"mutual scoring by cuda " + h200 + ", backbone on NVIDIA H200"},
		"SIMD level": {base, func(p *engine.Provenance) { p.Scorer, p.SIMD = "cpu (avx512)", "avx512" },
			"mutual scoring by cpu (avx512)"},
		"processor": {base, func(p *engine.Provenance) { p.Processor = "amd64 avx2 amx" },
			"on a processor with amd64 avx2 amx"},
		"runtime": {base, func(p *engine.Provenance) { p.Runtime.Version = "1.30.0" },
			"by ONNX Runtime 1.30.0"},
		"library": {base, func(p *engine.Provenance) { p.Runtime.Library.SHA256 = "0123456789abcdef" },
			"by the library 0123456789ab"},
		"model": {base, func(p *engine.Provenance) {
			p.Model.Files = []report.File{{SHA256: "0123456789abcdef"}, {SHA256: "fedcba9876543210"}}
		}, "of the model 0123456789ab+fedcba987654"},
		"decoders": {base, func(p *engine.Provenance) { p.Decoders.Names = "Go" }, "photos decoded by Go"},
		"paths": {base, func(p *engine.Provenance) {
			p.Runtime.Library.Path, p.Model.Name, p.Runtime.Note = "/x", "y", "z"
		}, ""},
		"another GPU of a machine": {
			func(p *engine.Provenance) { onGPU(p, "cuda:0 "+h200, "NVIDIA H200") },
			func(p *engine.Provenance) { onGPU(p, "cuda:3 "+h200, "NVIDIA H200") }, ""},
		"two GPUs": {
			func(p *engine.Provenance) { onGPU(p, "cuda:0 "+h200, "NVIDIA H200") },
			func(p *engine.Provenance) {
				onGPU(p, "cuda:0 "+h200+", cuda:1 "+h200, "NVIDIA H200", "NVIDIA H200")
			}, ""},
		"the processor beside a GPU": {
			func(p *engine.Provenance) { onGPU(p, "cuda:0 "+h200, "NVIDIA H200") },
			func(p *engine.Provenance) {
				onGPU(p, "cuda:0 "+h200, "NVIDIA H200")
				p.SIMD, p.Processor = "avx512", "amd64 avx512f"
			}, ""},
		"another kernel": {
			func(p *engine.Provenance) { onGPU(p, "cuda:0 "+h200, "NVIDIA H200") },
			func(p *engine.Provenance) { onGPU(p, "cuda:0 "+h200+"2", "NVIDIA H200") },
			"mutual scoring by cuda " + h200 + "2"},
	} {
		r := request(t, 60, 6)
		r.Scoring.Windows = []int{1}
		b := scored(t, r, func(part *Part) {
			change := c.one
			if part.Subset == 2 || part.Subset == 3 {
				change = c.other
			}
			change(&part.Provenance)
			if part.Subset == 4 { // one without images has no digits
				part.Images, part.Scores, part.Class = nil, nil, nil
				part.Provenance.Scorer = "cpu (definition)"
			}
		})
		merged, err := b.merge(false)
		if c.want == "" {
			if err != nil || merged.Mixed {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if fault.KindOf(err) != fault.Input {
			t.Errorf("%s: %v of kind %v", name, err, fault.KindOf(err))
			continue
		}
		for _, part := range []string{"parts 0,1,5: ", "; parts 2,3: " + c.want + ";", "remove the parts 2,3",
			"score tasks 2,3", "--allow-mixed"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q is not in %q", name, part, err)
			}
		}
		merged, err = b.merge(true)
		if err != nil || !merged.Mixed || !slices.ContainsFunc(merged.Warnings, func(text string) bool {
			return strings.Contains(text, "parts 2,3: "+c.want)
		}) {
			t.Errorf("%s: allowed, %+v, %v", name, merged, err)
		}
		if _, err := b.merge(false); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: no longer allowed: %v", name, err)
		}
	}
}
