package engine

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"musc/engine/bank"
	"musc/engine/fault"
)

// findPhotos are the places, ascending, of the photos with the names, or of a pattern. Errors are of
// kind fault.Usage, and list names that are near.
func findPhotos(photos []bank.Photo, names []string) ([]int, error) {
	if len(names) == 0 {
		return nil, fault.New(fault.Usage, "no photo named; musc bank info --json lists them")
	}
	chosen := map[int]bool{}
	for _, name := range names {
		found := false
		exact := slices.ContainsFunc(photos, func(p bank.Photo) bool { return p.Name == name })
		for place, photo := range photos {
			match := photo.Name == name
			if !exact { // a name may have the characters of patterns
				match, _ = doublestar.Match(name, photo.Name) // one that makes no sense matches nothing
			}
			if match {
				chosen[place], found = true, true
			}
		}
		if !found {
			return nil, fault.New(fault.Usage, "the bank has no photo %q%s", name, nearNames(photos, name))
		}
	}
	places := make([]int, 0, len(chosen))
	for place := range chosen {
		places = append(places, place)
	}
	slices.Sort(places)
	return places, nil
}

// nearNames lists up to five names like the one that is missing.
func nearNames(photos []bank.Photo, name string) string {
	type near struct {
		name     string
		distance int
	}
	var all []near
	for _, photo := range photos {
		distance := min(edits(name, photo.Name), 1+edits(path.Base(name), path.Base(photo.Name)))
		if distance <= 1+len(path.Base(name))/3 {
			all = append(all, near{photo.Name, distance})
		}
	}
	slices.SortFunc(all, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	if len(all) == 0 {
		return "; musc bank info --json lists those it has"
	}
	texts := make([]string, 0, 5)
	for _, one := range all[:min(len(all), 5)] {
		texts = append(texts, fmt.Sprintf("%q", one.name))
	}
	return "; near are " + strings.Join(texts, ", ")
}

// edits is the Levenshtein distance of two names, in characters.
func edits(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := upTo(len(to) + 1)
	for i, x := range from {
		corner := row[0] // of the row before
		row[0] = i + 1
		for j, y := range to {
			change := corner
			if x != y {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, corner+1)
		}
	}
	return row[len(to)]
}
