package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"musc/bench/gpubench"
	"musc/engine/dataset"
	"musc/engine/fault"
)

// measureGPU measures cuda:0, and all devices together if there are several, and saves what it found
// under the device's name. Without a device one line says why there is none.
func (p plan) measureGPU(ctx context.Context, folder string, stdout, told io.Writer) error {
	names, err := gpubench.Devices()
	if err != nil {
		fmt.Fprintf(told, "no CUDA device is measured: %v\n", err)
		return nil
	}
	fmt.Fprintf(told, "measuring %s\n", names[0])
	device := gpubench.Full()
	if p.quick {
		device = gpubench.Quick()
	}
	device.Say = func(format string, arguments ...any) {
		fmt.Fprintf(told, "        %s\n", fmt.Sprintf(format, arguments...))
	}
	if device.Scratch, err = os.MkdirTemp("", "musc-bench-*"); err != nil {
		return fault.New(fault.Output, "cannot make a temporary folder: %w", err)
	}
	defer os.RemoveAll(device.Scratch)
	if device.Photos, _, err = dataset.Collect([]string{p.photos}, dataset.Options{}); err != nil {
		device.Photos = nil // the device's part says that there are none
	}
	if p.peers {
		if environment, err := peersFolder(); err == nil {
			device.Pythons = append(device.Pythons, pythonOf(environment))
		}
		device.Pythons = append(device.Pythons, "python3")
	}
	result, err := device.Measure(ctx, 0)
	if result == nil || len(result.Searches) == 0 || ctx.Err() != nil {
		return err
	}
	markdown, problem := result.Save(folder) // what was measured before an error counts
	fmt.Fprint(stdout, markdown)
	return errors.Join(err, problem)
}
