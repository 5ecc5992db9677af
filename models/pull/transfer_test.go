package pull

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/models"
)

// A broken transfer goes on where it stopped, unless the server cannot or the file is another one.
func TestResume(t *testing.T) {
	const cut = chunkBytes + 77
	for name, c := range map[string]struct {
		first, second *hub
		wantRange     string
	}{
		"same version": {&hub{tag: `"v1"`, cutAfter: cut}, &hub{tag: `"v1"`},
			fmt.Sprintf("bytes=%d-", cut)},
		"through a redirection": {&hub{tag: `"v1"`, cutAfter: cut, linked: `"` + digest + `"`},
			&hub{tag: `"v1"`, linked: `"` + digest + `"`}, fmt.Sprintf("bytes=%d-", cut)},
		"server without ranges": {&hub{tag: `"v1"`, cutAfter: cut}, &hub{tag: `"v1"`, noRanges: true},
			fmt.Sprintf("bytes=%d-", cut)},
		"another version": {&hub{content: randomBytes(2 * cut)[7:], tag: `"v0"`, cutAfter: cut},
			&hub{tag: `"v1"`}, fmt.Sprintf("bytes=%d-", cut)},
		"no version": {&hub{content: randomBytes(2 * cut)[7:], cutAfter: cut}, &hub{}, ""},
		"weak version": {&hub{content: randomBytes(2 * cut)[7:], tag: `W/"v1"`, cutAfter: cut},
			&hub{tag: `W/"v1"`}, ""},
		"all but a byte": {&hub{tag: `"v1"`, cutAfter: len(content) - 1}, &hub{tag: `"v1"`},
			fmt.Sprintf("bytes=%d-", len(content)-1)},
		"longer version": {&hub{content: randomBytes(len(content) + 9), tag: `"v0"`,
			cutAfter: len(content) + 8}, &hub{tag: `"v1"`}, fmt.Sprintf("bytes=%d-", len(content)+8)},
		"shorter file": {&hub{content: randomBytes(len(content) + 1), tag: `"v1"`,
			cutAfter: len(content)}, &hub{tag: `"v1"`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			_, err := serve(t, c.first).Weights(context.Background(), tiny, folder)
			if fault.KindOf(err) != fault.Setup || !strings.Contains(fmt.Sprint(err), "run again") {
				t.Fatalf("broken transfer: got %v", err)
			}
			if _, there := Find(tiny, folder); there {
				t.Fatal("a part has the name of the whole")
			}
			pull(t, serve(t, c.second), folder)
			if last := c.second.ranges[len(c.second.ranges)-1]; last != c.wantRange {
				t.Errorf("asked for %q, want %q", last, c.wantRange)
			}
			if entries, _ := os.ReadDir(folder); len(entries) != 2 {
				t.Errorf("left behind: %v", entries)
			}
		})
	}
}

func TestWrongChecksums(t *testing.T) {
	wrong := strings.Repeat("ab", 32)
	pinned := tiny
	pinned.Sources = []models.Source{{Repo: "timm/tiny", File: "model.safetensors", SHA256: wrong}}
	for name, c := range map[string]struct {
		hub  *hub
		spec models.Spec
	}{
		"pinned":         {&hub{}, pinned},
		"of the server":  {&hub{tag: `"` + wrong + `"`}, tiny},
		"of the storage": {&hub{linked: `"` + wrong + `"`}, tiny},
	} {
		folder := t.TempDir()
		_, err := serve(t, c.hub).Weights(context.Background(), c.spec, folder)
		if fault.KindOf(err) != fault.Setup || !strings.Contains(fmt.Sprint(err), wrong) ||
			!strings.Contains(err.Error(), digest) {
			t.Errorf("%s: got %v", name, err)
		}
		if entries, _ := os.ReadDir(folder); len(entries) != 0 {
			t.Errorf("%s: left behind: %v", name, entries)
		}
	}
	right := tiny
	right.Sources = []models.Source{{Repo: "timm/tiny", File: "model.safetensors",
		SHA256: strings.ToUpper(digest)}}
	h := &hub{}
	if _, err := serve(t, h).Weights(context.Background(), right, t.TempDir()); err != nil {
		t.Errorf("right checksum: %v", err)
	}
	if h.ranges[0] != "" {
		t.Errorf("of a file of which nothing is here the range %s was asked for", h.ranges[0])
	}
}

func TestCancelledDownloadCanBeResumed(t *testing.T) {
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	c := serve(t, &hub{tag: `"v1"`})
	c.Progress = func(done, _ int64) {
		if done > 0 {
			cancel()
		}
	}
	if _, err := c.Weights(ctx, tiny, folder); !errors.Is(err, context.Canceled) ||
		!strings.Contains(err.Error(), "run again to go on") {
		t.Fatalf("got %v", err)
	}
	pull(t, serve(t, &hub{tag: `"v1"`}), folder)
}
