package gpubench

import (
	"fmt"
	"io"

	"musc/bench/present"
)

// Machine is what a run is supposed to have: cores, and rates that its stages reach.
type Machine struct {
	Cores     int
	Pageable  float64 // bytes a second between host and device, of memory that is not pinned
	Pinned    float64
	Memory    float64 // of the device, bytes a second
	Cache     float64 // of the device's second level, bytes a second
	Peak      float64 // dense float16 operations a second
	Backbone  float64 // share of Peak that the backbone reaches
	Searching float64 // the same of the search, of useful work
}

// H100 is 16 cores beside an H100 SXM. Peak and Memory are the data sheet's; the others are assumed:
// half of what PCIe 5.0 x16 can do where memory is pinned, and what the model of the search predicts.
var H100 = Machine{Cores: 16, Pageable: 10e9, Pinned: 25e9, Memory: 3.35e12, Cache: 5.5e12,
	Peak: 989.4e12, Backbone: 0.5, Searching: 0.75}

// Milliseconds of one core for a photo of 1000 x 1000 pixels and ViT-L at 518, measured on a virtual
// machine of two busy cores (AMD EPYC): more than a quiet one needs.
const (
	coreDecode    = 4.3  // JPEG of quality 90 by libjpeg-turbo
	coreResize    = 20.3 // to 518 x 518
	coreNormalise = 1.3
	coreStore     = 2.9 // one stage's tokens, copied and checked
	coreMaximum   = 1.8 // of the map of 518 x 518
	coreMap       = 34  // of 1000 x 1000, and its TIFF
	coreOverlay   = 354 // decoded again, drawn, and its PNG
)

// Phases of a run follow each other; within one, what differs in lane goes on at the same time.
const (
	phaseExtract = "photos to tokens"
	phaseScore   = "mutual scoring"
	phaseMaps    = "image scores"
	phaseWrite   = "maps and overlays"
)

// Stage is one stage of a run: its count, and the time of an image that follows from it.
type Stage struct {
	Phase, Lane, Name, Count string
	Milliseconds             float64
}

// Pipeline counts the stages of scoring photos of 1000 x 1000 by ViT-L at 518, as SPEC's sections 1
// to 4 have them, with 30 % of the other images in the interval. It is a computation: no run
// printed it.
func Pipeline(m Machine, images int) []Stage {
	const layers, width, degrees, pixels = 24, 1024, 3, 3 * 518 * 518
	s := Paper[0]
	patches, channels, stages := float64(s.patches()), float64(s.Channels), float64(s.Stages)
	passes, others := stages*degrees, float64(images-1)
	counted := float64(int(others * 0.3))

	tokens := patches + 1 // and the class token
	// A layer: four products of d x d and an MLP of 8 d^2 a token, twice n x n x d of attention.
	backbone := layers*(2*12*tokens*width*width+2*2*tokens*tokens*width) + 2*patches*channels*3*14*14
	raw := stages * patches * channels * 4 // float32
	aggregated := (1 + 9 + 25) * raw       // reads of the windows, in the cache
	// One product a pair serves both images: half of all.
	search := passes * others / 2 * 2 * patches * patches * channels
	keys := passes * others * patches * 8 * 8              // 8 bytes, about 8 times
	distances := passes * counted * patches * channels * 4 // 22 bits: two halves

	per := func(milliseconds float64) float64 { return milliseconds / float64(m.Cores) }
	bytes := func(count, rate float64) (string, float64) {
		return fmt.Sprintf("%.3g MB", count/1e6), 1e3 * count / rate
	}
	work := func(count, rate float64) (string, float64) {
		return fmt.Sprintf("%.3g TFLOP", count/1e12), 1e3 * count / rate
	}
	var all []Stage
	add := func(phase, lane, name string, count string, milliseconds float64) {
		all = append(all, Stage{phase, lane, name, count, milliseconds})
	}
	const cores, one, gpu, bus = "cores", "a core", "GPU", "bus"
	add(phaseExtract, cores, "decode", fmt.Sprintf("%.3g ms of a core", coreDecode), per(coreDecode))
	add(phaseExtract, cores, "resize", fmt.Sprintf("%.3g ms of a core", coreResize), per(coreResize))
	add(phaseExtract, one, "normalise", fmt.Sprintf("%.3g ms of a core", coreNormalise), coreNormalise)
	count, took := bytes(pixels*4, m.Pageable)
	add(phaseExtract, gpu, "pixels to the device", count, took)
	count, took = work(backbone, m.Backbone*m.Peak)
	add(phaseExtract, gpu, "backbone", count, took)
	count, took = bytes(raw, m.Pageable)
	add(phaseExtract, gpu, "tokens to the host", count, took)
	add(phaseExtract, one, "check and store tokens", fmt.Sprintf("%.3g ms of 4 cores each", coreStore),
		coreStore)
	count, took = bytes(raw, m.Pinned)
	add(phaseScore, bus, "tokens to the device", count, took)
	count, took = bytes(aggregated, m.Cache)
	add(phaseScore, gpu, "LNAMD", count, took)
	count, took = work(search, m.Searching*m.Peak)
	add(phaseScore, gpu, "search", count, took)
	count, took = bytes(keys, m.Memory)
	add(phaseScore, gpu, "select the nearest", count, took)
	count, took = bytes(distances, m.Cache)
	add(phaseScore, gpu, "distances", count, took)
	add(phaseMaps, cores, "maximum of the map", fmt.Sprintf("%.3g ms of a core", coreMaximum),
		per(coreMaximum))
	add(phaseWrite, cores, "map as TIFF", fmt.Sprintf("%.3g ms of a core", float64(coreMap)),
		per(coreMap))
	add(phaseWrite, cores, "overlay as PNG", fmt.Sprintf("%.3g ms of a core", float64(coreOverlay)),
		per(coreOverlay))
	return all
}

