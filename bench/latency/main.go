// Command latency measures how long one photo takes by banks of several sizes:
//
//	go run ./bench/latency [-sizes 10,100,1000] [-musc ./musc] BANK PHOTOS...
//
// BANK is one of musc bank build by the default model; banks of other sizes are made of its photos' patch
// tokens, repeated with noise. Warm is from a file to its verdict in a process that has scored others; with
// -musc it is measured from the start of a process to its end, too. Processor time stands beside the time, since
// others on the machine lengthen the latter.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"musc/bench/present"
	"musc/engine"
	"musc/engine/bank"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/models/resolve"
)

func main() {
	sizes := flag.String("sizes", "10,100,1000", "photos in the banks")
	musc := flag.String("musc", "", "the program to start anew for a photo")
	photos := flag.Int("photos", 40, "photos that are scored warm; a tenth of them by new processes")
	flag.Parse()
	if err := run(context.Background(), *sizes, *musc, *photos, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "latency:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, sizes, musc string, photos int, args []string) error {
	if len(args) < 2 {
		return fault.New(fault.Usage, "as in: go run ./bench/latency product.musc photos/")
	}
	items, _, err := dataset.Collect(args[1:], dataset.Options{})
	if err != nil {
		return err
	}
	from, err := bank.Open(args[0])
	if err != nil {
		return err
	}
	defer from.Close()
	folder, err := os.MkdirTemp("", "latency-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	table := &present.Table{Title: "One photo by a bank", Head: []string{"good photos", "size, MB", "ready after, s",
		"warm: median, ms", "95 %, ms", "processor, ms", "from start to end: median, s", "processor, s"}}
	for _, text := range strings.Split(sizes, ",") {
		size, err := strconv.Atoi(text)
		if err != nil || size < 1 {
			return fault.New(fault.Usage, "%q is no number of photos", text)
		}
		path := filepath.Join(folder, text+".musc")
		if err := repeat(path, from, size); err != nil {
			return err
		}
		row, err := warm(ctx, path, items, photos)
		if err != nil {
			return err
		}
		cells, err := cold(musc, path, folder, items, photos/10)
		if err != nil {
			return err
		}
		table.Add(append(append([]string{text}, row...), cells...)...)
	}
	table.Write(os.Stdout)
	return nil
}

// warm opens an inspector and scores photos with it.
func warm(ctx context.Context, path string, items []dataset.Item, photos int) ([]string, error) {
	b, err := bank.Open(path)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	job, err := engine.Config{SpillInto: os.TempDir()}.WithBank(b)
	if err != nil {
		return nil, err
	}
	if job.Model, job.Library, err = (resolve.Request{}).Backbone(ctx, ""); err != nil {
		return nil, err
	}
	began := time.Now()
	inspector, err := engine.OpenInspector(ctx, job, engine.Silent{})
	if err != nil {
		return nil, err
	}
	defer inspector.Close()
	ready := time.Since(began)
	var seconds []float64
	var processor time.Duration
	for k := range photos + 3 {
		item := items[k%len(items)]
		began, before := time.Now(), spent(unix.RUSAGE_SELF)
		if _, err := inspector.Inspect(ctx, engine.Photo{Name: item.Name, Path: item.Path}); err != nil {
			return nil, err
		}
		if k >= 3 { // the first ones warm it up
			seconds = append(seconds, time.Since(began).Seconds())
			processor += spent(unix.RUSAGE_SELF) - before
		}
	}
	slices.Sort(seconds)
	return []string{fmt.Sprintf("%.1f", float64(b.Bytes())/1e6), fmt.Sprintf("%.2f", ready.Seconds()),
		milliseconds(seconds[len(seconds)/2]), milliseconds(seconds[len(seconds)*95/100]),
		milliseconds(processor.Seconds() / float64(photos))}, nil
}

// cold starts a process for each photo.
func cold(musc, path, folder string, items []dataset.Item, photos int) ([]string, error) {
	if musc == "" || photos < 1 {
		return []string{"-", "-"}, nil
	}
	var seconds []float64
	before := spent(unix.RUSAGE_CHILDREN)
	for k := range photos {
		command := exec.Command(musc, "score", items[k%len(items)].Path, "--bank", path, "-o",
			filepath.Join(folder, "out"), "--overwrite", "--quiet", "--maps", "none", "--no-overlays", "--no-report")
		began := time.Now()
		if out, err := command.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%v: %w: %s", command.Args, err, out)
		}
		seconds = append(seconds, time.Since(began).Seconds())
	}
	processor := spent(unix.RUSAGE_CHILDREN) - before
	slices.Sort(seconds)
	return []string{fmt.Sprintf("%.2f", seconds[len(seconds)/2]),
		fmt.Sprintf("%.2f", processor.Seconds()/float64(photos))}, nil
}

func milliseconds(seconds float64) string { return fmt.Sprintf("%.0f", 1000*seconds) }

// spent is the processor time of this process, or of those that it has started.
func spent(who int) time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(who, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
