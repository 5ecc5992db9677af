package health

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// batchOf are photos with these digests.
func batchOf(digests ...string) *Batch {
	b := &Batch{}
	for i, digest := range digests {
		b.Photos = append(b.Photos, Photo{Name: fmt.Sprintf("%02d.png", i), Digest: digest})
	}
	return b
}

func TestDuplicates(t *testing.T) {
	for _, test := range []struct {
		digests string
		groups  [][]int
		text    string
	}{
		{"", nil, ""},
		{"a", nil, ""},
		{"abc", nil, ""},
		{"---", nil, ""}, // digests that are not known
		{"aa", [][]int{{0, 1}}, "2 photos are copies of each other, byte for byte: 00.png, 01.png; each"},
		{"abcbaab", [][]int{{1, 3, 6}, {0, 4, 5}}, "6 photos are copies of each other, byte for byte: " +
			"01.png, 03.png, 06.png; 00.png, 04.png, 05.png; each"},
		{"aaaaaa", [][]int{{0, 1, 2, 3, 4, 5}}, "00.png, 01.png, 02.png, 03.png, and 2 more; each"},
		{"aabbccdd", [][]int{{0, 1}, {2, 3}, {4, 5}, {6, 7}},
			"00.png, 01.png; 02.png, 03.png; 04.png, 05.png; and 1 group more; "},
	} {
		findings := Check(batchOf(strings.Split(strings.ReplaceAll(test.digests, "-", ""), "")...))
		if strings.HasPrefix(test.digests, "-") {
			findings = Check(batchOf("", "", ""))
		}
		if test.groups == nil {
			if len(findings) > 0 {
				t.Errorf("%q: %v", test.digests, findings)
			}
			continue
		}
		if len(findings) != 1 || findings[0].Kind != Duplicates ||
			!slices.EqualFunc(findings[0].Groups, test.groups, slices.Equal) ||
			!strings.Contains(findings[0].Text, test.text) {
			t.Errorf("%q: %+v", test.digests, findings)
		}
	}
}

// Names of any kind stay on one line and tell where they end.
func TestStrangeNames(t *testing.T) {
	for name, want := range map[string]string{
		"a/b 1.png":         "a/b 1.png",
		"größe_日本.png":      "größe_日本.png",
		"a, b.png":          `"a, b.png"`,
		"a\nb.png":          `"a\nb.png"`,
		"\x1b[31mred.png":   `"\x1b[31mred.png"`,
		"say \"x\".png":     `"say \"x\".png"`,
		" .png":             `" .png"`,
		"":                  `""`,
		"\xff.png":          `"\xff.png"`,
		"<script>x.png":     "<script>x.png",
		"right\u202eto.png": `"right\u202eto.png"`,
	} {
		b := batchOf("x", "x")
		b.Photos[0].Name = name
		if text := Check(b)[0].Text; !strings.Contains(text, ": "+want+", 01.png;") {
			t.Errorf("%q: %s", name, text)
		}
	}
}
