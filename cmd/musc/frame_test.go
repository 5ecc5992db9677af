package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Options of framing that make no sense are refused before any work, and say what would.
func TestFramingThatMakesNoSense(t *testing.T) {
	photos := fewWashers(t, 3)
	for options, want := range map[string]string{
		"--crop 1,2,3":                           "X,Y,WIDTH,HEIGHT",
		"--crop 1,2,3,0":                         "at least 1",
		"--tiles 2":                              "ROWSxCOLUMNS",
		"--tiles 0x2":                            "ROWSxCOLUMNS",
		"--tile-overlap 3":                       "--tile-overlap goes with --tiles",
		"--tile-scope all":                       "--tile-scope goes with --tiles",
		"--tiles 1x1 --tile-scope all":           "goes with --tiles of more than one",
		"--tiles 2x2 --tile-scope near":          "not one of same, all",
		"--tiles 2x2 --tile-overlap 99":          "tiles overlap by 0 to",
		"--tiles 2x2 --shared exclude":           "take --shared trust",
		"--tiles auto --tile-scope all --near 2": "leave one of the two out",
		"--rotations 0":                          "at least 1",
		"--rotations 1000":                       "1 to 360 turns",
		"--near 0":                               "leave it out to compare all",
		"--near -1":                              "at least 1",
	} {
		for _, command := range []string{"score", "plan"} {
			args := append([]string{command, photos, "-o", filepath.Join(t.TempDir(), "out"), "--image-size", "112",
				"--device", "cpu"}, strings.Fields(options)...)
			code, _, stderr := musc(t, args...)
			if code != exitUsage || !strings.Contains(stderr, want) {
				t.Errorf("%s %s: exit %d: %s", command, options, code, stderr)
			}
		}
	}
	code, _, stderr := musc(t, "score", photos, "-o", filepath.Join(t.TempDir(), "out"), "--roi", "absent.png")
	if code != exitInput || !strings.Contains(stderr, "absent.png") {
		t.Errorf("no mask: exit %d: %s", code, stderr)
	}
}

// What was framed, and by what, is told at the start and recorded.
func TestFramingIsToldAndRecorded(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	mask, err := filepath.Abs("../../testdata/washer/images/000.png")
	if err != nil {
		t.Fatal(err)
	}
	code, _, stderr := musc(t, "score", fewWashers(t, 4), "-o", out, "--image-size", "112", "--device", "cpu",
		"--maps", "none", "--no-overlays", "--near", "3", "--rotations", "2", "--crop", "0,0,200,200", "--roi", mask)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, want := range []string{"near 3: about 100 % of the time", "2 turns: 2 x the backbone, 3 x the",
		"crop 0,0,200,200: costs nothing", "a region of interest"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is not told: %s", want, stderr)
		}
	}
	text, err := os.ReadFile(filepath.Join(out, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var run struct {
		Scoring struct{ Near int }
		Frame   struct {
			Crop  struct{ Width int }
			Turns int
		}
		ROI struct{ Path, SHA256 string }
	}
	if err := json.Unmarshal(text, &run); err != nil {
		t.Fatal(err)
	}
	if run.Scoring.Near != 3 || run.Frame.Turns != 2 || run.Frame.Crop.Width != 200 || run.ROI.Path != mask ||
		len(run.ROI.SHA256) != 64 {
		t.Errorf("recorded %+v", run)
	}
}

// A batch is scored by a bank with its settings and thresholds. What goes against them is refused with the
// bank's value and a way out.
func TestScoringByABank(t *testing.T) {
	dir := t.TempDir()
	path, photos := filepath.Join(dir, "product.musc"), fewWashers(t, 4)
	common := []string{"--image-size", "112", "--device", "cpu", "-q"}
	code, _, stderr := musc(t, append([]string{"bank", "build", goodPhotos(t, dir, 0, 3), "-o", path, "--near", "2"},
		common...)...)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	score := func(options string) (int, string) {
		args := []string{"score", photos, "-o", filepath.Join(dir, "out"), "--overwrite", "--bank", path, "--device",
			"cpu", "--maps", "none", "--no-overlays"}
		code, _, stderr := musc(t, append(args, strings.Fields(options)...)...)
		return code, stderr
	}
	for _, options := range []string{"", "--near 2 --model dinov2_vits14_imgfocus --rotations 1 --image-size 112"} {
		if code, stderr := score(options); code != exitOK || !strings.Contains(stderr, "settings: the bank's, "+path) {
			t.Errorf("%q: exit %d: %s", options, code, stderr)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "out", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var run struct {
		Bank    struct{ Path, ID string }
		Counts  struct{ References int }
		Scoring struct {
			Near           int
			ReferencesOnly bool `json:"references_only"`
		}
	}
	if err := json.Unmarshal(text, &run); err != nil {
		t.Fatal(err)
	}
	if run.Bank.Path != path || run.Bank.ID != idOf(t, path) || run.Counts.References != 3 || run.Scoring.Near != 2 ||
		!run.Scoring.ReferencesOnly {
		t.Errorf("recorded %+v", run)
	}
	for options, want := range map[string]string{
		"--near 3":                          "built with 2",
		"--stages 1,2":                      "built with 2,3",
		"--rotations 4":                     "built with 1",
		"--tiles 2x2":                       "built with 1x1",
		"--image-size 224":                  "built with 112",
		"--model vit_base_patch16_224.dino": "built with dinov2_vits14_imgfocus",
		"--preset paper":                    "the bank has its settings",
		"--reference " + photos:             "musc bank add",
		"--references-only":                 "only its photos score anyway",
		"--subsets 2":                       "do not score each other",
		"--shared exclude":                  "do not score each other",
		"--windows 2":                       "must not depend on the batch",
		"--roi " + photos:                   "the bank has its mask",
	} {
		if code, stderr := score(options); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d: %s", options, code, stderr)
		}
	}
}
