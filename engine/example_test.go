package engine_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"testing"

	"musc/engine"
	"musc/engine/dataset"
	"musc/models/resolve"
)

// TestMain leaves the examples out, and says so, where they have no model to run: an example cannot skip.
func TestMain(m *testing.M) {
	flag.Parse()
	skip := flag.Lookup("test.skip")
	if _, _, err := (resolve.Request{}).Backbone(context.Background(), ""); err != nil &&
		skip.Value.String() == "" {
		fmt.Fprintln(os.Stderr, "examples are left out:", err)
		skip.Value.Set("^Example")
	}
	os.Exit(m.Run())
}

// washers is a job of the first so many photos of a labelled list, with the default model.
func washers(count int) engine.Config {
	model, library, err := resolve.Request{}.Backbone(context.Background(), "")
	if err != nil {
		log.Fatal(err)
	}
	photos, _, err := dataset.Collect([]string{"../testdata/washer/labels.csv"}, dataset.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return engine.Config{Images: photos[:count], Model: model, Library: library,
		Scoring: engine.Defaults()}
}

// Scores a folder with the default model, which musc setup has fetched, and the paper's settings. The
// results are in memory; nothing is written.
func Example() {
	ctx := context.Background()
	model, library, err := resolve.Request{}.Backbone(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	photos, skipped, err := dataset.Collect([]string{"../testdata/washer/images"}, dataset.Options{})
	if err != nil {
		log.Fatal(err)
	}
	result, err := engine.Score(ctx, engine.Config{Images: photos, Model: model, Library: library,
		Scoring: engine.Defaults()}, engine.Silent{})
	if err != nil {
		log.Fatal(err)
	}
	slices.SortFunc(result.Images, func(a, b engine.Image) int { return cmp.Compare(a.Rank, b.Rank) })
	fmt.Println(len(result.Images), "scored,", len(skipped)+len(result.Skipped), "left out")
	for _, image := range result.Images[:3] {
		fmt.Printf("%s %.3f\n", image.Name, image.Score)
	}
	// Output:
	// 30 scored, 0 left out
	// 010.png 0.945
	// 024.png 0.897
	// 034.png 0.377
}
