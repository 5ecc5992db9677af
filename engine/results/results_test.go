package results

import (
	"os"
	"path/filepath"
	"testing"
)

// put writes files, by path and content, below the working folder, which is a new one.
func put(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for path, content := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// scored is the beginning of a scored batch's run.json.
const scored = `{"tool": {"name": "musc", "version": "1"}, "command": ["musc", "score"]}`

func TestRecognise(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want Kind
	}{
		"scored":     {scored, Scored},
		"eval":       {`{"tool": {"name": "musc"}, "kind": "eval", "command": []}`, Evaluated},
		"paper":      {`{"tool": {"name": "musc"}, "kind": "paper"}`, Tabled},
		"older":      {`{"tool": {"version": "1"}, "counts": {}, "colour_scale": {}, "machine": {}}`, Scored},
		"part of it": {`{"tool": {"version": "1"}, "counts": {}, "machine": {}}`, None},
		"other part": {`{"colour_scale": {}, "machine": {}}`, None},
		"last part":  {`{"colour_scale": {}, "counts": {}}`, None},
		"another's":  {`{"tool": {"name": "other"}, "kind": "eval"}`, None},
		"no tool":    {`{"tool": "musc"}`, None},
		"no JSON":    {`musc`, None},
		"empty":      {``, None},
	} {
		put(t, map[string]string{"run.json": c.text})
		if got := Recognise("."); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := Recognise("absent"); got != None {
		t.Errorf("no folder: %q", got)
	}
}

func TestOwns(t *testing.T) {
	put(t, map[string]string{"class/result.json": "", "photos/a.png": ""})
	for _, c := range []struct {
		kind Kind
		name string
		want bool
	}{
		{Scored, "scores.csv", true}, {Scored, "overview.png", true}, {Scored, "maps", true},
		{Scored, "overlays", true}, {Scored, "run.json", true}, {Scored, "photos", false},
		{Scored, "class", false}, {Scored, "roc.png", false},
		{Evaluated, "class", true}, {Evaluated, "photos", false}, {Evaluated, "roc.png", true},
		{Evaluated, "pr.png", true}, {Evaluated, "pro.png", true}, {Evaluated, "maps", false},
		{Tabled, "photos", true}, {None, "maps", false}, {None, "class", false},
	} {
		if got := c.kind.Owns(".", c.name); got != c.want {
			t.Errorf("%q owns %s: %v", c.kind, c.name, got)
		}
	}
}
