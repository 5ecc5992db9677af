package models

import (
	"math"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestEveryEntryIsCompleteAndUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, spec := range Registry {
		if err := spec.Validate(); err != nil {
			t.Error(err)
		}
		for _, name := range append([]string{spec.Name}, spec.Aliases...) {
			if key := strings.ToLower(name); seen[key] {
				t.Errorf("%s: the name %s is taken", spec.Name, name)
			} else {
				seen[key] = true
			}
		}
		if len(spec.Sources) == 0 {
			t.Errorf("%s: no source", spec.Name)
		}
		for _, source := range spec.Sources {
			if (source.Repo == "") == (source.Package == "") || source.File == "" {
				t.Errorf("%s: source %+v must name a repository or a package, and a file", spec.Name, source)
			}
		}
	}
	if Registry[0].Name != DefaultName {
		t.Errorf("the first entry is %s, not the default", Registry[0].Name)
	}
}

// The paper's architectures: channels, heads, stages counted from 0, grid at the default size.
func TestArchitectures(t *testing.T) {
	for _, c := range []struct {
		name                         string
		width, heads, classDim, grid int
		stages                       [4]int
	}{
		{"dinov2-s", 384, 6, 384, 16, [4]int{2, 5, 8, 11}},
		{"ViT-L-14-336", 1024, 16, 768, 37, [4]int{5, 11, 17, 23}},
		{"vit-b-16-PLUS-240", 896, 14, 640, 32, [4]int{2, 5, 8, 11}},
		{"ViT-B-32", 768, 12, 512, 16, [4]int{2, 5, 8, 11}},
		{"vit_base_patch8_224.dino", 768, 12, 768, 64, [4]int{2, 5, 8, 11}},
		{"vit_large_patch14_dinov2.lvd142m", 1024, 16, 1024, 37, [4]int{5, 11, 17, 23}},
		{"Swin-B", 128, 4, 1024, 96, [4]int{1, 3, 21, 23}},
		{"swin-l", 192, 6, 1536, 96, [4]int{1, 3, 21, 23}},
	} {
		spec, err := Lookup(c.name)
		if err != nil {
			t.Fatal(err)
		}
		grid, err := spec.Grid(spec.ImageSize)
		if err != nil {
			t.Fatal(err)
		}
		if spec.Width != c.width || spec.Heads != c.heads || spec.ClassDim != c.classDim ||
			spec.Stages != c.stages || grid != c.grid {
			t.Errorf("%s: %+v, grid %d", c.name, spec, grid)
		}
	}
}

func TestFamilyConventions(t *testing.T) {
	for _, spec := range Registry {
		isCLIP, isDINO := spec.Family == CLIP, spec.Family == DINO || spec.Family == DINOv2
		if spec.PreNorm != isCLIP || spec.Projection != isCLIP || spec.NormaliseClass != isCLIP ||
			spec.FinalNormOnStages != isDINO || (spec.PositionOffset != 0) != isDINO ||
			(spec.Window == 12) != (spec.Family == Swin) ||
			spec.LayerScale != (spec.Family == DINOv2) ||
			(spec.Activation == QuickGELU) != strings.HasSuffix(spec.Name, ".openai") {
			t.Errorf("%s breaks its family's conventions: %+v", spec.Name, spec)
		}
	}
}

func TestUnknownNameListsTheKnownOnes(t *testing.T) {
	_, err := Lookup("resnet50")
	if fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), DefaultName) {
		t.Fatalf("got %v", err)
	}
}

func TestSmallestAndLargestImages(t *testing.T) {
	for name, sizes := range map[string]map[int]int{ // image size -> grid
		"dinov2-s": {14: 1, 4088: 292}, "ViT-B-16": {16: 1, 4096: 256}, "ViT-B-32": {32: 1, 4096: 128},
	} {
		spec, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for size, want := range sizes {
			if grid, err := spec.Grid(size); err != nil || grid != want {
				t.Errorf("%s at %d pixels: grid %d, %v, want %d", name, size, grid, err, want)
			}
		}
		if _, err := spec.Grid(4096 + spec.Patch); fault.KindOf(err) != fault.Usage {
			t.Errorf("%s beyond 4096 pixels: %v", name, err)
		}
	}
}

func TestImageSizeMustFitThePatches(t *testing.T) {
	spec, err := Lookup(DefaultName)
	if err != nil {
		t.Fatal(err)
	}
	for size, nearest := range map[int]string{
		0: "14", -28: "14", 225: "224", 510: "504", 1 << 40: "4088",
	} {
		_, err := spec.Grid(size)
		if fault.KindOf(err) != fault.Usage || !strings.HasSuffix(err.Error(), "is "+nearest) {
			t.Errorf("size %d: got %v, want %s proposed", size, err, nearest)
		}
	}
}

// A Swin's last grid, of patches of 32 pixels, holds a window of 12 or more.
func TestImageSizeMustFitTheWindows(t *testing.T) {
	spec, err := Lookup("swin-b")
	if err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int]int{384: 96, 512: 128, 4096: 1024} {
		if grid, err := spec.Grid(size); err != nil || grid != want {
			t.Errorf("size %d: grid %d, %v, want %d", size, grid, err, want)
		}
	}
	for size, nearest := range map[int]string{
		-32: "384", 0: "384", 352: "384", 500: "512", 518: "512", 5000: "4096", math.MaxInt: "4096",
	} {
		_, err := spec.Grid(size)
		if fault.KindOf(err) != fault.Usage || !strings.HasSuffix(err.Error(), "is "+nearest) {
			t.Errorf("size %d: got %v, want %s proposed", size, err, nearest)
		}
	}
}
