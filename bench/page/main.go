// Command page measures the report's page in a headless Chromium: its bytes, the time until it can be
// used, and the time of a picture while its threshold moves. The pages are a finished run's with so
// many photos.
//
//	go run ./bench/page -report out/demo/report.html -o /tmp/pages 37 300 1000 3000
//	go run ./bench/page -report out/demo/report.html -screenshots docs
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"musc/engine/report/page"
	"musc/engine/results"
)

func main() {
	report := flag.String("report", "", "the `report.html` of a run of musc score")
	out := flag.String("o", "", "`FOLDER` for pages of other sizes")
	shots := flag.String("screenshots", "", "`FOLDER` for pictures of the report")
	flag.Parse()
	err := measureAll(*report, *out, flag.Args())
	if err == nil && *shots != "" {
		err = screenshots(*report, *shots)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measureAll(report, out string, sizes []string) error {
	run, err := page.Read(report)
	if err != nil || len(sizes) == 0 {
		return err
	}
	fmt.Println("| photos | page, MB | with the pictures beside it, MB | ready after, ms | redrawn in, ms |")
	fmt.Println("|---|---|---|---|---|")
	for _, text := range sizes {
		count, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		folder := filepath.Join(out, text)
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		data, beside, err := grow(run, folder, count)
		if err != nil {
			return err
		}
		if err := page.Write(folder, data); err != nil {
			return err
		}
		path := filepath.Join(folder, results.ReportFile)
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		ready, redrawn, err := times(path)
		if err != nil {
			return err
		}
		size := float64(info.Size())
		fmt.Printf("| %d | %.2f | %.2f | %.0f | %.0f |\n", count, size/1e6, (size+float64(beside))/1e6, ready,
			redrawn)
	}
	return nil
}
