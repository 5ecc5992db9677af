package dataset

import (
	"fmt"
	"slices"
	"testing"

	"musc/engine/fault"
)

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("image%03d.png", i)
	}
	return names
}

func TestSubsetsAreEvenAndHoldEveryImageOnce(t *testing.T) {
	for _, n := range []int{2, 3, 4, 5, 7, 31, 200} {
		for s := 1; s <= n/2; s++ {
			subsets, err := DealSubsets(numbered(n), s, 5)
			if err != nil || len(subsets) != s {
				t.Fatalf("%d images, %d subsets: got %v, %v", n, s, subsets, err)
			}
			var all []int
			for _, subset := range subsets {
				if len(subset) < n/s || len(subset) > (n+s-1)/s || !slices.IsSorted(subset) {
					t.Fatalf("%d images, %d subsets: %v", n, s, subsets)
				}
				all = append(all, subset...)
			}
			slices.Sort(all)
			for i, index := range all {
				if i != index {
					t.Fatalf("%d images, %d subsets: %v", n, s, subsets)
				}
			}
		}
	}
}

// The numbers are pinned: published results name their seed.
func TestDealingIsPinned(t *testing.T) {
	got, err := DealSubsets(numbered(12), 3, 42)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]int{{0, 2, 5, 11}, {1, 4, 6, 7}, {3, 8, 9, 10}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestDealingDependsOnNamesAndSeedOnly(t *testing.T) {
	names := numbered(20)
	named := func(names []string, seed int64) string {
		subsets, err := DealSubsets(names, 4, seed)
		if err != nil {
			t.Fatal(err)
		}
		var text [][]string
		for _, subset := range subsets {
			var members []string
			for _, index := range subset {
				members = append(members, names[index])
			}
			slices.Sort(members)
			text = append(text, members)
		}
		return fmt.Sprint(text)
	}
	want := named(names, 7)
	if named(names, 8) == want || named(names, -7) == want {
		t.Fatal("another seed deals the same subsets")
	}
	slices.Reverse(names)
	if got := named(names, 7); got != want {
		t.Fatalf("got %s in reverse order, want %s", got, want)
	}
}

func TestImpossibleDealsAreExplained(t *testing.T) {
	for name, c := range map[string]struct {
		images, subsets int
		kind            fault.Kind
		want            string
	}{
		"no image":       {0, 1, fault.Input, "at least 2 of the same product"},
		"one image":      {1, 1, fault.Input, "at least 2 of the same product"},
		"no subset":      {9, 0, fault.Usage, "from 1 to 4"},
		"negative":       {9, -2, fault.Usage, "from 1 to 4"},
		"single members": {9, 5, fault.Usage, "9 images into 5 subsets"},
	} {
		_, err := DealSubsets(numbered(c.images), c.subsets, 0)
		checkMessage(t, name, err, c.kind, c.want)
	}
}

// As few subsets as can be, none larger than asked for, and each can be dealt.
func TestSubsetsOfASize(t *testing.T) {
	for n := 2; n <= 40; n++ {
		for size := 2; size <= 50; size++ {
			s, err := SubsetsOfSize(n, size)
			if size == 2 && n%2 == 1 {
				checkMessage(t, "odd", err, fault.Usage, "choose --subset-size 3 or more")
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			subsets, err := DealSubsets(numbered(n), s, 0)
			if err != nil {
				t.Fatalf("%d images, size %d: %v", n, size, err)
			}
			if largest := len(subsets[0]); largest > size || (s-1)*size >= n {
				t.Errorf("%d images, size %d: %d subsets, the first of %d", n, size, s, largest)
			}
		}
	}
	for name, c := range map[string]struct {
		images, size int
		kind         fault.Kind
		want         string
	}{
		"one image":  {1, 200, fault.Input, "at least 2 of the same product"},
		"alone each": {8, 1, fault.Usage, "8 images into subsets of at most 1: each needs at least 2"},
		"zero":       {9, 0, fault.Usage, "choose --subset-size 3 or more"},
		"negative":   {8, -5, fault.Usage, "choose --subset-size 2 or more"},
	} {
		_, err := SubsetsOfSize(c.images, c.size)
		checkMessage(t, name, err, c.kind, c.want)
	}
}

func TestLabelsAreDealtEvenly(t *testing.T) {
	names, labels := numbered(23), make([]string, 23)
	for i := range labels {
		labels[i] = []string{"good", "scratch", "good", "dent", "good"}[i*i%5]
	}
	subsets, err := DealSubsetsByLabel(names, labels, 3)
	if err != nil {
		t.Fatal(err)
	}
	most, least := map[string]int{"": 0}, map[string]int{"": len(names)}
	for _, subset := range subsets {
		counts := map[string]int{"": len(subset)}
		for _, i := range subset {
			counts[labels[i]]++
		}
		for _, label := range append([]string{""}, labels...) {
			most[label] = max(most[label], counts[label])
			if fewest, seen := least[label]; !seen || counts[label] < fewest {
				least[label] = counts[label]
			}
		}
	}
	for label := range most {
		if most[label]-least[label] > 1 {
			t.Errorf("%q: from %d to %d a subset in %v", label, least[label], most[label], subsets)
		}
	}
	if _, err := DealSubsetsByLabel(names, labels, 12); fault.KindOf(err) != fault.Usage {
		t.Errorf("12 subsets of 23: %v", err)
	}
}
