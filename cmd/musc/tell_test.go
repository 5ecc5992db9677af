package main

import (
	"bytes"
	"strings"
	"testing"

	"musc/engine"
	"musc/engine/dataset"
)

// A manifest's labels are understood in the words that labelled data sets use; where they give no
// AUROC, the reason is said.
func TestLabelsOfAManifest(t *testing.T) {
	for name, c := range map[string]struct {
		labels []string // of images with the scores 0, 1, 2, ...
		want   string   // "": no line about labels
	}{
		"numbers":      {[]string{"0.0", "0.0", "1.0"}, "labels: 1.0000"},
		"words":        {[]string{"pass", "FAIL", "OK"}, "labels: 0.5000"},
		"negative":     {[]string{"negative", "negative", "positive"}, "labels: 1.0000"},
		"none":         {[]string{"", "", ""}, ""},
		"one class":    {[]string{"good", "good", "good"}, ""},
		"unknown word": {[]string{"good", "wobbly", "good"}, `the label "wobbly" is not understood`},
		"one missing":  {[]string{"good", "", "bad"}, "labels: 1 of 3 images have no label"},
	} {
		result := &engine.Result{}
		for i, label := range c.labels {
			result.Images = append(result.Images, engine.Image{Item: dataset.Item{Label: label},
				Score: float64(i), Rank: len(c.labels) - i})
		}
		var out, events bytes.Buffer
		if err := tell(&out, result, t.TempDir(), 3); err != nil {
			t.Fatal(err)
		}
		if err := tellJSON(&events, result, t.TempDir()); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); c.want == "" && strings.Contains(got, "AUROC") ||
			!strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
		if c.want != "" && !strings.Contains(events.String(), "image_auroc") {
			t.Errorf("%s: %s", name, events.String())
		}
	}
}

// A name is one cell of one row of the table, whatever is in it.
func TestNamesStayInTheirRow(t *testing.T) {
	names := map[string]string{"a.png": "a.png", "fr\u00e4se 1.png": "fr\u00e4se 1.png", "new\nline.png": `"new\nline.png"`,
		"tab\t.png": `"tab\t.png"`, "\x1b[31m.png": `"\x1b[31m.png"`, " blank.png": `" blank.png"`,
		"not\xffutf8.png": `"not\xffutf8.png"`, "\u202egnp.png": `"\u202egnp.png"`, `quo"te.png`: `quo"te.png`}
	for name, want := range names {
		result := &engine.Result{Images: []engine.Image{{Item: dataset.Item{Name: name, Label: "good\n"}, Rank: 1},
			{Item: dataset.Item{Name: "b.png", Label: "bad"}, Rank: 2}}}
		var out bytes.Buffer
		if err := tell(&out, result, t.TempDir(), 1); err != nil {
			t.Fatal(err)
		}
		row := strings.Split(out.String(), "\n")[1]
		if fields := strings.SplitN(row, "  ", 2); !strings.Contains(fields[1], "  "+want) ||
			!strings.HasSuffix(strings.TrimSpace(row), `"good\n"`) {
			t.Errorf("%q is told as %q", name, row)
		}
	}
}
