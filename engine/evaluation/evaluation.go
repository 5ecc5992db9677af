// Package evaluation measures image scores and anomaly maps on labelled data (SPEC section 6):
// those of the engine, or those of any other method, read from files. A class is measured by
// itself; a data set's figure is the mean over its classes.
package evaluation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/metrics"
	"musc/engine/fault"
)

// Result is what was measured on one class.
type Result struct {
	Class     string             `json:"class"`
	Images    int                `json:"images"`    // that were measured
	Defective int                `json:"defective"` // of them
	Image     metrics.ImageLevel `json:"image"`
	Pixel     metrics.PixelLevel `json:"pixel"`
	Curves    metrics.Curves     `json:"curves"`
	Scores    []Score            `json:"scores"` // as the class lists its images
	Skipped   []string           `json:"skipped,omitempty"`
	Notes     []string           `json:"notes,omitempty"`
}

// Score is one image's.
type Score struct {
	Image     string  `json:"image"`
	Label     string  `json:"label"`
	Defective bool    `json:"defective"`
	Score     float64 `json:"score"`
	Before    float64 `json:"score_before_rscin"`
}

// prediction is what a method says about one image.
type prediction struct {
	Image         labelled.Image
	Score, Before float64
}

// mapReader gives the anomaly map [height,width] of a prediction. It is asked for each twice, and must
// answer the same. The slice may be used again for the next.
type mapReader func(i int) (values []float32, width, height int, err error)

// measure measures the predictions for one class. Masks are brought to the size of the maps.
// Without a map (mapOf is nil), or if defective images have no mask, there are no pixel metrics;
// Result.Notes say why a figure is missing, and what is odd about the masks. Errors are those of ctx, of mapOf, and of kind fault.Input for values that
// are not finite and masks that contradict their labels.
func measure(ctx context.Context, class string, predictions []prediction, mapOf mapReader) (
	*Result, error) {
	result := &Result{Class: class, Images: len(predictions)}
	labels, scores := make([]bool, len(predictions)), make([]float64, len(predictions))
	unmasked := 0
	for i, p := range predictions {
		labels[i], scores[i] = p.Image.Defective, p.Score
		result.Scores = append(result.Scores, Score{p.Image.Name, p.Image.Label, p.Image.Defective,
			p.Score, p.Before})
		if p.Image.Defective {
			result.Defective++
			if len(p.Image.Masks) == 0 {
				unmasked++
			}
		}
	}
	var err error
	if result.Image, err = metrics.Images(labels, scores); err != nil {
		return nil, fmt.Errorf("class %s: %w", class, err)
	}
	if mapOf == nil {
		result.Notes = append(result.reasons(0, 0), "no anomaly maps: no pixel metrics")
		return result, nil
	}
	if unmasked > 0 {
		result.Notes = result.reasons(unmasked, 0)
		return result, nil
	}
	marked := make([]bool, len(predictions)) // whose masks mark anything
	result.Pixel, result.Curves, err = metrics.Pixels(func(yield func(metrics.Image, error) bool) {
		for i, p := range predictions {
			image, err := measured(ctx, p.Image, i, mapOf)
			marked[i] = slices.Contains(image.Mask, true)
			if !yield(image, err) || err != nil {
				return
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("class %s: %w", class, err)
	}
	empty := 0
	for i, p := range predictions {
		if p.Image.Defective && !marked[i] {
			empty++
		}
	}
	result.Notes = slices.Concat(result.reasons(0, empty), result.pixelReasons(),
		maskNotes(predictions))
	return result, nil
}

func measured(ctx context.Context, from labelled.Image, i int, mapOf mapReader) (metrics.Image, error) {
	if err := ctx.Err(); err != nil {
		return metrics.Image{}, err
	}
	image := metrics.Image{Name: from.Path, Defective: from.Defective}
	var err error
	if image.Map, image.Width, image.Height, err = mapOf(i); err != nil {
		return image, err
	}
	image.Mask, err = from.ReadMask(image.Width, image.Height)
	return image, err
}

// OfEngine measures what the engine found out about a class, at the size of the maps that gave the
// image scores: mapSize is that of a view's. Where a part of a photo was not looked at its map is 0.
// Images that the engine left out are not measured, and listed.
func OfEngine(ctx context.Context, class *labelled.Class, found *engine.Result, mapSize int) (
	*Result, error) {
	if mapSize == 0 {
		mapSize = found.Model.ImageSize
	}
	byName := make(map[string]labelled.Image, len(class.Test))
	for _, image := range class.Test {
		byName[image.Name] = image
	}
	predictions := make([]prediction, len(found.Images))
	for i, image := range found.Images {
		labelled, ok := byName[image.Name]
		if !ok {
			return nil, fault.New(fault.Internal, "%s is not of the class %s", image.Name, class.Name)
		}
		predictions[i] = prediction{labelled, image.Score, image.ScoreBefore}
	}
	maps := engineMaps{found: found, side: mapSize}
	result, err := measure(ctx, class.Name, predictions, maps.of)
	if err != nil {
		return nil, err
	}
	for _, skipped := range found.Skipped {
		result.Skipped = append(result.Skipped, skipped.Path+": "+skipped.Reason)
	}
	return result, nil
}

// Items are the class's test images as the engine takes them.
func Items(class *labelled.Class) []dataset.Item {
	items := make([]dataset.Item, len(class.Test))
	for i, image := range class.Test {
		items[i] = image.Item
	}
	return items
}

// referenceStream is the second half of the generator's state, so that it differs from the
// subsets'.
const referenceStream = 0x73686f74 // "shot"

// References draws count of the class's normal images (few-shot): a seeded shuffle of them,
// sorted by name, of which the first count are taken, so that fewer are among more. A negative
// count takes all. More than there are is an error of kind fault.Usage.
func References(class *labelled.Class, count int, seed int64) ([]dataset.Item, error) {
	items := slices.Clone(class.Normal)
	if count < 0 {
		count = len(items)
	}
	if count > len(items) {
		return nil, fault.New(fault.Usage, "class %s has %d normal training images, not the %d that "+
			"are to score; ask for fewer with --shots", class.Name, len(items), count)
	}
	random := rand.New(rand.NewPCG(uint64(seed), referenceStream))
	random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	return items[:count], nil
}

// ReferenceFiles are the files of References.
func ReferenceFiles(class *labelled.Class, count int, seed int64) (paths []string, err error) {
	items, err := References(class, count, seed)
	for _, item := range items {
		paths = append(paths, item.Path)
	}
	return paths, err
}

// Windows are RsCIN's on a data set: the paper's {8,9} for VisA, {2,3} for the others.
func Windows(layout labelled.Layout) []int {
	if layout == labelled.VisA {
		return []int{8, 9}
	}
	return []int{2, 3}
}
