// Command page makes report pages of any size from a finished run of musc score, and measures them in
// a headless Chromium: bytes of the page, and the time until it can be used.
//
//	go run ./bench/page -run out/demo -o /tmp/page 37 300 1000
//	go run ./bench/page -run out/demo -o /tmp/page -screenshots docs 37
//
// Photos beyond those of the run are the run's again, with scores a little off. Evidence is made up
// from the maps: its pictures and figures look like those of a run, and mean nothing.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"musc/engine/report/page"
)

func main() {
	run := flag.String("run", "", "`FOLDER` of a run of musc score, with maps")
	out := flag.String("o", "", "`FOLDER` for the pages")
	shots := flag.String("screenshots", "", "`FOLDER` for pictures of the last page")
	flag.Parse()
	if err := measureAll(*run, *out, *shots, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measureAll(run, out, shots string, sizes []string) error {
	scored, err := readRun(run)
	if err != nil {
		return err
	}
	fmt.Println("| photos | page, MB | with pictures beside it, MB | ready after, ms |")
	fmt.Println("|---|---|---|---|")
	for _, text := range sizes {
		count, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		folder := filepath.Join(out, text)
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		data, beside, err := scored.data(folder, count)
		if err != nil {
			return err
		}
		if err := page.Write(folder, data); err != nil {
			return err
		}
		path := filepath.Join(folder, page.Name)
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		ready, err := readyAfter(path)
		if err != nil {
			return err
		}
		size := float64(info.Size())
		fmt.Printf("| %d | %.2f | %.2f | %.0f |\n", count, size/1e6, (size+float64(beside))/1e6, ready)
		if shots != "" {
			if err := screenshots(path, shots); err != nil {
				return err
			}
		}
	}
	return nil
}
