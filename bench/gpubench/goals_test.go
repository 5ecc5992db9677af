package gpubench

import (
	"strings"
	"testing"
)

// Goals are judged on an H100 alone, by the paper's default at 200 images, and by nothing else.
func TestGoals(t *testing.T) {
	vit, other := Paper[0].Name, Paper[1].Name
	good := Result{Device: "NVIDIA H100 80GB HBM3",
		Searches: []Search{{Shape: other, Teraflops: 1}, {Shape: vit, Teraflops: 750}},
		Runs: []Run{{Shape: vit, Images: 200, Subsets: 2, Milliseconds: 99},
			{Shape: vit, Images: 200, Subsets: 1, Milliseconds: 9.9}},
		Scorings: []Scoring{{Shape: vit, Images: 200, PeakBytes: 3e9},
			{Shape: vit, Images: 200, Bound: 1, PeakBytes: 1.9e9}}}
	bad := Result{Device: "NVIDIA H100 PCIe", Searches: []Search{{Shape: vit, Teraflops: 560}},
		Runs:     []Run{{Shape: vit, Images: 200, Subsets: 1, Milliseconds: 10}},
		Scorings: []Scoring{{Shape: vit, Images: 200, Bound: 1, PeakBytes: 2e9}}}
	a100 := bad
	a100.Device = "NVIDIA A100"
	none := [3]string{"not measured", "not measured", "not measured"}
	for _, test := range []struct {
		name   string
		result Result
		want   [3]string
	}{
		{"met", good, [3]string{"met", "met", "met"}},
		{"not met", bad, [3]string{"NOT MET", "NOT MET", "NOT MET"}},
		{"another device", a100, [3]string{"not measured", "no H100", "no H100"}},
		{"nothing", Result{Device: "NVIDIA H100"}, none},
		{"fewer images", Result{Device: "NVIDIA H100", Runs: []Run{{Shape: vit, Images: 40, Subsets: 1}}},
			none},
		{"other scores", Result{Device: "NVIDIA H100", Scorings: []Scoring{{Shape: vit, Images: 200,
			Bound: 1, Difference: 1e-9}}}, none},
	} {
		for k, g := range test.result.goals() {
			if g.verdict != test.want[k] {
				t.Errorf("%s: %s: %s, want %s", test.name, g.text, g.verdict, test.want[k])
			}
		}
	}
}

// The paper's columns stand beside the rows that it has.
func TestPaperColumns(t *testing.T) {
	r := Result{Device: "NVIDIA H100", Runs: []Run{{Shape: Paper[1].Name, Subsets: 3},
		{Shape: "else", Subsets: 1}, {Shape: Paper[0].Name, Subsets: 4}}}
	var text strings.Builder
	r.write(&text)
	for _, want := range []string{"| 238.3 ", "| 2684 "} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if strings.Count(text.String(), "| -              | -              |") != 2 {
		t.Errorf("rows that the paper has not:\n%s", text.String())
	}
}
