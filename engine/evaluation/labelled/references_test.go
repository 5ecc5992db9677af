package labelled

import (
	"slices"
	"strings"
	"testing"

	"musc/engine/dataset"
	"musc/engine/fault"
)

func TestReferencesAreThoseThatAreLabelledGood(t *testing.T) {
	cases := map[string]struct {
		labels []string
		picked []int
		note   string // part of it
		bad    bool
	}{
		"no labels at all": {[]string{"", ""}, []int{0, 1}, "", false},
		"nothing":          {nil, nil, "", false},
		"all good":         {[]string{"good", "OK"}, []int{0, 1}, "", false},
		"some of each": {[]string{"good", "defective", "", "scratch", "io"}, []int{0, 4},
			"the 2 that are labelled good; not 2 labelled defective and 1 without", false},
		"none good":             {[]string{"NG", ""}, nil, "", true},
		"a word that says what": {[]string{"good", "perhaps"}, nil, "", true},
	}
	for name, c := range cases {
		var items, want []dataset.Item
		for i, label := range c.labels {
			items = append(items, dataset.Item{Path: string(rune('a'+i)) + ".png", Label: label})
		}
		for _, k := range c.picked {
			want = append(want, items[k])
		}
		picked, note, err := GoodOf(items)
		if !slices.Equal(picked, want) || !strings.Contains(note, c.note) || (note == "") != (c.note == "") {
			t.Errorf("%s: got %v, %q", name, picked, note)
		}
		if c.bad != (fault.KindOf(err) == fault.Input) {
			t.Errorf("%s: got the error %v", name, err)
		}
	}
}
