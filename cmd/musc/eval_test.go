package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"musc/engine/evaluation/labelled/labelledtest"
	"musc/engine/report"
)

// column reads one column of a CSV by its header.
func column(t *testing.T, path, name string) (values []string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, head := range rows[0] {
		if head == name {
			for _, row := range rows[1:] {
				values = append(values, row[i])
			}
			return values
		}
	}
	t.Fatalf("%s has no column %s: %v", path, name, rows[0])
	return nil
}

// The three benchmarks' shapes, end to end with the default model at a small size.
func TestEvaluateBenchmarks(t *testing.T) {
	for name, c := range map[string]struct {
		make    func(root string)
		classes string // as metrics.csv lists them
		windows string
	}{
		"MVTec AD": {func(root string) { labelledtest.MVTec(t, root, "nut", "bolt") }, "bolt nut mean",
			"2,3"},
		"VisA": {func(root string) { labelledtest.VisA(t, root, "pcb1", "candle") }, "candle pcb1 mean",
			"8,9"},
		"BTAD": {func(root string) { labelledtest.BTAD(t, root, "01") }, "01 mean", "2,3"},
	} {
		t.Run(name, func(t *testing.T) {
			root, out := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "out")
			c.make(root)
			args := []string{"eval", root, "-o", out, "--image-size", "56"}
			code, stdout, stderr := musc(t, args...)
			if code != exitOK || !strings.Contains(stdout, "("+name+")") {
				t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
			}
			metrics := filepath.Join(out, "metrics.csv")
			if got := strings.Join(column(t, metrics, "class"), " "); got != c.classes {
				t.Errorf("classes %s, want %s", got, c.classes)
			}
			for _, name := range []string{"image_auroc", "image_f1_max", "image_ap", "pixel_auroc",
				"pixel_f1_max", "pixel_ap", "pixel_pro", "mvtec_pro"} {
				for _, text := range column(t, metrics, name) {
					if x, err := strconv.ParseFloat(text, 64); err != nil || !(x >= 0 && x <= 1) {
						t.Errorf("%s is %q", name, text)
					}
				}
			}
			// A hole and a scratch are found where they are, even in 16 patches.
			if x, _ := strconv.ParseFloat(column(t, metrics, "pixel_auroc")[0], 64); x < 0.8 {
				t.Errorf("pixel AUROC %v", x)
			}
			for _, name := range []string{"metrics.json", "metrics.md", "roc.png", "pr.png", "pro.png"} {
				if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
					t.Errorf("%s: %v", name, err)
				}
			}
			sheet, err := excelize.OpenFile(filepath.Join(out, "metrics.xlsx"))
			if err != nil || len(sheet.GetSheetList()) != len(strings.Fields(c.classes)) {
				t.Errorf("metrics.xlsx: %v", err)
			}
			before, err := os.ReadFile(metrics)
			if err != nil {
				t.Fatal(err)
			}
			_, _, stderr = musc(t, args...)
			after, err := os.ReadFile(metrics)
			if err != nil || string(after) != string(before) ||
				strings.Count(stderr, "finished by an earlier run") != len(strings.Fields(c.classes))-1 ||
				strings.Contains(stderr, "backbone") {
				t.Errorf("the second time: %v\n%s", err, stderr)
			}
			// The windows are the data set's: asking for them gives the same.
			if code, _, stderr := musc(t, append(args, "--windows", c.windows)...); code != exitOK {
				t.Errorf("windows %s are others: %s", c.windows, stderr)
			}
			code, _, stderr = musc(t, append(args, "--windows", "1")...)
			if code != exitOutput || !strings.Contains(stderr, "--overwrite") {
				t.Errorf("other settings: exit %d, %s", code, stderr)
			}
		})
	}
}

// musc's own maps, read back from files, give about the same figures; a class that cannot be
// measured does not keep the others from it.
func TestEvaluateMapsOfFiles(t *testing.T) {
	root, out := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "out")
	labelledtest.MVTec(t, root, "nut", "bolt")
	code, stdout, stderr := musc(t, "eval", root, "-o", out, "--image-size", "56", "--classes", "nut",
		"--pictures", "--windows", "1", "--shots", "2", "--subsets", "2")
	if code != exitOK {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	own := column(t, filepath.Join(out, "metrics.csv"), "pixel_auroc")[0]
	maps := filepath.Join(t.TempDir(), "maps")
	if err := os.MkdirAll(maps, 0o755); err != nil {
		t.Fatal(err)
	}
	written := filepath.Join(out, "nut", "pictures", "maps")
	if err := os.Rename(written, filepath.Join(maps, "nut")); err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "again")
	code, stdout, stderr = musc(t, "eval", root, "-o", again, "--maps", maps)
	if code != exitSkipped || !strings.Contains(stderr, "class bolt") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	x, _ := strconv.ParseFloat(own, 64)
	y, _ := strconv.ParseFloat(column(t, filepath.Join(again, "metrics.csv"), "pixel_auroc")[0], 64)
	if !(x > 0.5 && y > 0.5) || x-y > 0.05 || y-x > 0.05 {
		t.Errorf("pixel AUROC %v, from files %v", x, y)
	}
}

