package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime"

	"musc/cgo/cpu"
	"musc/engine/backbone"
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

// run collects what run.json tells.
func (s *saver) run() (report.Run, error) {
	r, info := s.result, s.result.Model
	run := report.Run{
		Tool:    report.Tool{Name: results.Tool, Version: s.options.Version, Go: runtime.Version()},
		Started: s.options.Started, Command: s.options.CommandLine, Scoring: s.job.Scoring,
		Model: report.Model{Name: info.Name, ImageSize: info.ImageSize,
			GridHeight: info.GridHeight, GridWidth: info.GridWidth, Stages: info.Stages,
			Channels: info.Channels, ClassDim: info.ClassDim, Mean: info.Mean, Std: info.Std},
		Runtime: report.Runtime{Provider: info.Provider, Note: info.DeviceNote},
		Counts: report.Counts{Listed: len(s.job.Images), Scored: len(r.Images),
			Skipped: len(r.Skipped), References: len(s.job.References)},
		Scale: s.scale, Depth: r.Depth,
		Machine: report.Machine{OS: runtime.GOOS, Architecture: runtime.GOARCH, Scorer: r.Scorer,
			SIMD: cpu.Level(), Threads: s.job.Threads, MemoryBound: s.job.Memory,
			PeakResident: memory.PeakResident(), Plan: r.Plan},
		Warnings: r.Warnings, Shortened: s.shortened,
	}
	var absent error
	if run.Decoders.Names, absent = imageio.Decoders(); absent != nil {
		run.Decoders.Note = absent.Error()
	}
	for _, timing := range r.Timings {
		run.Timings = append(run.Timings, report.Timing{
			Step: string(timing.Step), Seconds: timing.Seconds})
	}
	for _, skipped := range r.Skipped {
		run.Skipped = append(run.Skipped, report.Skipped{Image: skipped.Path, Reason: skipped.Reason})
	}
	var err error
	if run.Runtime.Version, err = backbone.Version(s.job.Library); err != nil {
		return run, err
	}
	if run.Runtime.Library, err = identify(s.job.Library); err != nil {
		return run, err
	}
	run.Model.Files, err = Identify(s.job.Model)
	return run, err
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
	file, err := os.Open(path)
	if err != nil {
		return report.File{}, fault.New(fault.Setup, "cannot read what the run used: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	bytes, err := io.Copy(hash, file)
	if err != nil {
		return report.File{}, fault.New(fault.Setup, "cannot read what the run used: %w", err)
	}
	return report.File{Path: path, Bytes: bytes, SHA256: hex.EncodeToString(hash.Sum(nil))}, nil
}
