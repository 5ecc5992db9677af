package engine

import (
	"testing"

	"musc/engine/backbone"
	"musc/engine/device"
	"musc/engine/mutual"
)

// listener keeps the notes of a job.
type listener struct {
	Silent
	notes []string
}

func (l *listener) Note(text string) { l.notes = append(l.notes, text) }

// One line says what runs where, and why not on a GPU where one was wanted.
func TestOneLineSaysWhatRunsWhere(t *testing.T) {
	const runtime, packed = "ONNX Runtime 1.31.1", "ONNX Runtime 1.31.1, CUDA 13"
	for _, test := range []struct {
		name, scorerWhy string
		on              device.Choice
		scorer          mutual.Scorer
		info            backbone.Info
		want            string
	}{
		{"both on a GPU", "", device.Auto, mutual.CUDA{Ordinals: []int{0}},
			backbone.Info{Provider: "CUDA:0", Runtime: packed},
			"backbone: cuda:0 (ONNX Runtime 1.31.1, CUDA 13), mutual scoring: cuda:0"},
		{"no library for the backbone", "", device.Auto, mutual.CUDA{Ordinals: []int{0}},
			backbone.Info{Provider: "CPU", Runtime: runtime, DeviceNote: "x is ONNX Runtime without CUDA; " +
				"run: musc setup gpu"}, "backbone: CPU (ONNX Runtime 1.31.1), mutual scoring: cuda:0; the " +
				"backbone is not on the GPU: x is ONNX Runtime without CUDA; run: musc setup gpu"},
		{"no kernels for the device", "compute capability 7.5 is too low", device.Auto, mutual.CPU{},
			backbone.Info{Provider: "CUDA:0", Runtime: packed}, "backbone: cuda:0 (ONNX Runtime 1.31.1, " +
				"CUDA 13), mutual scoring: CPU; mutual scoring is not on the GPU: compute capability 7.5 is " +
				"too low"},
		{"no GPU", "no NVIDIA driver", device.Auto, mutual.CPU{},
			backbone.Info{Provider: "CPU", Runtime: runtime, DeviceNote: "x is ONNX Runtime without CUDA"},
			"backbone: CPU (ONNX Runtime 1.31.1), mutual scoring: CPU; no GPU is used: no NVIDIA driver"},
		{"the CPU is wanted", "", device.CPU, mutual.CPU{},
			backbone.Info{Provider: "CPU", Runtime: runtime},
			"backbone: CPU (ONNX Runtime 1.31.1), mutual scoring: CPU"},
	} {
		t.Run(test.name, func(t *testing.T) {
			heard := &listener{}
			job := &Config{Device: test.on, scorer: test.scorer, scorerWhy: test.scorerWhy}
			job.noteDevices(heard, test.info)
			if len(heard.notes) != 1 || heard.notes[0] != test.want {
				t.Errorf("got %q, want %q", heard.notes, test.want)
			}
		})
	}
}
