package engine

import (
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	syscpu "golang.org/x/sys/cpu"

	"musc/cgo/cpu"
	"musc/cgo/cuda"
	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/memory"
	"musc/engine/report"
	"musc/engine/results"
	"musc/models/onnxfile"
)

// rows are the images as scores.csv lists them.
func (r *Result) rows() []report.Score {
	rows := make([]report.Score, len(r.Images))
	for i, image := range r.Images {
		rows[i] = report.Score{Image: image.Name, Score: image.Score,
			ScoreBefore: image.ScoreBefore, Subset: image.Subset}
	}
	return rows
}

// Provenance is what results depend on besides photos and settings: how a backbone and a scorer, of
// which other versions, devices or instructions give other last digits, are known again.
type Provenance struct {
	Model     report.Model    `json:"model"`
	Runtime   report.Runtime  `json:"runtime"`
	Decoders  report.Decoders `json:"decoders"`
	Scorer    string          `json:"scorer"` // the implementation of MSM
	SIMD      string          `json:"simd"`
	Processor string          `json:"processor"` // what it can do that ONNX Runtime makes use of
}

// provenance is that of a job with its backbone and scorer.
func (job *Config) provenance(info backbone.Info, scorer string) (from Provenance, err error) {
	if from, err = Here(job.Library); err != nil {
		return from, err
	}
	from.Scorer = scorer
	from.Runtime.Provider, from.Runtime.Note = info.Provider, info.DeviceNote
	if info.OnGPU() {
		from.Runtime.Devices = devicesOf(job.Device.Ordinals)
	}
	from.Model = report.Model{Name: info.Name, ImageSize: info.ImageSize,
		GridHeight: info.GridHeight, GridWidth: info.GridWidth, Stages: info.Stages,
		Channels: info.Channels, ClassDim: info.ClassDim, Mean: info.Mean, Std: info.Std}
	from.Model.Files, err = Identify(job.Model)
	return from, err
}

// Here is what is known of the provenance of jobs on this machine, with an ONNX Runtime library, before any
// runs.
func Here(library string) (from Provenance, err error) {
	from = Provenance{SIMD: cpu.Level(), Processor: processor()}
	var absent error
	if from.Decoders.Names, absent = imageio.Decoders(); absent != nil {
		from.Decoders.Note = absent.Error()
	}
	if from.Runtime.Version, err = backbone.Version(library); err != nil {
		return from, err
	}
	from.Runtime.Library, err = identify(library)
	return from, err
}

// Tokens is the part that decides the patch tokens, and class tokens, of a photo.
func (from Provenance) Tokens() []string {
	parts := []string{"image size " + strconv.Itoa(from.Model.ImageSize),
		"model of " + strings.Join(report.Sums(from.Model.Files), " "),
		"library of " + from.Runtime.Library.SHA256, from.Provider(), from.Decoders.Names}
	if from.Runtime.Devices == nil {
		parts = append(parts, from.Processor)
	}
	return parts
}

// Provider is where the backbone ran: "CPU", or the names of GPUs.
func (from Provenance) Provider() string {
	if from.Runtime.Devices == nil {
		return from.Runtime.Provider
	}
	return strings.Join(from.Runtime.Devices, ", ")
}

// buildOf names the program as it was built: another one may compute otherwise.
func buildOf() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	text := info.Main.Version
	for _, setting := range info.Settings {
		if strings.HasPrefix(setting.Key, "vcs.") {
			text += " " + setting.Value
		}
	}
	return text
}

// devicesOf are the names of GPUs, which need not be there.
func devicesOf(ordinals []int) []string {
	devices, _ := cuda.Devices() // the backbone runs on them
	names := []string{}
	for _, ordinal := range ordinals {
		if ordinal >= 0 && ordinal < len(devices) {
			names = append(names, devices[ordinal].Name)
		}
	}
	return names
}

// processor lists the instructions beyond the common ones by which libraries choose their code.
func processor() string {
	names := []string{runtime.GOARCH}
	for _, can := range []struct {
		name string
		has  bool
	}{
		{"avx2", syscpu.X86.HasAVX2}, {"fma", syscpu.X86.HasFMA}, {"avxvnni", syscpu.X86.HasAVXVNNI},
		{"avx512f", syscpu.X86.HasAVX512F}, {"avx512vnni", syscpu.X86.HasAVX512VNNI},
		{"avx512bf16", syscpu.X86.HasAVX512BF16}, {"amx", syscpu.X86.HasAMXInt8},
		{"sve", syscpu.ARM64.HasSVE}, {"dotprod", syscpu.ARM64.HasASIMDDP},
	} {
		if can.has {
			names = append(names, can.name)
		}
	}
	return strings.Join(names, " ")
}

// run collects what run.json tells.
func (s *saver) run() (report.Run, error) {
	r := s.result
	from, err := s.job.provenance(r.Model, r.Scorer)
	if err != nil {
		return report.Run{}, err
	}
	run := NewRun(from, s.options)
	run.Scoring, run.Scale, run.Depth = s.job.Scoring, s.scale, r.Depth
	run.Counts = report.Counts{Listed: len(s.job.Images), Scored: len(r.Images),
		Skipped: len(r.Skipped), References: len(s.job.References)}
	run.Machine.Threads, run.Machine.MemoryBound = s.job.Threads, s.job.Memory
	run.Machine.Plan = r.Plan
	run.Warnings, run.Shortened = r.Warnings, s.shortened
	run.Timings, run.Skipped = Timed(r.Timings), Left(r.Skipped)
	return run, nil
}

// NewRun begins the record of a run with what is known of it anywhere.
func NewRun(from Provenance, options SaveOptions) report.Run {
	return report.Run{
		Tool:    report.Tool{Name: results.Tool, Version: options.Version, Go: runtime.Version()},
		Started: options.Started, Command: options.CommandLine,
		Model: from.Model, Runtime: from.Runtime, Decoders: from.Decoders,
		Machine: report.Machine{OS: runtime.GOOS, Architecture: runtime.GOARCH, Scorer: from.Scorer,
			SIMD: from.SIMD, Processor: from.Processor, PeakResident: memory.PeakResident()},
	}
}

// Timed and Left are timings and images that were left out, as run.json lists them.
func Timed(timings []Timing) (list []report.Timing) {
	for _, timing := range timings {
		list = append(list, report.Timing{Step: string(timing.Step), Seconds: timing.Seconds})
	}
	return list
}

// Left is like Timed.
func Left(skipped []dataset.Skipped) (list []report.Skipped) {
	for _, image := range skipped {
		list = append(list, report.Skipped{Image: image.Path, Reason: image.Reason})
	}
	return list
}

// Identify reads the files of a model, the graph and those that hold its weights, for their checksums.
func Identify(model string) (files []report.File, err error) {
	paths, err := modelFiles(model)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		file, err := identify(path)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// modelFiles are the graph and the files that it says its weights are in.
func modelFiles(model string) ([]string, error) {
	weights, err := onnxfile.ExternalFiles(model)
	if err != nil {
		return nil, err
	}
	return append([]string{model}, weights...), nil
}

// identify reads a file for its checksum.
func identify(path string) (report.File, error) {
	sum, bytes, err := DigestSize(path)
	if err != nil {
		return report.File{}, fault.New(fault.Setup, "cannot read what the run used: %w; leave it where it is while musc runs",
			err)
	}
	return report.File{Path: path, Bytes: bytes, SHA256: sum}, nil
}
