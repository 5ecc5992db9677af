package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"musc/kernels"
)

// checkSchedules prints the schedule of each kernel that has one beside its row of schedule.csv, and
// says which are not as they must be. A folder without the file must have no such kernels.
func checkSchedules(ctx context.Context, out io.Writer, folder, disassembler string,
	outputs map[string][]byte) error {

	schedules, err := schedulesOf(ctx, disassembler, outputs)
	if err != nil {
		return err
	}
	limits, err := readSchedules(filepath.Join(folder, "schedule.csv"))
	if err != nil && !(errors.Is(err, fs.ErrNotExist) && len(schedules) == 0) {
		return err
	}
	return errors.Join(compareSchedules(out, schedules, limits), predict(out, schedules))
}

// readSchedules reads the columns kernel, products, moved, epilogue.
func readSchedules(path string) ([]schedule, error) {
	var limits []schedule
	err := readNumbers(path, []string{"kernel"}, []string{"products", "moved", "epilogue"},
		func(names []string, numbers []int) {
			limits = append(limits, schedule{kernel: names[0], products: numbers[0], moved: numbers[1],
				epilogue: numbers[2]})
		})
	return limits, err
}

func compareSchedules(out io.Writer, schedules, limits []schedule) error {
	if len(schedules)+len(limits) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nkernel\tproducts a step\taccumulators moved\tepilogue\tof it at half rate")
	var problems []error
	for _, s := range schedules {
		at := slices.IndexFunc(limits, func(l schedule) bool { return l.kernel == s.kernel })
		if at < 0 {
			problems = append(problems, fmt.Errorf("schedule.csv has no row for %s,%d,%d,%d", s.kernel,
				s.products, s.moved, s.epilogue))
			continue
		}
		limit := limits[at]
		fmt.Fprintf(table, "%s\t%d/%d\t%d/%d\t%d/%d\t%d\n", s.kernel, s.products, limit.products, s.moved,
			limit.moved, s.epilogue, limit.epilogue, s.slow)
		if s.products != limit.products {
			problems = append(problems, fmt.Errorf("%s has %d products a step instead of %d", s.kernel,
				s.products, limit.products))
		}
		if s.moved > limit.moved || s.epilogue > limit.epilogue {
			problems = append(problems, fmt.Errorf("%s is over its budget of instructions", s.kernel))
		}
	}
	for _, l := range limits {
		if !slices.ContainsFunc(schedules, func(s schedule) bool { return s.kernel == l.kernel }) {
			problems = append(problems, fmt.Errorf("schedule.csv has a row for %s, which no source has",
				l.kernel))
		}
	}
	return errors.Join(append(problems, table.Flush())...)
}

// An H100 SXM, as the model has it.
const (
	multiprocessors = 132
	clock           = 1.7e9 // a second, with the tensor cores at work
	halfColumns     = 2     // columns of a product of 64 rows and 16 channels in one cycle
	issued          = 0.95  // of the cycles of the main loop a product begins or goes on
	reduceLatency   = 650   // cycles of an epilogue besides its instructions: barriers, loads, atomics
	fillLatency     = 350   // cycles until a tile's first products run
	channelsOfStep  = 64
	buffers         = 4
)

// tileCycles is how long a multiprocessor takes for a tile of a kernel whose two readers lag by the
// buffers, or, as they did before, go together. Each reader's epilogue takes the integer unit two
// cycles an instruction. Together they stop the tensor cores for both epilogues; one after the other
// they do so only for what the other's products, those of the steps between them, do not cover.
func tileCycles(columns, slow, channels int, together bool) float64 {
	steps := float64((channels + channelsOfStep - 1) / channelsOfStep)
	step := 4 * float64(columns) / halfColumns / issued // of one reader
	products := 2 * steps * step
	if together {
		return products + 2*2*float64(slow) + reduceLatency + 500 // 500: a division and loads before it
	}
	reduce := 2*float64(slow) + reduceLatency
	return products + 2*max(0, reduce-(min(steps, buffers)-1)*step) + fillLatency
}

// usefulTeraflops is the speed of the search in useful products, 2 P^2 C for each pair of images.
func usefulTeraflops(columns int, useful, cycles float64, channels int) float64 {
	return 2 * useful * 128 * float64(columns*channels) / cycles * multiprocessors * clock / 1e12
}

// predict prints what the model says of the kernels for the paper's two shapes.
func predict(out io.Writer, schedules []schedule) error {
	const channels = 1024 // of ViT-L
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for k, side := range []int{37, 32} {
		kernel, columns, useful := kernels.HopperTile(side * side)
		at := slices.IndexFunc(schedules, func(s schedule) bool { return s.kernel == kernel })
		if at < 0 {
			continue // the sources of a test
		}
		if k == 0 {
			fmt.Fprintln(table, "\nPredicted for an H100 at 1.7 GHz, not measured (it may be held below "+
				"that by its power):\npatches\tkernel\tuseful\tcycles a tile\tuseful TFLOP/s")
		}
		cycles := tileCycles(columns, schedules[at].slow, channels, false)
		fmt.Fprintf(table, "%dx%d\t%s\t%.1f %%\t%.0f\t%.0f\n", side, side, kernel, 100*useful, cycles,
			usefulTeraflops(columns, useful, cycles, channels))
	}
	return table.Flush()
}
