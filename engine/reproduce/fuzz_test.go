package reproduce

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/results"
)

// Whatever a run.json says, and whatever stands in the list of checksums beside it, they are refused, or they are
// the record of a run of a known kind that has a command, says what it does not know, and is the same as itself.
func FuzzRecord(f *testing.F) {
	list := fmt.Sprintf("%x  photos/a.png\n", sha256.Sum256([]byte("a")))
	whole := fmt.Sprintf(`{"tool":{"name":"musc","version":"1"},"command":["musc","score"],"warnings":["a"],
		"scoring":{"stages":[1]},"repeat":{"folder":"/then","arguments":["score","--","x"],
		"inputs":{"files":1,"sha256":"%x"}}}`, sha256.Sum256([]byte(list)))
	f.Add([]byte(whole), []byte(list))
	f.Add([]byte(whole), []byte(list+"\n"))
	f.Add([]byte(`{"tool":{"name":"musc"},"kind":"eval","command":["musc"],"repeat":null}`), []byte(""))
	f.Add([]byte(`{"tool":{"name":"musc"},"kind":"watch","command":["musc"]}`), []byte(""))
	f.Add([]byte(`{"tool":{"name":"musc"},"command":["musc"],"Warnings":["b"],"warnings":null,"a":1e999}`), []byte(""))
	folder := f.TempDir()
	path := filepath.Join(folder, results.RunFile)
	f.Fuzz(func(t *testing.T, text, sums []byte) {
		for name, content := range map[string][]byte{path: text, filepath.Join(folder, results.InputsFile): sums} {
			if err := os.WriteFile(name, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Read(folder)
		if err != nil {
			if fault.KindOf(err) != fault.Input {
				t.Fatal(err)
			}
			return
		}
		if r.Kind != results.Scored && r.Kind != results.Evaluated || len(r.Run.Command) == 0 || r.Folder != folder {
			t.Fatalf("%+v", r)
		}
		known := r.Run.Repeat != nil && len(r.Missing) == 0
		if known && len(r.Inputs) != r.Run.Repeat.Inputs.Files || !known && (len(r.Missing) == 0 || r.Inputs != nil) {
			t.Fatalf("%d inputs of %+v, missing is %q", len(r.Inputs), r.Run.Repeat, r.Missing)
		}
		r.OnGPU()
		found, err := Compare(t.Context(), r, r)
		if err != nil || !found.Same() || found.Files != 1 {
			t.Fatalf("compared with itself: %+v, %v", found, err)
		}
		if lasts, err := lastingRun(text); err != nil || !json.Valid(lasts) {
			t.Fatalf("what lasts is %s, %v", lasts, err)
		}
	})
}

// Whatever a scores.csv holds, it is refused with its name, or it has a row for every image, and nothing in it
// differs from itself.
func FuzzScores(f *testing.F) {
	const header = "rank,image,score,score_before_rscin,verdict\n"
	f.Add([]byte(header + "1,a.png,0.5,0.25,good\n2,\"b\nc\",NaN,-Inf,\n"))
	f.Add([]byte(header + "1,a.png,0.5,0.25,good\n1,a.png,0.75,1e-400,defective\n"))
	f.Add([]byte("image,score\na,1\n"))
	f.Add([]byte(header + "1,a.png,x,0,\n"))
	f.Add([]byte(""))
	path := filepath.Join(f.TempDir(), results.ScoresFile)
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := compareScores(path, path)
		if err != nil {
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), path) {
				t.Fatal(err)
			}
			return
		}
		if s.Gone != 0 || s.Added != 0 || s.Largest != 0 || s.Before != 0 || s.Ranks != 0 || s.Verdicts != 0 ||
			s.Images > bytes.Count(text, []byte("\n"))+bytes.Count(text, []byte("\r")) {
			t.Fatalf("%+v", s)
		}
	})
}
