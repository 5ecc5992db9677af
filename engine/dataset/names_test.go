package dataset

import (
	"fmt"
	"math/rand/v2"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/realpath"
)

// slowNames says what nameAll does: a path has depths[path] components of its own as its name, and
// as long as some are equal, all that share one take one more.
func slowNames(depths map[string]int) map[string]string {
	names := map[string]string{}
	for {
		sharing := map[string]int{}
		for each, depth := range depths {
			parts := strings.Split(strings.TrimPrefix(each, "/"), "/")
			names[each] = path.Join(parts[max(0, len(parts)-depth):]...)
			sharing[names[each]]++
		}
		changed := false
		for each, name := range names {
			if sharing[name] > 1 && depths[each] < strings.Count(each, "/") {
				depths[each]++
				changed = true
			}
		}
		if !changed {
			return names
		}
	}
}

func TestNamesAreThoseOfTheSlowWay(t *testing.T) {
	for seed := range uint64(300) {
		draw := rand.New(rand.NewPCG(seed, 3))
		files, depths := realpath.New(), map[string]int{}
		var found []candidate
		for range 1 + draw.IntN(30) {
			var parts []string
			for range 1 + draw.IntN(4) {
				parts = append(parts, string("ab"[draw.IntN(2)]))
			}
			absolute := "/" + strings.Join(parts, "/")
			if _, twice := depths[absolute]; twice {
				continue
			}
			depths[absolute] = 1 + draw.IntN(len(parts))
			as := absolute // however the user writes it, the name is that of the absolute path
			if draw.IntN(2) == 0 {
				as = "../" + path.Base(absolute)
			}
			folder, _ := files.Split(filepath.FromSlash(absolute))
			found = append(found, newCandidate(as, absolute, folder, depths[absolute]))
		}
		want := slowNames(depths)
		items := nameAll(found)
		sorted := slices.IsSortedFunc(items, func(a, b Item) int { return strings.Compare(a.Name, b.Name) })
		if len(items) != len(want) || !sorted {
			t.Fatalf("seed %d: %d items for %d paths, sorted %v", seed, len(items), len(want), sorted)
		}
		for _, item := range items {
			if item.Name != want[item.Label] {
				t.Fatalf("seed %d: %s is named %s, not %s", seed, item.Label, item.Name, want[item.Label])
			}
		}
	}
}

// BenchmarkCollect is a folder of a thousand photos.
func BenchmarkCollect(b *testing.B) {
	b.Chdir(b.TempDir())
	var list strings.Builder
	for k := range 1000 {
		name := fmt.Sprintf("photos/line%d/part%04d.png", k%10, k)
		write(b, name, "")
		list.WriteString(name + "\n")
	}
	write(b, "list.txt", list.String())
	for _, arg := range []string{"photos", "photos/**/*.png", "list.txt"} {
		b.Run(arg, func(b *testing.B) {
			for range b.N {
				if items, _, err := Collect([]string{arg}, Options{}); err != nil || len(items) != 1000 {
					b.Fatal(len(items), err)
				}
			}
		})
	}
}