func TestEvaluateErrors(t *testing.T) {
	root := t.TempDir()
	labelledtest.MVTec(t, root, "nut")
	out := filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"eval ROOT", exitUsage, "--output"},
		{"eval -o OUT", exitUsage, "0 data sets given"},
		{"eval ROOT -o OUT --classes nail", exitUsage, "it has nut"},
		{"eval ROOT -o OUT --deal cards", exitUsage, "cards"},
		{"eval ROOT -o OUT --scores a.csv", exitUsage, "--maps"},
		{"eval ROOT -o OUT --maps ROOT/none", exitUsage, "not a folder"},
		{"eval ROOT -o OUT --maps ROOT", exitInput, "no map of good/000.png"},
		{"eval ROOT -o OUT --shots 9", exitUsage, "3 normal training images"},
		{"eval ROOT/nut/train -o OUT", exitInput, "known layout"},
		{"dataset check", exitUsage, "0 data sets given"},
		{"dataset check ROOT --layout CSV", exitInput, "does not look like CSV"},
	} {
		line := strings.NewReplacer("ROOT", root, "OUT", out).Replace(c.args)
		code, _, stderr := musc(t, strings.Fields(line)...)
		if stderr = lastLine(stderr); code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("musc %s: exit %d, want %d with %q: %s", c.args, code, c.code, c.want, stderr)
		}
	}
}

func TestCheckDataset(t *testing.T) {
	root := t.TempDir()
	labelledtest.MVTec(t, root, "nut", "bolt")
	code, stdout, stderr := musc(t, "dataset", "check", root)
	if code != exitOK || !strings.Contains(stdout, "layout MVTec AD") ||
		!strings.Contains(stdout, "hole 3, scratch 3") || !strings.Contains(stdout, "64x64") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	mask := filepath.Join(root, "nut", "ground_truth", "hole", "001_mask.png")
	if err := os.Remove(mask); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ = musc(t, "dataset", "check", root, "--json")
	if code != exitInput || strings.Count(stdout, `"event":"class"`) != 2 ||
		!strings.Contains(stdout, `"event":"problem"`) || !strings.Contains(stdout, "hole/001.png") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}

// Maps that changed under the same name are measured again only where the user says so.
func TestEvaluateNoticesOtherMaps(t *testing.T) {
	root, maps, out := filepath.Join(t.TempDir(), "data"), t.TempDir(), filepath.Join(t.TempDir(), "out")
	labelledtest.MVTec(t, root, "nut")
	writeMaps := func(good, defective float32) {
		for _, pattern := range []string{"good", "hole", "scratch"} {
			photos, err := filepath.Glob(filepath.Join(root, "nut", "test", pattern, "*.png"))
			if err != nil || len(photos) == 0 {
				t.Fatalf("%v, %v", photos, err)
			}
			for _, photo := range photos {
				value := defective
				if pattern == "good" {
					value = good
				}
				path := filepath.Join(maps, pattern, strings.TrimSuffix(filepath.Base(photo), ".png")+".npy")
				if err := report.WriteMap(path, report.NPY, 2, 2, []float32{0, 0, 0, value}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	args := []string{"eval", root, "-o", out, "--maps", maps}
	for _, c := range []struct {
		good, defective float32
		extra           string
		code            int
		auroc           string
	}{{0, 1, "-q", exitOK, "1"}, {0, 1, "-q", exitOK, "1"}, {1, 0, "-q", exitOutput, "1"},
		{1, 0, "--overwrite", exitOK, "0"}, {1, 0, "--json", exitOK, "0"}} {
		writeMaps(c.good, c.defective)
		code, stdout, stderr := musc(t, append(args, c.extra)...)
		got := column(t, filepath.Join(out, "metrics.csv"), "image_auroc")[0]
		if code != c.code || got != c.auroc {
			t.Errorf("%v: exit %d, image AUROC %s\n%s", c, code, got, stderr)
		}
		if c.extra == "--json" && !strings.Contains(stdout, `"event":"note"`) {
			t.Errorf("no note on standard output: %s", stdout)
		}
	}
}
