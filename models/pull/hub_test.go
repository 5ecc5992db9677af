package pull

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"musc/models"
)

var (
	content = randomBytes(3*chunkBytes + 12345)
	sum     = sha256.Sum256(content)
	digest  = hex.EncodeToString(sum[:])
	address = "/timm/tiny/resolve/main/model.safetensors"
	tiny    = models.Spec{Name: "tiny", Sources: []models.Source{{Repo: "timm/tiny",
		File: "model.safetensors"}}}
)

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// hub is a server with one file, and what is wrong with it.
type hub struct {
	content  []byte
	tag      string // ETag with quotes
	noRanges bool
	cutAfter int // bytes of a body after which the connection breaks; 0 for never
	stall    bool
	linked   string // redirect first, with this X-Linked-Etag
	status   int
	header   map[string]string

	mu     sync.Mutex
	ranges []string // Range headers of the requests for the file
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.linked != "" && r.URL.Path == address {
		w.Header().Set("X-Linked-Etag", h.linked)
		http.Redirect(w, r, "/storage", http.StatusFound)
		return
	}
	if r.URL.Path != address && r.URL.Path != "/storage" {
		http.NotFound(w, r)
		return
	}
	h.mu.Lock()
	h.ranges = append(h.ranges, r.Header.Get("Range"))
	h.mu.Unlock()
	if h.tag != "" {
		w.Header().Set("Etag", h.tag)
	}
	for key, value := range h.header {
		w.Header().Set(key, value)
	}
	switch {
	case h.status != 0:
		w.WriteHeader(h.status)
	case h.cutAfter > 0 || h.stall:
		w.Header().Set("Content-Length", fmt.Sprint(len(h.content)))
		w.Write(h.content[:h.cutAfter])
		w.(http.Flusher).Flush()
		if h.stall {
			<-r.Context().Done()
		}
		panic(http.ErrAbortHandler)
	case h.noRanges:
		w.Write(h.content)
	default:
		http.ServeContent(w, r, "model", time.Time{}, bytes.NewReader(h.content))
	}
}

// serve starts the hub and returns a client for it.
func serve(t *testing.T, h *hub) *Client {
	t.Helper()
	if h.content == nil {
		h.content = content
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &Client{Hub: server.URL}
}

func pull(t *testing.T, c *Client, folder string) {
	t.Helper()
	path, err := c.Weights(context.Background(), tiny, folder)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Fatalf("%s holds %d bytes, %v", path, len(got), err)
	}
}
