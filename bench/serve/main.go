// Command serve loads a running musc serve with photos and with what is none, and prints what it does then:
//
//	musc serve --bank product.musc &
//	go run ./bench/serve [-address http://127.0.0.1:8080] [-clients 8] [-seconds 60] [-bad 20] PHOTOS...
//
// It ends with an error if anything is answered as it must not be. Memory and processor time are what the
// server's own /metrics say.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"musc/engine/dataset"
	"musc/engine/fault"
)

// options of a run.
type options struct {
	address string
	token   string
	clients int
	bad     int // percent of the requests that are none
	time    time.Duration
	photos  []string
}

func main() {
	var o options
	flag.StringVar(&o.address, "address", "http://127.0.0.1:8080", "where the server is")
	flag.IntVar(&o.clients, "clients", 8, "requests at a time")
	flag.IntVar(&o.bad, "bad", 20, "percent of the requests that are bad on purpose")
	seconds := flag.Float64("seconds", 60, "how long")
	flag.Parse()
	o.time, o.photos, o.token = time.Duration(*seconds*float64(time.Second)), flag.Args(), os.Getenv("MUSC_TOKEN")
	if err := run(context.Background(), os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, o options) error {
	good, err := readPhotos(o.photos)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.time)
	defer cancel()
	l := newLoad(o, good)
	usage := l.watch(ctx)
	began := time.Now()
	l.run(ctx)
	return l.report(w, time.Since(began), usage())
}

// readPhotos reads all photos of folders and files.
func readPhotos(paths []string) (photos [][]byte, err error) {
	items, _, err := dataset.Collect(paths, dataset.Options{})
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		data, err := os.ReadFile(item.Path)
		if err != nil {
			return nil, err
		}
		photos = append(photos, data)
	}
	if len(photos) == 0 {
		return nil, fault.New(fault.Usage, "no photos; as in: go run ./bench/serve testdata/washer/images")
	}
	return photos, nil
}