// slowest is the stage that takes longest among those of some phases; all of them without any.
func slowest(stages []Stage, phases ...string) Stage {
	var found Stage
	for _, s := range stages {
		wanted := len(phases) == 0
		for _, phase := range phases {
			wanted = wanted || s.Phase == phase
		}
		if wanted && s.Milliseconds > found.Milliseconds {
			found = s
		}
	}
	return found
}

// phaseTimes are those of the phases in their order: the slowest lane's of each, lanes being busy at
// the same time.
func phaseTimes(stages []Stage) (names []string, milliseconds map[string]float64) {
	lanes := map[[2]string]float64{}
	milliseconds = map[string]float64{}
	for _, s := range stages {
		if _, ok := milliseconds[s.Phase]; !ok {
			names = append(names, s.Phase)
		}
		lane := [2]string{s.Phase, s.Lane}
		lanes[lane] += s.Milliseconds
		milliseconds[s.Phase] = max(milliseconds[s.Phase], lanes[lane])
	}
	return names, milliseconds
}

// WritePipeline writes the tables of docs/gpu-computed.md.
func WritePipeline(w io.Writer, m Machine, images int) {
	stages := Pipeline(m, images)
	t := present.Table{Title: "Stages, computed", Head: []string{"phase", "by", "stage", "an image",
		"ms an image"}}
	for _, s := range stages {
		t.Add(s.Phase, s.Lane, s.Name, s.Count, fmt.Sprintf("%.2f", s.Milliseconds))
	}
	t.Write(w)
	sums := present.Table{Title: "Phases, computed", Head: []string{"phase", "ms an image",
		"its slowest stage"}}
	names, milliseconds := phaseTimes(stages)
	for _, name := range names {
		sums.Add(name, fmt.Sprintf("%.2f", milliseconds[name]), slowest(stages, name).Name)
	}
	sums.Write(w)
	scores := []string{phaseExtract, phaseScore, phaseMaps}
	total := 0.0
	for _, name := range scores {
		total += milliseconds[name]
	}
	fmt.Fprintf(w, "\nPhotos to scores: %.1f ms an image; the slowest stage is: %s. With everything that "+
		"`musc score`\nwrites by default: %.1f ms; the slowest stage is: %s.\n", total,
		slowest(stages, scores...).Name, total+milliseconds[phaseWrite], slowest(stages).Name)
}
