// Command whole measures what the processor does for each photo of a run, step by step, and what the disk adds:
//
//	go run ./bench/whole [-photos 200] [-folder DIR] [-threads 2] [PHOTOS...]
//
// From PHOTOS, or testdata/washer/images, it makes as many of 12 megapixels as JPEG and of 1,000 x 1,000 as PNG
// in the folder, unless they are there, for `musc score` to be tried on as well. Steps run one after the other on
// one thread (the backbone on as many as are said), so that processor seconds are those of the step.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"musc/bench/present"
	"musc/engine/backbone"
	"musc/engine/dataset"
	"musc/models/resolve"
)

func main() {
	count := flag.Int("photos", 200, "photos of each kind")
	sample := flag.Int("sample", 16, "photos of each kind whose steps are measured")
	threads := flag.Int("threads", runtime.GOMAXPROCS(0), "of the backbone")
	folder := flag.String("folder", filepath.Join(os.TempDir(), "musc-whole"), "where the photos are")
	flag.Parse()
	small := flag.Args()
	if len(small) == 0 {
		small = []string{"testdata/washer/images"}
	}
	if err := run(context.Background(), *folder, small, *count, *sample, *threads); err != nil {
		fmt.Fprintln(os.Stderr, "whole:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, folder string, small []string, count, sample, threads int) error {
	items, _, err := dataset.Collect(small, dataset.Options{})
	if err != nil {
		return err
	}
	var paths []string
	for _, item := range items {
		paths = append(paths, item.Path)
	}
	model, library, err := (resolve.Request{}).Backbone(ctx, "")
	if err != nil {
		return err
	}
	session, err := backbone.Open(backbone.Config{Library: library, Model: model, Threads: threads})
	if err != nil {
		return err
	}
	defer session.Close()
	table := &present.Table{Title: "Processor milliseconds of a photo", Head: []string{"step"}}
	var columns []*steps
	for _, of := range kinds {
		if err := makePhotos(folder, of, paths, count); err != nil {
			return err
		}
		s := &steps{session: session, scratch: folder}
		if err := s.measure(ctx, filepath.Join(folder, of.folder), sample); err != nil {
			return err
		}
		table.Head = append(table.Head, of.folder, "passed")
		columns = append(columns, s)
	}
	for k, step := range columns[0].names {
		row := []string{step}
		for _, s := range columns {
			row = append(row, milliseconds(s.spent[k], s.photos), milliseconds(s.passed[k], s.photos))
		}
		table.Add(row...)
	}
	table.Write(os.Stdout)
	return nil
}

func milliseconds(total time.Duration, photos int) string {
	return fmt.Sprintf("%.1f", float64(total.Microseconds())/1000/float64(photos))
}

// processor is the processor time of this process so far.
func processor() time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
