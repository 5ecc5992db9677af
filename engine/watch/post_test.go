package watch

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"musc/engine/fault"
)

// receiver is a web address that answers as it is told, and keeps what it accepts.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	answer func(try int) int // status
	tries  int
	keys   []string
	images []string
}

func newReceiver(t *testing.T, answer func(try int) int) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.tries++
		code := r.answer(r.tries)
		body, err := io.ReadAll(request.Body)
		var entry Entry
		if err != nil || json.Unmarshal(body, &entry) != nil || request.Method != http.MethodPost {
			code = http.StatusTeapot
		}
		if code == http.StatusOK {
			r.keys = append(r.keys, request.Header.Get("Idempotency-Key"))
			r.images = append(r.images, entry.Name)
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) accepted() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.images)
}

func quickPost(url string) func(o *Options) {
	return func(o *Options) {
		o.Post = &Post{URL: url, First: time.Millisecond, Longest: 5 * time.Millisecond}
	}
}

func TestPostsAreTriedUntilAccepted(t *testing.T) {
	receiver := newReceiver(t, func(try int) int {
		return []int{503, 200, 429, 500, 200, 404, 200}[min(try-1, 6)]
	})
	folder, output := t.TempDir(), t.TempDir()
	r := begin(t, folder, output, quickPost(receiver.URL))
	for k, name := range []string{"a.png", "b.png", "refused.png", "d.png"} {
		putPhoto(t, filepath.Join(folder, name), picture(1, k))
		r.photos(k + 1)
	}
	r.until("posts", func() bool { return len(receiver.accepted()) == 3 })
	r.end()
	same(t, receiver.images, []string{"a.png", "b.png", "d.png"})
	r.noted("404")
	if got := r.summary.Posts; got.Done+got.Failed != 4 || got.Failed != 1 {
		t.Errorf("posts %+v", got)
	}
	if keys := slices.Compact(slices.Sorted(slices.Values(receiver.keys))); len(keys) != 3 ||
		!strings.HasSuffix(keys[0], "-1") {
		t.Errorf("keys %q", receiver.keys)
	}
}

// What was not accepted before a stop is sent by the next run, before what is new.
func TestPostsGoOnAfterAStart(t *testing.T) {
	receiver := newReceiver(t, func(int) int { return 503 })
	folder, output := t.TempDir(), t.TempDir()
	r := begin(t, folder, output, quickPost(receiver.URL))
	for k := range 3 {
		putPhoto(t, filepath.Join(folder, fmt.Sprintf("%d.png", k)), picture(1, k))
		r.photos(k + 1)
	}
	r.end()
	receiver.mu.Lock()
	receiver.answer = func(int) int { return 200 }
	receiver.mu.Unlock()
	putPhoto(t, filepath.Join(folder, "3.png"), picture(1, 3))
	r = begin(t, folder, output, quickPost(receiver.URL)).photos(1)
	r.until("posts", func() bool { return len(receiver.accepted()) == 4 })
	r.end()
	same(t, receiver.images, []string{"0.png", "1.png", "2.png", "3.png"})
}

func TestTheQueueOfPostsIsBounded(t *testing.T) {
	accept := false
	receiver := newReceiver(t, func(int) int {
		if accept {
			return 200
		}
		return 503
	})
	folder, output := t.TempDir(), t.TempDir()
	r := begin(t, folder, output, func(o *Options) {
		quickPost(receiver.URL)(o)
		o.Post.Queue = 2
	})
	for k := range 6 {
		putPhoto(t, filepath.Join(folder, fmt.Sprintf("%d.png", k)), picture(1, k))
		r.photos(k + 1)
	}
	receiver.mu.Lock()
	accept = true
	receiver.mu.Unlock()
	r.until("the last post", func() bool { return slices.Contains(receiver.accepted(), "5.png") })
	r.end()
	if got := r.summary.Posts; got.Done < 2 || got.Done+got.Failed+got.Dropped != 6 {
		t.Errorf("posts %+v", got)
	}
}

func TestAddressesThatCannotBe(t *testing.T) {
	for _, url := range []string{"", "localhost:80", "ftp://x/", "file:///etc/passwd", "http://", "::"} {
		if err := (&Post{URL: url}).check(); fault.KindOf(err) != fault.Usage {
			t.Errorf("%q: %v", url, err)
		}
	}
	p := &Post{URL: "https://user:secret@example.org/x"}
	if err := p.check(); err != nil || strings.Contains(p.shown, "secret") {
		t.Errorf("%q, %v", p.shown, err)
	}
}
