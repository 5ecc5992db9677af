package paper

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"

	"musc/engine/evaluation/metrics"
)

// sampleMilliseconds is how often the driver's tool is asked for the memory in use.
const sampleMilliseconds = 50

// gpuMemory watches how much memory of one GPU is in use, with the driver's own tool, which counts
// the process's context and ONNX Runtime's share too; but also what other processes change.
type gpuMemory struct {
	cancel          context.CancelFunc
	ended           chan struct{}
	baseline, peak  atomic.Int64 // MiB
	standardOutput  io.ReadCloser
	samplingProcess *exec.Cmd
}

// watchGPU begins to watch the GPU of that index; nil for a negative one, or if there is no tool to
// ask. It returns when the first figure is there, from which the peak counts.
func watchGPU(ctx context.Context, index int) *gpuMemory {
	if index < 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &gpuMemory{cancel: cancel, ended: make(chan struct{})}
	w.samplingProcess = exec.CommandContext(ctx, "nvidia-smi", "-i", strconv.Itoa(index),
		"--query-gpu=memory.used", "--format=csv,noheader,nounits", "-lms",
		strconv.Itoa(sampleMilliseconds))
	var err error
	if w.standardOutput, err = w.samplingProcess.StdoutPipe(); err == nil {
		err = w.samplingProcess.Start()
	}
	if err != nil {
		cancel()
		return nil
	}
	first := make(chan bool, 1)
	go w.read(first)
	if !<-first {
		w.stop()
		return nil
	}
	return w
}

// read takes one figure a line until the tool ends, and says when the first one is there, or none.
func (w *gpuMemory) read(first chan<- bool) {
	defer close(w.ended)
	lines, begun := bufio.NewScanner(w.standardOutput), false
	for lines.Scan() {
		used, err := strconv.ParseInt(strings.TrimSpace(lines.Text()), 10, 64)
		if err != nil {
			break // "[N/A]", or a message
		}
		if !begun {
			w.baseline.Store(used)
			first <- true
		}
		begun = true
		w.peak.Store(max(w.peak.Load(), used))
	}
	if !begun {
		first <- false
	}
}

// stop ends the watch and returns the peak above the first figure, in megabytes of 10^6 bytes. On a
// nil watch it is none.
func (w *gpuMemory) stop() metrics.Value {
	if w == nil {
		return metrics.Value{}
	}
	w.cancel()
	<-w.ended
	_ = w.samplingProcess.Wait() // it was killed
	return metrics.Some(float64(w.peak.Load()-w.baseline.Load()) * (1 << 20) / 1e6)
}
