package main

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"musc/engine/npy"
	"musc/engine/npy/npytest"
)

const fixtures = "../../testdata/fixtures"

func TestMutualGivesTheFixturesScores(t *testing.T) {
	for _, c := range []struct{ name, args, answer string }{
		{"tiny", "--stage D/stage0.npy --stage D/stage1.npy --grid 4x4", "patch_scores.npy"},
		{"rectangle", "--stage D/stage0.npy --stage D/stage1.npy --grid 5x11", "patch_scores.npy"},
		{"one_patch", "--stage D/stage0.npy --grid 1x1 --degrees 1", "patch_scores.npy"},
		{"interval_inner", "--stage D/stage0.npy --grid 4x4 --interval 0.1,0.4", "patch_scores.npy"},
		{"duplicates", "--stage D/stage0.npy --grid 6x6 --memory 1 --threads 3", "patch_scores.npy"},
		{"references", "--stage D/stage0.npy --stage D/stage1.npy --reference D/reference0.npy " +
			"--reference D/reference1.npy --grid 6x6", "patch_scores.npy"},
		{"references", "--stage D/stage0.npy --stage D/stage1.npy --reference D/reference0.npy " +
			"--reference D/reference1.npy --grid 6x6 --references-only",
			"patch_scores_references_only.npy"},
	} {
		for scorer, tolerance := range map[string]float64{"cpu": 1e-4, "definition": 1e-6} {
			folder := filepath.Join(fixtures, c.name)
			out := filepath.Join(t.TempDir(), "scores.npy")
			args := strings.Fields(strings.ReplaceAll(c.args, "D/", folder+"/"))
			args = append([]string{"mutual", "-o", out, "--scorer", scorer}, args...)
			if code, _, stderr := musc(t, args...); code != exitOK {
				t.Errorf("%s: exit %d: %s", c.name, code, stderr)
				continue
			}
			want, got := npytest.Values(t, filepath.Join(folder, c.answer)), npytest.Values(t, out)
			worst := 0.0
			for i := range want {
				worst = max(worst, math.Abs(want[i]-got[i]))
			}
			if len(got) != len(want) || !(worst < tolerance) {
				t.Errorf("%s by %s: %d scores of %d, up to %g away", c.name, scorer, len(got),
					len(want), worst)
			}
		}
	}
}

func TestMutualRefusals(t *testing.T) {
	scores := filepath.Join(fixtures, "tiny", "patch_scores.npy") // [5,16]
	tokens := filepath.Join(fixtures, "tiny", "stage0.npy")       // [5,16,8]
	other := filepath.Join(fixtures, "duplicates", "stage0.npy")  // [8,36,33]
	bad := filepath.Join(t.TempDir(), "nan.npy")
	values := make([]float32, 2*4*3)
	values[17] = float32(math.NaN())
	if err := npy.Write(bad, []int{2, 4, 3}, values); err != nil {
		t.Fatal(err)
	}
	one := filepath.Join(t.TempDir(), "one.npy")
	if err := npy.Write(one, []int{1, 4, 3}, make([]float32, 12)); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.npy")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--stage", scores, "--grid", "4x4"}, exitInput, "[N,P,C]"},
		{[]string{"--stage", tokens, "--grid", "5x5"}, exitInput, "16 patches"},
		{[]string{"--stage", tokens, "--stage", other, "--grid", "4x4"}, exitInput, other},
		{[]string{"--stage", bad, "--grid", "2x2"}, exitInput, "image 1, patch 1, channel 2"},
		{[]string{"--stage", one, "--grid", "2x2"}, exitInput, "one image"},
		{[]string{"--stage", tokens, "--grid", "4"}, exitUsage, "37x37"},
		{[]string{"--stage", tokens, "--grid", "4x4", "--scorer", "gpu"}, exitUsage, "definition"},
		{[]string{"--stage", tokens, "--grid", "4x4", "--references-only"}, exitUsage, "reference"},
		{[]string{"--stage", tokens, "--reference", one, "--grid", "4x4"}, exitInput, "patches"},
		{[]string{"--stage", washers, "--grid", "4x4"}, exitInput, washers},
	} {
		code, _, stderr := musc(t, append([]string{"mutual", "-o", out}, c.args...)...)
		if code != c.code || !strings.Contains(lastLine(stderr), c.want) {
			t.Errorf("%v: exit %d, want %d with %q: %s", c.args, code, c.code, c.want, stderr)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a refused run wrote scores")
	}
}

func TestRescoreGivesTheFixturesScores(t *testing.T) {
	folder := filepath.Join(fixtures, "rscin_2_3")
	in, want := npytest.Values(t, filepath.Join(folder, "scores.npy")),
		npytest.Values(t, filepath.Join(folder, "rescored.npy"))
	table := "image,score\n"
	for i, score := range in {
		table += strconv.Itoa(i) + ".png," + strconv.FormatFloat(score, 'g', -1, 64) + "\n"
	}
	scores := write(t, "in.csv", table)
	out := filepath.Join(t.TempDir(), "out.csv")
	tokens := filepath.Join(folder, "class_tokens.npy")
	code, _, stderr := musc(t, "rescore", "--scores", scores, "--class-tokens", tokens, "-o", out)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	file, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || len(rows) != len(want)+1 || strings.Join(rows[0], ",") != "image,score" {
		t.Fatalf("%v: %v", err, rows)
	}
	for i, row := range rows[1:] {
		if got, err := strconv.ParseFloat(row[1], 64); err != nil || math.Abs(got-want[i]) > 1e-9 ||
			row[0] != strconv.Itoa(i)+".png" {
			t.Errorf("row %d: %v, want %v", i, row, want[i])
		}
	}
	short := write(t, "short.csv", "image,score\na.png,1\n")
	for name, c := range map[string]struct{ table, want string }{
		"too few rows": {short, "[1,D]"},
		"no column":    {write(t, "c.csv", "image,value\na,1\n"), "no column \"score\""},
		"no number":    {write(t, "n.csv", "image,score\na,high\n"), "line 2"},
		"empty":        {write(t, "e.csv", ""), "image,score"},
	} {
		code, _, stderr := musc(t, "rescore", "--scores", c.table, "--class-tokens", tokens, "-o", out,
			"--overwrite")
		if code != exitInput || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit %d: %s", name, code, stderr)
		}
	}
}

// Tokens that are their own references are scored as a batch, and by references only each by the
// others: the nearest of them counts.
func TestMutualOfTokensThatAreTheirReferences(t *testing.T) {
	stage := filepath.Join(fixtures, "tiny", "stage0.npy")
	link := filepath.Join(t.TempDir(), "link.npy")
	whole, err := filepath.Abs(stage)
	if err == nil {
		err = os.Symlink(whole, link)
	}
	if err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	scoresOf := func(args ...string) []float64 {
		out := filepath.Join(t.TempDir(), "scores.npy")
		args = append([]string{"mutual", "-q", "--stage", stage, "--grid", "4x4", "-o", out}, args...)
		if code, _, stderr := musc(t, args...); code != exitOK {
			t.Fatalf("%v: exit %d: %s", args, code, stderr)
		}
		return npytest.Values(t, out)
	}
	for _, c := range []struct{ got, want []float64 }{
		{scoresOf("--reference", link), scoresOf()},
		{scoresOf("--reference", link, "--references-only"), scoresOf("--average", "min", "--interval", "0,1")},
	} {
		for i := range c.want {
			if math.Abs(c.got[i]-c.want[i]) > 1e-6 || !(c.want[i] > 0) {
				t.Fatalf("score %d is %v, want %v", i, c.got[i], c.want[i])
			}
		}
	}
}
