// Command health counts the warnings of package health: how often each comes where nothing is wrong,
// and how often a planted fault is seen. It prints the tables of docs/health.md.
//
//	go run ./bench/health -elpv FOLDER -washers FOLDER -tokens FOLDER -scratch FOLDER
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

func main() {
	var o options
	flag.StringVar(&o.elpv, "elpv", "", "the `FOLDER` of the ELPV data set: labels.csv and images/")
	flag.StringVar(&o.list, "list", "engine/assets/elpv_cracked.csv", "the `FILE` that names the demo's photos")
	flag.StringVar(&o.washers, "washers", "testdata/washer/images", "a `FOLDER` of photos of washers")
	flag.StringVar(&o.tokens, "tokens", "", "a `FOLDER` of class tokens, NAME.npy of each product")
	flag.StringVar(&o.scratch, "scratch", "", "the `FOLDER` for what is kept from run to run")
	flag.Parse()
	if o.elpv == "" || o.scratch == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "health:", err)
		os.Exit(1)
	}
}

// options are where the photos are.
type options struct{ elpv, list, washers, tokens, scratch string }
