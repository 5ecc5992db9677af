package reproduce

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"musc/engine/plain"
	"musc/engine/report"
)

// Reason is what may have made two runs differ.
type Reason struct {
	Kind string `json:"kind"` // edited, inputs, version, model, runtime, simd, processor, gpu, decoders, threads, record
	Text string `json:"text"`
}

// Reasons are what two runs do not share, the likeliest reason first. inputs may be nil: not checked.
func Reasons(then, now *Record, inputs *Inputs) []Reason {
	list := []Reason{}
	add := func(kind, format string, args ...any) {
		list = append(list, Reason{kind, fmt.Sprintf(format, args...)})
	}
	for _, name := range then.guarded() {
		if then.wasEdited(name) {
			add("edited", "%s was changed after the run: its bytes are not those that run.json records", name)
		}
	}
	if inputs != nil {
		for _, part := range inputs.inWords() {
			add("inputs", "photos and other inputs %s", part)
		}
	}
	differ := func(kind, what, old, new string) {
		if old != new && old != "" && new != "" {
			add(kind, "%s: %s then, %s now", what, old, new)
		}
	}
	a, b := &then.Run, &now.Run
	differ("version", "musc", a.Tool.Version, b.Tool.Version)
	differ("model", "the model", modelInWords(a.Model), modelInWords(b.Model))
	differ("runtime", "ONNX Runtime", libraryInWords(a.Runtime), libraryInWords(b.Runtime))
	differ("simd", "SIMD level", a.Machine.SIMD, b.Machine.SIMD)
	differ("processor", "the processor can do", a.Machine.Processor, b.Machine.Processor)
	differ("gpu", "the backbone ran on", deviceInWords(a.Runtime), deviceInWords(b.Runtime))
	if strings.HasPrefix(a.Machine.Scorer, "cuda") || strings.HasPrefix(b.Machine.Scorer, "cuda") {
		differ("gpu", "mutual scoring by", a.Machine.Scorer, b.Machine.Scorer)
	}
	differ("decoders", "photos were decoded by", a.Decoders.Names, b.Decoders.Names)
	if a.Machine.Threads > 0 && b.Machine.Threads > 0 && a.Machine.Threads != b.Machine.Threads {
		add("threads", "threads: %d then, %d now", a.Machine.Threads, b.Machine.Threads)
	}
	differ("version", "Go", a.Tool.Go, b.Tool.Go)
	if len(then.Missing) > 0 {
		add("record", "the record does not have %s", strings.Join(then.Missing, "; nor "))
	}
	return list
}

// guarded are the results whose checksums are recorded.
func (r *Record) guarded() []string {
	if r.Run.Repeat == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(r.Run.Repeat.Results))
}

// inWords names some of the inputs that are not as they were.
func (in *Inputs) inWords() (parts []string) {
	const named = 5
	for _, of := range []struct {
		paths []string
		what  string
	}{{in.Changed, "changed since"}, {in.Missing, "not there any more"}, {in.New, "new"}} {
		if len(of.paths) == 0 {
			continue
		}
		text := fmt.Sprintf("%d %s: ", len(of.paths), of.what)
		if len(of.paths) == 1 {
			text = of.what + ": "
		}
		quoted := make([]string, 0, named)
		for _, path := range of.paths[:min(named, len(of.paths))] {
			quoted = append(quoted, plain.InSentence(path))
		}
		text += strings.Join(quoted, ", ")
		if more := len(of.paths) - named; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		parts = append(parts, text)
	}
	return parts
}

// short is the beginning of a checksum: enough to tell two apart.
func short(sum string) string { return sum[:min(len(sum), 12)] }

func modelInWords(of report.Model) string {
	var sums []string
	for _, sum := range report.Sums(of.Files) {
		sums = append(sums, short(sum))
	}
	if of.Name == "" && len(sums) == 0 {
		return ""
	}
	return fmt.Sprintf("%s (sha256 %s)", of.Name, strings.Join(sums, "+"))
}

func libraryInWords(of report.Runtime) string {
	if of.Library.SHA256 == "" {
		return ""
	}
	return fmt.Sprintf("%s (sha256 %s)", of.Version, short(of.Library.SHA256))
}

func deviceInWords(of report.Runtime) string {
	if of.Devices == nil {
		return of.Provider
	}
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(of.Devices))), ", ")
}

// String says how what the run read is now, for people.
func (in *Inputs) String() string {
	if in.Same() {
		if in.Checked == 1 {
			return "1 file as it was"
		}
		return fmt.Sprintf("%d files as they were", in.Checked)
	}
	return strings.Join(in.inWords(), "; ")
}
