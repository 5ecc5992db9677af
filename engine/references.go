package engine

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"slices"

	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/engine/mutual"
)

// An image must not be its own reference: its distance to itself is 0, whatever is wrong with it.
// Where all images score, a reference that is one of the images that score each other counts among
// them already: it is left out of the references for them, and each photo counts once. Where only
// references score, it counts for the other images, and not for itself.

// ownNote says that references are scored, too; "" if none is.
func ownNote(images, references []dataset.Item, photos map[string]int) string {
	own := 0
	for _, list := range ownReferences(images, references, photos) {
		own += len(list)
	}
	return OwnNote(own, len(references))
}

// OwnNote says that so many of the reference images are scored, too; "" for none.
func OwnNote(own, references int) string {
	if own == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d reference images are among the images to score: no image is its own "+
		"reference, and none counts twice", own, references)
}

// ownReferences lists for each image the references that are the same photo.
func ownReferences(images, references []dataset.Item, photos map[string]int) [][]int {
	of := make(map[int][]int)
	for k, reference := range references {
		photo := photos[reference.Path]
		of[photo] = append(of[photo], k)
	}
	own := make([][]int, len(images))
	for i, image := range images {
		own[i] = of[photos[image.Path]]
	}
	return own
}

// photosOf numbers the photos of images, then references: files of the same bytes, copies and links,
// are one photo. Only files of one length that begin and end alike are read whole. The answer is by
// path, and empty without references.
func photosOf(images, references []dataset.Item) map[string]int {
	numbers := make(map[string]int)
	if len(references) == 0 {
		return numbers
	}
	items := slices.Concat(images, references)
	alike := make(map[string][]int)
	for k, item := range items {
		if glance, err := digestOf(item.Path, glanceBytes); err == nil {
			alike[glance] = append(alike[glance], k)
		}
	}
	photos := make([]int, len(items))
	for k := range photos {
		photos[k] = k // one that cannot be read is like no other
	}
	for _, group := range alike {
		if group[0] >= len(images) || group[len(group)-1] < len(images) {
			continue // images alone, or references alone
		}
		first := make(map[string]int)
		for _, k := range group {
			whole, err := digestOf(items[k].Path, 0)
			if err != nil {
				continue
			}
			if other, known := first[whole]; known {
				photos[k] = other
			} else {
				first[whole] = k
			}
		}
	}
	for k, item := range items {
		numbers[item.Path] = photos[k]
	}
	return numbers
}

// glanceBytes is how much of the beginning and of the end of a file tells most photos apart.
const glanceBytes = 1 << 14

// digestOf is the length of a file and the hash of its first and last bytes, or of all if ends is 0.
func digestOf(path string, ends int64) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	size, hash := info.Size(), sha256.New()
	if ends == 0 || size <= 2*ends {
		_, err = io.Copy(hash, file)
	} else {
		_, err = io.Copy(hash, io.NewSectionReader(file, 0, ends))
		if err == nil {
			_, err = io.Copy(hash, io.NewSectionReader(file, size-ends, ends))
		}
	}
	return fmt.Sprintf("%d %x", size, hash.Sum(nil)), err
}

// checkOwn refuses to score images by references only that have none but themselves.
func checkOwn(images []dataset.Item, own [][]int, references int) error {
	for i, list := range own {
		if len(list) == references {
			return fault.New(fault.Input, "%s cannot be scored by references only: the only reference "+
				"is the image itself; give other references, or leave the image out", images[i].Path)
		}
	}
	return nil
}

// scoreMembers is scorer.PatchScores without an image's own references.
func scoreMembers(ctx context.Context, scorer mutual.Scorer, problem mutual.Problem, own [][]int) (
	[]float64, error) {
	shared := referencesAmong(problem.Members, own)
	switch {
	case len(shared) == 0:
		return scorer.PatchScores(ctx, &problem)
	case problem.ReferencesOnly:
		return scoreByOthers(ctx, scorer, problem, own)
	}
	return scoreWithout(ctx, scorer, problem, shared)
}

// referencesAmong are the references that are members themselves, ascending.
func referencesAmong(members []int, own [][]int) (references []int) {
	for _, i := range members {
		references = append(references, own[i]...)
	}
	slices.Sort(references)
	return slices.Compact(references)
}

// scoreWithout is scorer.PatchScores without some references, ascending.
func scoreWithout(ctx context.Context, scorer mutual.Scorer, problem mutual.Problem, without []int) (
	[]float64, error) {
	all := append(grids{problem.References}, problem.ReferenceViews...)
	for _, view := range all {
		defer toEnd(view, without)()
	}
	problem.References, problem.ReferenceViews = nil, nil
	if left := all[0].Shape().Images - len(without); left > 0 {
		all = all.head(left)
		problem.References, problem.ReferenceViews = all[0], all[1:]
	}
	return scorer.PatchScores(ctx, &problem)
}

// scoreByOthers scores images that are references themselves one by one, by the other references, and
// before them all the rest at once.
func scoreByOthers(ctx context.Context, scorer mutual.Scorer, problem mutual.Problem, own [][]int) (
	[]float64, error) {
	members, patches := problem.Members, problem.Images.Shape().Patches()
	scores := make([]float64, len(members)*patches)
	done := 0
	part := func(places, without []int) error {
		part := problem
		part.Members = make([]int, len(places))
		for k, place := range places {
			part.Members[k] = members[place]
		}
		part.Progress = func(pairs, total int) {
			problem.Progress(done+len(places)*pairs/max(total, 1), len(members))
		}
		found, err := scoreWithout(ctx, scorer, part, without)
		if err != nil {
			return err
		}
		for k, place := range places {
			copy(scores[place*patches:], found[k*patches:(k+1)*patches])
		}
		done += len(places)
		return nil
	}
	var free []int
	for place, i := range members {
		if len(own[i]) == 0 {
			free = append(free, place)
		}
	}
	if len(free) > 0 {
		if err := part(free, nil); err != nil {
			return nil, err
		}
	}
	for place, i := range members {
		if len(own[i]) > 0 {
			if err := part([]int{place}, own[i]); err != nil {
				return nil, err
			}
		}
	}
	return scores, nil
}

// toEnd exchanges the listed images, ascending, with the last ones of the store, until restore.
func toEnd(store *features.Store, images []int) (restore func()) {
	var swapped [][2]int
	last := store.Shape().Images - 1
	for k := len(images) - 1; k >= 0; k-- {
		swapped = append(swapped, [2]int{images[k], last})
		exchange(store, images[k], last)
		last--
	}
	return func() {
		for _, pair := range slices.Backward(swapped) {
			exchange(store, pair[0], pair[1])
		}
	}
}

// exchange swaps the tokens of two images, and which of their patches take part.
func exchange(store *features.Store, a, b int) {
	if a == b {
		return
	}
	one, other := store.Active(a), store.Active(b)
	store.SetActive(a, other)
	store.SetActive(b, one)
	for stage := range store.Shape().Stages {
		one, other := store.Tokens(stage, a), store.Tokens(stage, b)
		for k := range one {
			one[k], other[k] = other[k], one[k]
		}
		store.Release(stage, a)
		store.Release(stage, b)
	}
}
