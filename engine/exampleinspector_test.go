package engine_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"

	"musc/engine"
	"musc/engine/bank"
	"musc/engine/dataset"
)

// A bank of good photos scores single ones: the model and the bank stay ready in an Inspector, which
// several goroutines may ask.
func ExampleInspector() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "bank")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	job := washers(12)
	job.Images = slices.DeleteFunc(job.Images, func(i dataset.Item) bool { return i.Label != "0" })
	path := filepath.Join(folder, "washers.musc")
	change, err := engine.BuildBank(ctx, job, engine.BankOptions{Path: path, Nearest: true,
		Threshold: "0.35", Started: time.Now()}, engine.Silent{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(change.Added), "photos in the bank")

	good, err := bank.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer good.Close()
	if job, err = job.WithBank(good); err != nil {
		log.Fatal(err)
	}
	inspector, err := engine.OpenInspector(ctx, job, engine.Silent{})
	if err != nil {
		log.Fatal(err)
	}
	defer inspector.Close()
	for _, name := range []string{"024.png", "028.png"} {
		found, err := inspector.Inspect(ctx, engine.Photo{Path: "../testdata/washer/images/" + name})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s %.3f %s, %d regions\n", name, found.Score, found.Verdict, len(found.Regions))
	}
	// Output:
	// 7 photos in the bank
	// 024.png 0.580 defective, 1 regions
	// 028.png 0.312 good, 0 regions
}
