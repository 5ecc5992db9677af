package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/evaluation/labelled/labelledtest"
)

// Every table of scores runs end to end on small data sets with the default model in place of the
// paper's; its second run takes what the first one finished.
func TestRepeatThePaper(t *testing.T) {
	mvtec, visa, btad := filepath.Join(t.TempDir(), "mvtec"), t.TempDir(), t.TempDir()
	labelledtest.MVTec(t, mvtec, "screw")
	labelledtest.VisA(t, visa, "capsules")
	labelledtest.BTAD(t, btad, "01")
	for name, c := range map[string]struct {
		tables int
		code   int
		want   string // in what is told
	}{
		"zero-shot":   {2, exitOK, "over 15 classes"},
		"per-class":   {2, exitOK, "| screw "},
		"degrees":     {2, exitOK, "{1,..,11}"},
		"interval":    {2, exitOK, "(f)30% + mean"},
		"rscin":       {2, exitOK, "full window"},
		"subsets":     {2, exitOK, "s = 3"},
		"orientation": {2, exitSkipped, "has no class hazelnut"},
		"btad":        {1, exitOK, "over 3 classes"},
		"few-shot":    {1, exitOK, "only 3 reference images for MuSc+ 32-shot"},
	} {
		out := t.TempDir()
		args := []string{"paper", name, "-o", out, "--mvtec", mvtec, "--visa", visa, "--btad", btad,
			"--model", "dinov2-s", "--image-size", "56"}
		code, stdout, stderr := musc(t, args...)
		if code != c.code || !strings.Contains(stdout, c.want) ||
			!strings.Contains(stdout, "ours with the backbone dinov2-s, not the paper's") {
			t.Errorf("%s: exit %d\n%s%s", name, code, stdout, stderr)
			continue
		}
		ours := 0
		files, err := filepath.Glob(filepath.Join(out, name, "*.csv"))
		if err != nil || len(files) != c.tables {
			t.Errorf("%s: %d tables, %v", name, len(files), err)
		}
		for _, file := range files {
			for _, x := range column(t, file, "image_auroc_ours") {
				if x != "" {
					ours++
				}
			}
		}
		if ours == 0 {
			t.Errorf("%s measured nothing:\n%s", name, stdout)
		}
		before, err := os.ReadFile(filepath.Join(out, name, "table.json"))
		if err != nil {
			t.Fatal(err)
		}
		_, _, stderr = musc(t, args...)
		after, err := os.ReadFile(filepath.Join(out, name, "table.json"))
		if err != nil || string(after) != string(before) ||
			!strings.Contains(stderr, "finished by an earlier run") || strings.Contains(stderr, "backbone") {
			t.Errorf("%s, the second time: %v\n%s", name, err, stderr)
		}
	}
}

// The table of times needs neither weights nor photos.
func TestTimeWithRandomWeights(t *testing.T) {
	out := t.TempDir()
	t.Setenv(asMusc, "1") // the processes that are measured are this test binary
	code, stdout, stderr := musc(t, "paper", "time", "-o", out, "--model", "dinov2-s",
		"--random-weights", "--images", "6", "--image-size", "56")
	if code != exitOK || !strings.Contains(stdout, "6 images, not the paper's 200") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	rows := column(t, filepath.Join(out, "time", "time.csv"), "row")
	times := column(t, filepath.Join(out, "time", "time.csv"), "ms_ours")
	theirs := column(t, filepath.Join(out, "time", "time.csv"), "ms_paper")
	measured, printed := 0, 0
	for i := range rows {
		if strings.HasPrefix(rows[i], "dinov2-s, s = ") && times[i] != "" {
			measured++
		}
		if theirs[i] != "" {
			printed++
		}
	}
	if measured != 3 || printed != 10 {
		t.Errorf("%d rows measured, %d of the paper:\n%s", measured, printed, stdout)
	}
}

func TestPaperErrors(t *testing.T) {
	out, btad := t.TempDir(), t.TempDir()
	labelledtest.BTAD(t, btad, "01")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"paper -o OUT", exitUsage, "0 tables named"},
		{"paper zero-shot", exitUsage, "--output"},
		{"paper ablation -o OUT", exitUsage, "no table"},
		{"paper btad -o OUT --tokens OUT", exitUsage, "rscin"},
		{"paper rscin -o OUT --tokens OUT", exitInput, "CLASS.csv"},
		{"paper btad -o OUT --btad OUT/none", exitInput, "does not exist"},
		{"paper zero-shot -o OUT --mvtec BTAD", exitUsage, "holds BTAD, not MVTec AD"},
		{"paper time -o OUT --images 1", exitUsage, "two or more"},
	} {
		line := strings.NewReplacer("OUT", out, "BTAD", btad).Replace(c.args)
		code, _, stderr := musc(t, strings.Fields(line)...)
		if stderr = lastLine(stderr); code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("musc %s: exit %d, want %d with %q: %s", c.args, code, c.code, c.want, stderr)
		}
	}
	code, stdout, _ := musc(t, "paper", "zero-shot", "-o", out)
	if code != exitSkipped || !strings.Contains(stdout, "--visa") ||
		!strings.Contains(stdout, "97.8") {
		t.Errorf("without data: exit %d\n%s", code, stdout)
	}
}
