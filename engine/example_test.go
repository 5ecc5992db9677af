package engine_test

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"slices"

	"musc/engine"
	"musc/engine/dataset"
	"musc/models/resolve"
)

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
