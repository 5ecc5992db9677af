package cluster

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// backboneSize is a vision transformer as SPEC's section 2 has it.
type backboneSize struct {
	name                   string
	side, patch            int // of the input and of a patch, in pixels
	layers, width, classes int // classes: entries of a class token
}

// operations of a photo that is scored with n-1 others, floating-point, an addition and a
// multiplication being two:
//
//	a layer    24 T C^2 + 4 T^2 C, T = P+1 tokens of C channels: products with weights, and attention
//	a pair     2 P^2 C for each of 4 stages and 3 degrees; it serves both photos
func (b backboneSize) operations(n int) (backbone, mutual float64) {
	grid := b.side / b.patch
	p, c := float64(grid*grid), float64(b.width)
	t := p + 1
	backbone = float64(b.layers)*(24*t*c*c+4*t*t*c) + 2*p*float64(3*b.patch*b.patch)*c
	return backbone, float64(n-1) / 2 * 2 * p * p * c * 4 * 3
}

// sizes is the table of docs/cluster.md.
func sizes() string {
	const sustained = 100e12 // operations a second
	var text strings.Builder
	text.WriteString("| backbone | photos a subset | backbone, a photo | mutual scoring, a photo | " +
		"1,000,000 photos | patch tokens of a subset in float32 | part of a photo |\n" +
		"|---|---|---|---|---|---|---|\n")
	for _, b := range []backboneSize{
		{"ViT-L-14-336 at 518", 518, 14, 24, 1024, 768},
		{"ViT-B-16-plus-240 at 512", 512, 16, 12, 896, 640},
	} {
		patches := (b.side / b.patch) * (b.side / b.patch)
		for _, n := range []int{100, 200, 500} {
			backbone, mutual := b.operations(n)
			fmt.Fprintf(&text, "| %s | %d | %.2f TFLOP | %.2f TFLOP | %.1f h | %.1f GB | %.1f KB |\n",
				b.name, n, backbone/1e12, mutual/1e12, 1e6*(backbone+mutual)/sustained/3600,
				float64(n)*4*4*float64(patches*b.width)/1e9, float64(8*patches+4*b.classes)/1e3)
		}
	}
	return text.String()
}

// SPEC's counts make it 0.92 PFLOP for 200 images of ViT-L at 518, one product for both directions.
func TestOperationsAreSpecs(t *testing.T) {
	large := backboneSize{"", 518, 14, 24, 1024, 768}
	if _, mutual := large.operations(200); fmt.Sprintf("%.2f", 200*mutual/1e15) != "0.92" {
		t.Errorf("%.3g operations for 200 images, want 0.92 PFLOP", 200*mutual)
	}
}

// The table in docs/cluster.md is what the formulas give; -update writes it.
func TestSizesOfTheDocumentAreComputed(t *testing.T) {
	const path, end = "../../docs/cluster.md", "<!-- end -->"
	const mark = "<!-- table: go test ./engine/cluster -run Sizes -update -->\n"
	text := read(t, path)
	before, rest, found := strings.Cut(text, mark)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no %q and %q", path, mark, end)
	}
	want := before + mark + sizes() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if text != want {
		t.Errorf("%s is not what the formulas give: run this with -update", path)
	}
}
