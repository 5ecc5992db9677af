package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"musc/engine/health"
)

const (
	goodDraws  = 50 // batches of each set in which nothing is planted
	faultDraws = 15 // batches of each set with each fault
)

// kinds are the columns of the tables.
var kinds = []health.Kind{health.Duplicates, health.NearDuplicates, health.Strangers, health.Mixture,
	health.Drift}

// tally counts, by kind, the batches with such a finding.
type tally struct {
	name    string
	batches int
	kinds   map[health.Kind]int
	example map[health.Kind]string
}

func newTally(name string) *tally {
	return &tally{name: name, kinds: map[health.Kind]int{}, example: map[health.Kind]string{}}
}

func (t *tally) check(b *health.Batch) {
	t.batches++
	seen := map[health.Kind]bool{}
	for _, found := range health.Check(b) {
		if !seen[found.Kind] {
			t.kinds[found.Kind]++
		}
		seen[found.Kind], t.example[found.Kind] = true, found.Text
	}
}

// tell prints the row of the table, and on lines that begin with # what was said last.
func (t *tally) tell() {
	cells := []string{t.name, fmt.Sprint(t.batches)}
	for _, kind := range kinds {
		cells = append(cells, fmt.Sprint(t.kinds[kind]))
	}
	fmt.Println("| " + strings.Join(cells, " | ") + " |")
	for _, kind := range kinds {
		if text := t.example[kind]; text != "" {
			fmt.Printf("# %s: %s\n", kind, text)
		}
	}
}

func heading(first string) {
	fmt.Printf("\n| %s | batches | duplicates | near duplicates | strangers | mixture | drift |\n"+
		"|---|---|---|---|---|---|---|\n", first)
}

// draw is a batch of 40 to 60 photos of a set, in the order of their names or shuffled.
func draw(random *rand.Rand, s *set, shuffled bool) []int {
	n := min(40+random.IntN(21), len(s.batch.Photos))
	photos := random.Perm(len(s.batch.Photos))[:n]
	if !shuffled {
		slices.Sort(photos)
	}
	return photos
}

func run(ctx context.Context, o options) error {
	p, err := load(ctx, o)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(7, 8))
	heading("nothing planted")
	for _, s := range append([]*set{p.demo, p.washers, p.small}, p.tokens...) {
		t := newTally(s.name)
		t.check(s.batch)
		t.tell()
	}
	for _, s := range []*set{p.mono, p.poly} {
		t := newTally(s.name + ", in the order of their names")
		for range goodDraws {
			t.check(s.pick(draw(random, s, false)))
		}
		t.tell()
		t = newTally(s.name + ", shuffled")
		for range goodDraws {
			t.check(withoutPictures(s.pick(draw(random, s, true))))
		}
		t.tell()
	}
	heading("planted")
	for _, fault := range p.faults() {
		for _, s := range []*set{p.mono, p.poly, p.washers} {
			t := newTally(fault.name + ", " + s.name)
			for range faultDraws {
				b, err := fault.plant(random, s)
				if err != nil {
					return err
				}
				t.check(b)
			}
			t.tell()
		}
	}
	if len(p.tokens) > 1 {
		t := newTally("two of the sets of tokens, 30 and 20 photos")
		for i, a := range p.tokens {
			for _, b := range p.tokens[:i] {
				t.check(join(a.pick(random.Perm(len(a.batch.Photos))[:30]),
					b.pick(random.Perm(len(b.batch.Photos))[:20])))
			}
		}
		t.tell()
	}
	return nil
}

// withoutPictures spares reading them where near duplicates are of no interest.
func withoutPictures(b *health.Batch) *health.Batch {
	for i := range b.Photos {
		b.Photos[i].Path = ""
	}
	return b
}

// join is a batch of the photos of two.
func join(a, b *health.Batch) *health.Batch {
	return &health.Batch{Photos: slices.Concat(a.Photos, b.Photos), Class: slices.Concat(a.Class, b.Class),
		ClassDim: a.ClassDim}
}
