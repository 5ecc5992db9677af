package reproduce

import (
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/report/page"
	"musc/engine/results"
	"musc/engine/verdict"
)

// put writes files, by path and content, below a folder.
func put(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for path, content := range files {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// recorded are the results of a run of two photos; change may be nil and changes its record.
func recorded(t *testing.T, seconds float64, change func(*report.Run)) *Record {
	t.Helper()
	folder := t.TempDir()
	scores := []report.Score{{Image: "a.png", Score: 0.5, ScoreBefore: 0.5}, {Image: "b.png", Score: 0.25, ScoreBefore: 0.25}}
	err := report.WriteScores(filepath.Join(folder, results.ScoresFile), scores,
		&verdict.Thresholds{Method: "0.4", Threshold: 0.4, Review: 0.4})
	if err != nil {
		t.Fatal(err)
	}
	put(t, folder, map[string]string{"maps/a.npy": "map of a", "overlays/a.png": "picture of a",
		"export/coco.json": `{"version": "musc 1", "root": "/then/photos"}`, "verdicts.csv": "the user's",
		"notes.txt": "the user's", ".musc-lock": "x"})
	sums, err := results.WriteSums(filepath.Join(folder, results.InputsFile),
		slices.Values([]results.Sum{{Path: "photos/a.png", SHA256: sha256.Sum256([]byte("a"))}}))
	if err != nil {
		t.Fatal(err)
	}
	run := report.Run{Tool: report.Tool{Name: results.Tool, Version: "1"}, Command: []string{"musc", "score"},
		Started: time.Unix(int64(seconds), 0), Timings: []report.Timing{{Step: "mutual", Seconds: seconds}},
		Repeat: &results.Repeat{Folder: "/then", Arguments: []string{"score", "--", "photos"}, Inputs: sums},
		Counts: report.Counts{Listed: 2, Scored: 2}}
	run.Machine.SIMD = "avx2"
	if change != nil {
		change(&run)
	}
	if err := report.WriteRun(filepath.Join(folder, results.RunFile), run); err != nil {
		t.Fatal(err)
	}
	data := &page.Data{Tool: "musc " + run.Tool.Version, Started: run.Started, Command: run.Command,
		Photos: []page.Photo{{Name: "a.png", Path: run.Repeat.Folder + "/photos/a.png"}}, Warnings: run.Warnings,
		Run: []page.Parameter{{Name: "photos", Value: "2"}, {Name: "time: mutual", Value: run.Started.String()}}}
	if err := page.Write(folder, data); err != nil {
		t.Fatal(err)
	}
	r, err := Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// compared is Compare of two runs.
func compared(t *testing.T, then, now *Record) *Comparison {
	t.Helper()
	found, err := Compare(t.Context(), then, now)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestWhatDiffersByNatureIsTheSame: dates, timings, command lines, the machine, the version's name, the folder
// that photos lie in, and notes about results that were passed by.
func TestWhatDiffersByNatureIsTheSame(t *testing.T) {
	then := recorded(t, 1, nil)
	now := recorded(t, 2, func(run *report.Run) {
		run.Command, run.Tool.Version, run.Repeat.Folder = []string{"other"}, "2 \"<b>\"", "/now"
		run.Machine.SIMD, run.Machine.PeakResident = "portable", 5
		run.Warnings = []string{"skipped in photos: results of an earlier musc run"}
		run.Hosts = []report.Host{{Name: "n1", Subsets: 2}}
	})
	put(t, now.Folder, map[string]string{"export/coco.json": `{"version": "musc 2 \"\u003cb\u003e\"", "root": "/now/photos"}`,
		"verdicts.csv": "other", "other.txt": "x"})
	if found := compared(t, then, now); !found.Same() || found.Files != 6 {
		t.Errorf("%+v", found)
	}
}

func TestDifferencesAreTold(t *testing.T) {
	scores := func(text string) map[string]string {
		return map[string]string{"scores.csv": "image,score,score_before_rscin,rank,subset,verdict,threshold,margin\n" + text}
	}
	for name, c := range map[string]struct {
		files map[string]string // of the new run; "" removes
		want  []string          // differences, the beginnings
	}{
		"a score": {scores("a.png,0.5,0.5,1,0,defective,0.4,0.1\nb.png,0.26,0.25,2,0,good,0.4,-0.1\n"),
			[]string{"scores.csv: scores differ by at most 0.01 (b.png), before RsCIN by at most 0; no photo has " +
				"another rank; no photo has another verdict"}},
		"ranks and verdicts": {scores("a.png,0.25,0.25,2,0,good,0.4,0.1\nb.png,0.5,0.5,1,0,,0.4,-0.1\n"),
			[]string{"scores.csv: scores differ by at most 0.25 (a.png), before RsCIN by at most 0.25; 2 of 2 photos have " +
				"another rank, such as a.png; 2 of 2 photos have another verdict, such as a.png, defective then and good now"}},
		"other photos": {scores("a.png,0.5,0.5,1,0,defective,0.4,0.1\n\"c\nd.png\",0.25,0.25,2,0,good,0.4,-0.1\n"),
			[]string{"scores.csv: the scores are the same; no photo has another rank; no photo has another verdict; " +
				"1 of the photos only the recorded run has; 1 of the photos only the new run has"}},
		"no number":     {scores("a.png,NaN,0.5,1,0,,,\nb.png,x,0.25,2,0,,,\n"), []string{"scores.csv: "}},
		"no columns":    {map[string]string{"scores.csv": "a,b\n"}, []string{"scores.csv: "}},
		"an empty file": {map[string]string{"scores.csv": ""}, []string{"scores.csv: "}},
		"a longer file": {map[string]string{"overlays/a.png": "picture of a and more"},
			[]string{"overlays: 1 of 1 files differ, such as overlays/a.png"}},
		"a map that is none": {map[string]string{"maps/a.npy": "map"},
			[]string{"maps: 1 of 1 files differ, such as maps/a.npy, and not all are maps of the same size"}},
		"a file more": {map[string]string{"maps/b.npy": "map"}, []string{"maps: 1 only the new run has, such as maps/b.npy"}},
		"a file less": {map[string]string{"overlays/a.png": ""},
			[]string{"overlays: 1 only the recorded run has, such as overlays/a.png"}},
		"a file of its own less": {map[string]string{"report.html": ""}, []string{"report.html: only the recorded run has it"}},
		"a file of its own more": {map[string]string{"defects.csv": "x"}, []string{"defects.csv: only the new run has it"}},
		"no report":              {map[string]string{"report.html": "<html>"}, []string{"report.html: other bytes"}},
		"in the order of the results": {map[string]string{"maps/b.npy": "x", "defects.csv": "x", "overview.png": "x"},
			[]string{"defects.csv: ", "overview.png: ", "maps: "}},
	} {
		t.Run(name, func(t *testing.T) {
			then, now := recorded(t, 1, nil), recorded(t, 2, nil)
			put(t, now.Folder, c.files)
			for file, text := range c.files {
				if text == "" && file != "scores.csv" {
					os.Remove(filepath.Join(now.Folder, file))
				}
			}
			var got []string
			for _, d := range compared(t, then, now).Differences {
				got = append(got, d.Name+": "+d.Text)
			}
			same := len(got) == len(c.want)
			for k := range min(len(got), len(c.want)) {
				same = same && strings.HasPrefix(got[k], c.want[k])
			}
			if !same {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestFieldsOfTheRecordAreNamed(t *testing.T) {
	then := recorded(t, 1, nil)
	now := recorded(t, 1, func(run *report.Run) {
		run.Counts.Scored, run.Rotate, run.Machine.SIMD = 1, true, "portable"
	})
	found := compared(t, then, now)
	if len(found.Differences) != 1 || found.Differences[0].Text != "differs in counts, rotate" {
		t.Errorf("%+v", found)
	}
}

// TestMapsSayHowFarApartTheyAre: by the largest difference of a pixel, also of numbers that are none.
func TestMapsSayHowFarApartTheyAre(t *testing.T) {
	then, now := recorded(t, 1, nil), recorded(t, 2, nil)
	for k, r := range []*Record{then, now} {
		values := []float32{1, 2, 3, 4.5 + float32(k)/4}
		if err := report.WriteMap(filepath.Join(r.Folder, "maps/a.npy"), report.NPY, 2, 2, values); err != nil {
			t.Fatal(err)
		}
	}
	found := compared(t, then, now)
	const want = "1 of 1 files differ, such as maps/a.npy by at most 0.25 (maps/a.npy)"
	if len(found.Differences) != 1 || found.Differences[0].Text != want {
		t.Errorf("%+v", found)
	}
}

func TestRecordsThatCannotBeRepeatedSayWhatTheyAre(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":       {"hello", "it is no record of a run"},
		"a list":        {"[1]", "it is no record of a run"},
		"another tool":  {`{"tool": {"name": "other"}, "command": ["x"]}`, "not of a run of musc"},
		"no command":    {`{"tool": {"name": "musc"}, "command": []}`, "not of a run of musc"},
		"foreign":       {`{"name": "package", "version": "1"}`, "not of a run of musc"},
		"other types":   {`{"tool": {"name": "musc"}, "command": "score"}`, "not as musc writes it"},
		"watch":         {`{"tool": {"name": "musc"}, "kind": "watch", "command": ["musc", "watch"]}`, "musc score PHOTOS"},
		"paper":         {`{"tool": {"name": "musc"}, "kind": "paper", "command": ["musc", "paper"]}`, "run it again"},
		"a later kind":  {`{"tool": {"name": "musc"}, "kind": "new", "command": ["musc", "new"]}`, `the kind "new"`},
		"not even here": {"", "no such file"},
	} {
		folder := t.TempDir()
		if c.text != "" {
			put(t, folder, map[string]string{results.RunFile: c.text})
		}
		for _, path := range []string{folder, filepath.Join(folder, results.RunFile)} {
			if _, err := Read(path); fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestWhatARecordDoesNotSay: an older one, one whose list of inputs is gone or another.
func TestWhatARecordDoesNotSay(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, folder string)
		want  string
	}{
		"whole": {func(*testing.T, string) {}, ""},
		"older": {func(t *testing.T, folder string) {
			var fields map[string]json.RawMessage
			path := filepath.Join(folder, results.RunFile)
			text, err := os.ReadFile(path)
			if err == nil {
				err = json.Unmarshal(text, &fields)
			}
			if err != nil {
				t.Fatal(err)
			}
			delete(fields, "repeat")
			text, _ = json.Marshal(fields)
			put(t, folder, map[string]string{results.RunFile: string(text)})
		}, "the folder that it ran in"},
		"no list": {func(t *testing.T, folder string) { os.Remove(filepath.Join(folder, results.InputsFile)) },
			"inputs.sha256 is not there"},
		"another list": {func(t *testing.T, folder string) {
			put(t, folder, map[string]string{results.InputsFile: strings.Repeat("0", 64) + "  b\n"})
		}, "is not the one that the run wrote"},
	} {
		folder := recorded(t, 1, nil).Folder
		c.spoil(t, folder)
		r, err := Read(folder)
		if err != nil {
			t.Fatal(err)
		}
		missing := strings.Join(r.Missing, "; ")
		if (c.want == "") != (missing == "") || !strings.Contains(missing, c.want) || (r.Inputs == nil) != (missing != "") {
			t.Errorf("%s: %q, inputs %v", name, missing, r.Inputs)
		}
	}
}

func TestInputsAreLookedAt(t *testing.T) {
	folder := t.TempDir()
	put(t, folder, map[string]string{"p/a.png": "a", "p/b.png": "changed", "p/d.png": "d", "p/left.png": ""})
	of := func(path, text string) results.Sum {
		return results.Sum{Path: path, SHA256: sha256.Sum256([]byte(text))}
	}
	sums := []results.Sum{of("p/a.png", "a"), of("./p/b.png", "b"), of(filepath.Join(folder, "p/c.png"), "c")}
	read := 0
	count := func(n int) { read += n }
	in, err := CheckInputs(t.Context(), folder, sums, count)
	if err != nil || read != len(sums) {
		t.Fatalf("%d files, %v", read, err)
	}
	in.FindNew(folder, sums, []report.Skipped{{Image: "p/left.png"}}, []string{filepath.Join(folder, "p/a.png"),
		filepath.Join(folder, "p/b.png"), filepath.Join(folder, "p/left.png"), filepath.Join(folder, "p/d.png"), "p/d.png"})
	if in.Same() || in.Checked != 3 || !slices.Equal(in.Changed, []string{"./p/b.png"}) ||
		!slices.Equal(in.Missing, []string{filepath.Join(folder, "p/c.png")}) || !slices.Equal(in.New, []string{"p/d.png"}) {
		t.Errorf("%+v", in)
	}
	same, err := CheckInputs(t.Context(), folder, sums[:1], count)
	if err != nil || !same.Same() || same.String() != "1 file as it was" {
		t.Errorf("%+v, %v", same, err)
	}
	put(t, folder, map[string]string{"file": ""})
	if _, err := CheckInputs(t.Context(), folder, []results.Sum{of("file/x", "")}, count); fault.KindOf(err) != fault.Input {
		t.Errorf("what cannot be read: %v", err)
	}
}

// TestEndlessInputsAreNotRead: a list of checksums may come from anybody, and name a device.
func TestEndlessInputsAreNotRead(t *testing.T) {
	folder := t.TempDir()
	if err := os.Symlink("/dev/zero", filepath.Join(folder, "a.png")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	in, err := CheckInputs(t.Context(), folder, []results.Sum{{Path: "a.png"}}, func(int) {})
	if err != nil || !slices.Equal(in.Changed, []string{"a.png"}) {
		t.Errorf("%+v, %v", in, err)
	}
}

// TestReasonsComeInTheOrderOfLikelihood: what differs, and nothing else.
func TestReasonsComeInTheOrderOfLikelihood(t *testing.T) {
	then := recorded(t, 1, func(run *report.Run) {
		run.Runtime = report.Runtime{Version: "1.31.1", Provider: "CPU", Library: report.File{SHA256: "aaaaaaaaaaaaaaaa"}}
		run.Model = report.Model{Name: "vit", Files: []report.File{{SHA256: "1"}}}
		run.Machine.Scorer, run.Machine.Processor, run.Machine.Threads = "cpu (avx2)", "amd64 avx2", 2
		run.Decoders.Names = "Go's"
	})
	if reasons := Reasons(then, then, nil); len(reasons) != 0 {
		t.Errorf("of the same: %v", reasons)
	}
	now := *then
	now.Run.Tool.Version, now.Run.Machine.SIMD, now.Run.Machine.Processor = "2", "portable", "amd64"
	now.Run.Runtime.Version, now.Run.Runtime.Library.SHA256 = "1.30.0", "bbbbbbbbbbbbbbbb"
	now.Run.Model.Files = []report.File{{SHA256: "2"}}
	now.Run.Runtime.Devices, now.Run.Machine.Scorer = []string{"H200"}, "cuda:0"
	now.Run.Machine.Threads, now.Run.Decoders.Names = 4, "libjpeg-turbo"
	put(t, then.Folder, map[string]string{"scores.csv": "x"})
	then.Run.Repeat.Results = map[string]string{"scores.csv": "y"}
	var kinds []string
	for _, reason := range Reasons(then, &now, &Inputs{Changed: []string{"a\nb"}, New: make([]string, 7)}) {
		kinds = append(kinds, reason.Kind)
		if reason.Kind == "simd" && reason.Text != "SIMD level: avx2 then, portable now" ||
			strings.Contains(reason.Text, "\n") {
			t.Error(reason.Text)
		}
	}
	want := "edited inputs inputs version model runtime simd processor gpu gpu decoders threads"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A result may be a file of a million rows: it is read once, however often it is asked for.
func TestResultsAreDigestedOnce(t *testing.T) {
	then := recorded(t, 1, func(*report.Run) {})
	put(t, then.Folder, map[string]string{"scores.csv": "x"})
	then.Run.Repeat.Results = map[string]string{"scores.csv": "y", "defects.csv": "z"}
	for _, asked := range []string{"first", "again"} {
		if !then.wasEdited("scores.csv") || then.wasEdited("defects.csv") {
			t.Errorf("asked %s: another answer", asked)
		}
		if err := os.RemoveAll(filepath.Join(then.Folder, "scores.csv")); err != nil {
			t.Fatal(err)
		}
	}
}
