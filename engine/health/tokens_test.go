package health

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const width = 64 // entries of a class token in tests

// product draws class tokens of photos of a product: a direction of its own, noise around it, and
// one direction in which its photos differ much, as good and broken ones do.
func product(seed uint64, photos int) (class []float32) {
	own := rand.New(rand.NewPCG(seed, 1))
	random := rand.New(rand.NewPCG(seed, 2))
	centre, along := make([]float64, width), make([]float64, width)
	for e := range centre {
		centre[e], along[e] = own.NormFloat64(), own.NormFloat64()
	}
	for range photos {
		t := .3 * random.NormFloat64()
		for e := range centre {
			class = append(class, float32(centre[e]+t*along[e]+.2*random.NormFloat64()))
		}
	}
	return class
}

// batchWith are photos with these class tokens.
func batchWith(class ...[]float32) *Batch {
	b := &Batch{Class: slices.Concat(class...), ClassDim: width}
	for i := range len(b.Class) / width {
		b.Photos = append(b.Photos, Photo{Name: fmt.Sprintf("%02d.png", i)})
	}
	return b
}

// only is the one finding of a batch, which must be of this kind.
func only(t *testing.T, what string, b *Batch, kind Kind) Finding {
	t.Helper()
	findings := Check(b)
	if len(findings) != 1 || findings[0].Kind != kind {
		t.Errorf("%s: %+v", what, findings)
		return Finding{}
	}
	return findings[0]
}

func TestStrangers(t *testing.T) {
	for strange := 1; strange <= 3; strange++ {
		b := batchWith(product(1, 12), product(2, strange), product(1, 30)[12*width:])
		found := only(t, fmt.Sprint(strange, " strange"), b, Strangers)
		want := []int{12, 13, 14}[:strange]
		if len(found.Groups) != 1 || !slices.Equal(found.Groups[0], want) {
			t.Errorf("%d strange: %v", strange, found.Groups)
		}
	}
	b := batchWith(product(1, 12), product(2, 1))
	want := "1 photo seems to show something else than the others: 12.png; leave out what is not this product"
	if found := only(t, "one of 13", b, Strangers); found.Text != want {
		t.Errorf("%q", found.Text)
	}
}

func TestMixture(t *testing.T) {
	for _, test := range []struct {
		name   string
		batch  *Batch
		groups [][]int // first and last of each
	}{
		{"two", batchWith(product(1, 20), product(2, 10)), [][]int{{0, 19}, {20, 29}}},
		{"the smaller one first", batchWith(product(2, 8), product(1, 22)), [][]int{{8, 29}, {0, 7}}},
		{"three", batchWith(product(1, 12), product(2, 12), product(3, 12)),
			[][]int{{0, 11}, {12, 23}, {24, 35}}},
		{"the fewest", batchWith(product(1, 6), product(2, 6)), [][]int{{0, 5}, {6, 11}}},
	} {
		found := only(t, test.name, test.batch, Mixture)
		var ends [][]int
		for _, group := range found.Groups {
			ends = append(ends, []int{group[0], group[len(group)-1]})
		}
		if slices.SortFunc(ends, slices.Compare); len(ends) != len(test.groups) {
			t.Errorf("%s: %v", test.name, found.Groups)
		}
		for _, want := range test.groups {
			if !slices.ContainsFunc(ends, func(g []int) bool { return slices.Equal(g, want) }) {
				t.Errorf("%s: %v", test.name, found.Groups)
			}
		}
	}
	want := "the photos seem to show 2 products, in 20 and 10 photos: 00.png, 01.png, 02.png, 03.png, and 16 " +
		"more; 20.png, 21.png, 22.png, 23.png, and 6 more; score each product by itself"
	b := batchWith(product(1, 20), product(2, 10))
	if found := only(t, "the text", b, Mixture); found.Text != want {
		t.Errorf("%q", found.Text)
	}
}

// Good and broken parts of one product differ in a direction that both have.
func TestOneProductIsNoMixture(t *testing.T) {
	for seed := range uint64(20) {
		if findings := Check(batchWith(product(10+seed, 40))); len(findings) != 0 {
			t.Errorf("seed %d: %+v", seed, findings)
		}
	}
}

// Whatever the tokens are, nothing panics and nothing is made up.
func TestOddTokens(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for n := range 15 {
		for name, b := range map[string]*Batch{
			"zero":         batchWith(make([]float32, n*width)),
			"equal":        batchWith(slices.Repeat(product(1, 1), n)),
			"NaN":          batchWith(slices.Repeat([]float32{nan}, n*width)),
			"Inf":          batchWith(slices.Repeat([]float32{inf}, n*width)),
			"huge":         batchWith(slices.Repeat([]float32{3e38}, n*width)),
			"one product":  batchWith(product(1, n)),
			"none":         {Photos: make([]Photo, n)},
			"too few":      {Photos: make([]Photo, n), ClassDim: width, Class: product(1, n/2)},
			"a few of two": batchWith(product(1, n/2), product(2, min(3, n-n/2))),
		} {
			findings := Check(b)
			if name == "a few of two" && n > 4 { // may be strangers, or two products
				continue
			}
			if len(findings) != 0 {
				t.Errorf("%d photos, %s: %+v", n, name, findings)
			}
		}
	}
	b := batchWith(product(1, 30), product(2, 1))
	copy(b.Class[3*width:], slices.Repeat([]float32{nan}, width))
	copy(b.Class[5*width:], make([]float32, width))
	if found := only(t, "with two that are none", b, Strangers); !slices.Equal(found.Groups[0], []int{30}) {
		t.Errorf("%v", found.Groups)
	}
}

// A large batch is compared by a sample, and the line says so.
func TestSample(t *testing.T) {
	b := batchWith(product(1, 60), product(2, 40))
	found := mixture(compare(b, 50))
	if found == nil || len(found.Groups) != 2 || members(found.Groups) != 50 ||
		!strings.Contains(found.Text, "in 30 and 20 photos (of the 50 that were compared, of 100)") {
		t.Fatalf("%+v", found)
	}
	for _, group := range found.Groups {
		for _, photo := range group {
			if photo%2 != 0 || (photo < 60) != (group[0] < 60) {
				t.Errorf("photo %d is in %v", photo, group)
			}
		}
	}
}

// The span of the others is what leaving the group out and computing it anew gives.
func TestLeftWithoutIsThatOfTheOthers(t *testing.T) {
	b := batchWith(product(4, 17))
	c := compare(b, 100)
	all := c.spanOf(upTo(17))
	groups := [][]int{{0}, {3, 7}, {1, 2, 16}, {4, 5}, {6}, {8, 9, 10}, {11}, {12}, {13}, {14, 15}}
	got := all.leftWithout(groups)
	for _, group := range groups {
		rest := slices.DeleteFunc(upTo(17), func(i int) bool { return slices.Contains(group, i) })
		other := c.spanOf(rest)
		other.middle = all.middle // which stays that of all
		for k, i := range rest {
			other.less(other.rows[k*width:][:width], c.token(i))
		}
		other.refit(all.s)
		for k, want := range other.left(group) {
			if i := group[k]; math.Abs(got[i]-want) > 1e-4*want {
				t.Errorf("photo %d without %v: %v, not %v", i, group, got[i], want)
			}
		}
	}
}
