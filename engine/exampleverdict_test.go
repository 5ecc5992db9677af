package engine_test

import (
	"context"
	"fmt"
	"log"

	"musc/engine"
	"musc/engine/verdict"
)

// Thresholds come from the scores before RsCIN, as maps have them; the regions of a photo are the defects,
// in pixels of the photo.
func ExampleImage_Regions() {
	result, err := engine.Score(context.Background(), washers(14), engine.Silent{})
	if err != nil {
		log.Fatal(err)
	}
	var scores []float64
	var names []string
	for _, image := range result.Images {
		scores, names = append(scores, image.ScoreBefore), append(names, image.Name)
	}
	estimator, err := verdict.New("auto", nil)
	if err != nil {
		log.Fatal(err)
	}
	thresholds, err := estimator.Estimate(scores, names)
	if err != nil {
		log.Fatal(err)
	}
	for _, image := range result.Images[4:6] {
		regions, err := image.Regions(result.Height, result.Width, &thresholds)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(image.Name, thresholds.Of(image.ScoreBefore))
		for _, r := range regions {
			fmt.Printf("  %d x %d pixels at (%d,%d), peak %.2f\n", r.Width, r.Height, r.X, r.Y, r.Peak)
		}
	}
	// Output:
	// images/008.png good
	// images/010.png defective
	//   45 x 50 pixels at (130,168), peak 0.60
}
