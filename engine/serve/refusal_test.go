package serve

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"musc/engine/fault"
)

// bomb is the head of a PNG that says it is large.
func bomb(width, height uint32) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = append(binary.BigEndian.AppendUint32(chunk, height), 8, 2, 0, 0, 0)
	head := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(head, crc32.ChecksumIEEE(chunk))
}

// Whatever is sent, the answer says what is wrong with it, and nothing of it is a failure of the server.
func TestWhatIsNoPhotoIsRefused(t *testing.T) {
	good := photo(7, 5, 9)
	typed := func(mediaType string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Content-Type", mediaType) }
	}
	two, twoType := form(good, "a.png", "b.png")
	none, noneType := form(good)
	unnamed, unnamedType := form(good, "")
	cut, cutType := form(good, "a.png")
	text, textType := form([]byte("text"), "a.png")
	large, largeType := form(make([]byte, limits.MaxBody+1), "a.png")
	larger, largerType := form(make([]byte, 2*limits.MaxBody), "a.png")
	for _, c := range []struct {
		name, query string
		body        []byte
		change      func(*http.Request)
		status      int
		kind, words string
	}{
		{"empty", "", nil, nil, 400, kindPhoto, "empty"},
		{"text", "", []byte("these are notes"), nil, 400, kindPhoto, "no PNG, JPEG"},
		{"HEIC", "", []byte("\x00\x00\x00\x18ftypheic"), nil, 400, kindPhoto, "it is HEIC"},
		{"half a photo", "", good[:len(good)/2], nil, 400, kindPhoto, "PNG data"},
		{"a head alone", "", bomb(3, 3), nil, 400, kindPhoto, "too early"},
		{"no pixels", "", bomb(0, 3), nil, 400, kindPhoto, "0 x 3"},
		{"a bomb", "", bomb(1<<31-1, 1<<31-1), nil, 422, kindPixels, "--max-pixels"},
		{"a pixel too many", "", bomb(101, 100), nil, 422, kindPixels, "101 x 100"},
		{"a byte too many", "", make([]byte, limits.MaxBody+1), nil, 413, kindSize, "--max-body"},
		{"and its length is not said", "", make([]byte, limits.MaxBody+1),
			func(r *http.Request) { r.ContentLength = -1 }, 413, kindSize, "--max-body"},
		{"as many bytes as may be", "", make([]byte, limits.MaxBody), nil, 400, kindPhoto, "no PNG, JPEG"},
		{"JSON", "", good, typed("application/json"), 415, kindMediaType, "application/json"},
		{"curl's own", "", good, typed("application/x-www-form-urlencoded"), 415, kindMediaType, "-F photo=@FILE"},
		{"SVG", "", good, typed("image/svg+xml"), 415, kindMediaType, ""},
		{"no media type", "", good, typed("image"), 415, kindMediaType, ""},
		{"a broken one", "", good, typed("image/png; ="), 415, kindMediaType, ""},
		{"compressed", "", good, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415,
			kindMediaType, "gzip"},
		{"two files", "", two.Bytes(), typed(twoType), 400, kindRequest, "one file"},
		{"no file", "", none.Bytes(), typed(noneType), 400, kindRequest, "no file"},
		{"a field", "", unnamed.Bytes(), typed(unnamedType), 400, kindRequest, "one file"},
		{"half a form", "", cut.Bytes()[:cut.Len()-60], typed(cutType), 400, kindRequest, "too early"},
		{"no form", "", good, typed(cutType), 400, kindRequest, ""},
		{"no boundary", "", good, typed("multipart/form-data"), 400, kindRequest, ""},
		{"a form with text", "", text.Bytes(), typed(textType), 400, kindPhoto, "a.png"},
		{"a form with too much", "", large.Bytes(), typed(largeType), 413, kindSize, ""},
		{"a large form", "", larger.Bytes(), typed(largerType), 413, kindSize, ""},
		{"another map", "?map=jpeg", good, nil, 400, kindRequest, "map=jpeg"},
		{"no map", "?map=", good, nil, 400, kindRequest, "map="},
		{"other regions", "?regions=2", good, nil, 400, kindRequest, "regions=2"},
		{"a slip", "?maps=png", good, nil, 400, kindRequest, "maps=png"},
		{"twice", "?map=png&map=none", good, nil, 400, kindRequest, "more than once"},
		{"a broken query", "?name=%zz", good, nil, 400, kindRequest, "query"},
		{"a huge name", "?name=" + strings.Repeat("a", 1025), good, nil, 400, kindRequest, "1024 bytes"},
		{"a name that is no text", "?name=%ff", good, nil, 400, kindRequest, "UTF-8"},
		{"a name with a NUL", "?name=a%00", good, nil, 400, kindRequest, "UTF-8"},
	} {
		s := server(t, fake{}, nil)
		response, got := ask(t, s, "POST", "/v1/score"+c.query, bytes.NewReader(c.body), c.change)
		wants(t, c.name, response, got, c.status, c.kind, c.words)
		if !s.bodies.TryAcquire(bodiesHeld*limits.MaxBody) || s.desk.inside() != 0 {
			t.Errorf("%s: memory or a turn is kept", c.name)
		}
	}
}

func TestOtherPathsAndMethodsAreRefused(t *testing.T) {
	s := server(t, fake{}, nil)
	for _, path := range []string{"/v1", "/v1/score/", "/v1/scores", "//v1/score", "/v1/../v1/score", "/%2e%2e/x",
		"/index.html", "/debug/pprof/", "/" + strings.Repeat("a", 5000)} {
		response, text := ask(t, s, "GET", path, nil, nil)
		wants(t, path, response, text, 404, kindPath, "openapi.json")
	}
	for path, methods := range map[string]string{"/v1/score": "GET PUT DELETE PATCH OPTIONS HEAD",
		"/": "POST PUT DELETE OPTIONS", "/healthz": "POST", "/metrics": "POST DELETE", "/openapi.json": "PUT"} {
		for _, method := range strings.Fields(methods) {
			response, text := ask(t, s, method, path, nil, nil)
			wants(t, method+" "+path, response, text, 405, kindMethod, "")
			if allow := response.Header.Get("Allow"); allow != "GET" && allow != "POST" || allow == method {
				t.Errorf("%s %s: allowed is %q", method, path, allow)
			}
			if response.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("other pages are allowed to ask")
			}
		}
	}
}

// Names come back as they were sent, as JSON that no page reads as anything else.
func TestOddNames(t *testing.T) {
	s := server(t, fake{}, nil)
	for _, name := range []string{"<script>alert(1)</script>", "a\nb\r\n\r\nHTTP/1.1 200 OK", `"; rm -rf / #`,
		"größe 大.png", "../../etc/passwd", strings.Repeat("é", 512), " ", "%s%n"} {
		for what, data := range map[string][]byte{"a photo": photo(3, 3, 9), "text": []byte("no photo")} {
			response, text := ask(t, s, "POST", "/v1/score", bytes.NewReader(data), func(r *http.Request) {
				query := r.URL.Query()
				query.Set("name", name)
				r.URL.RawQuery = query.Encode()
			})
			var answer struct{ Image, Error string }
			if err := json.Unmarshal(text, &answer); err != nil || bytes.Contains(text, []byte("<script")) ||
				!strings.Contains(answer.Image+answer.Error, name) || len(response.Header) > 7 {
				t.Errorf("%s named %.40q: %s, %v, %v", what, name, text, response.Header, err)
			}
		}
	}
}

func TestAFailureOfTheServerIsToldAndCounted(t *testing.T) {
	var log bytes.Buffer
	for name, during := range map[string]func(context.Context, Photo) error{
		"a panic":  func(context.Context, Photo) error { panic("a mistake") },
		"an error": func(context.Context, Photo) error { return fault.New(fault.Setup, "the GPU is gone") },
		"NaN":      nil,
	} {
		s := server(t, fake{during}, func(o *Options) { o.Log = &log })
		if name == "NaN" {
			s.Ready(notFinite{}, product)
			response, text := ask(t, s, "POST", "/v1/score", bytes.NewReader(photo(3, 3, 1)), nil)
			wants(t, name, response, text, 400, kindPhoto, "not finite")
			continue
		}
		response, text := ask(t, s, "POST", "/v1/score", bytes.NewReader(photo(3, 3, 1)), nil)
		wants(t, name, response, text, 500, kindInternal, "")
		if panics := metric(t, s, "musc_panics_total"); (panics == 1) != (name == "a panic") {
			t.Errorf("%s: %v panics", name, panics)
		}
		s.Ready(fake{}, product) // it goes on
		post(t, s, "", photo(3, 3, 1))
	}
	if !strings.Contains(log.String(), "a mistake") || !strings.Contains(log.String(), "refusal_test.go") {
		t.Errorf("the log has %q", log.String())
	}
	s := server(t, fake{}, nil)
	s.routes["/healthz"]["GET"] = func(http.ResponseWriter, *http.Request) { panic("another") }
	response, text := ask(t, s, "GET", "/healthz", nil, nil)
	wants(t, "a handler", response, text, 500, kindInternal, "")
}

// notFinite gives a score that JSON cannot hold.
type notFinite struct{}

func (notFinite) Inspect(ctx context.Context, p Photo) (*Inspection, error) {
	found, err := fake{}.Inspect(ctx, p)
	found.Score /= 0 * found.Score
	return found, err
}

func TestAnInspectionThatTakesTooLong(t *testing.T) {
	end := make(chan struct{})
	s := server(t, fake{func(context.Context, Photo) error { <-end; return nil }}, func(o *Options) {
		o.Timeout, o.Workers, o.Queue = 20*time.Millisecond, 1, 0
	})
	response, text := ask(t, s, "POST", "/v1/score", bytes.NewReader(photo(3, 3, 1)), nil)
	wants(t, "slow", response, text, 504, kindTime, "--timeout")
	// It still runs: there is no turn for another, and it holds its photo.
	response, text = ask(t, s, "POST", "/v1/score", bytes.NewReader(photo(3, 3, 1)), nil)
	wants(t, "the next", response, text, 503, kindBusy, "")
	if s.bodies.TryAcquire(bodiesHeld * limits.MaxBody) {
		t.Error("its memory was given back")
	}
	close(end)
	s.desk.drain()
}

func TestPhotosWaitInABoundedQueue(t *testing.T) {
	begun, end := make(chan string, 8), make(chan struct{})
	s := server(t, fake{func(_ context.Context, p Photo) error { begun <- p.Name; <-end; return nil }},
		func(o *Options) { o.Workers, o.Queue = 1, 2 })
	answers := make(chan int, 3)
	for range 3 {
		go func() {
			response, _ := ask(t, s, "POST", "/v1/score", bytes.NewReader(photo(3, 3, 1)), nil)
			answers <- response.StatusCode
		}()
	}
	<-begun
	for s.desk.waiting() < 2 {
		time.Sleep(time.Millisecond)
	}
	if got := metric(t, s, "musc_queue_length"); got != 2 {
		t.Errorf("the queue's length is %v", got)
	}
	response, text := ask(t, s, "POST", "/v1/score", unread{t}, func(r *http.Request) {
		r.ContentLength = 1000
	})
	wants(t, "one too many", response, text, 503, kindBusy, "try again later")
	if retry := response.Header.Get("Retry-After"); retry != "1" {
		t.Errorf("Retry-After is %q", retry)
	}
	close(end)
	for range 3 {
		if status := <-answers; status != 200 {
			t.Errorf("a photo that waited: %d", status)
		}
	}
	post(t, s, "", photo(3, 3, 1))
}

// unread is a body that nobody may read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the photo was read in vain")
	return 0, io.EOF
}

func TestAPhotoThatWaitsTooLong(t *testing.T) {
	s := server(t, fake{}, func(o *Options) { o.Workers, o.Timeout = 1, 20*time.Millisecond })
	done, err := s.desk.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	response, text := ask(t, s, "POST", "/v1/score", bytes.NewReader(photo(3, 3, 1)), nil)
	wants(t, "in the queue", response, text, 504, kindTime, "")
	done()
	if s.desk.inside() != 0 || !s.bodies.TryAcquire(bodiesHeld*limits.MaxBody) {
		t.Error("it keeps its place or its memory")
	}
}

// The more photos wait, and the longer one takes, the later one should try again.
func TestRetryAfterGrowsWithTheQueue(t *testing.T) {
	for _, c := range []struct {
		workers, queue int
		took           time.Duration
		want           float64
	}{{1, 0, 0, 1}, {1, 9, time.Second, 10}, {5, 5, 3 * time.Second, 6}} {
		d := newDesk(c.workers, c.queue)
		d.took.Store(int64(c.took))
		if got := d.busy().retry; got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestBodiesShareTheirMemory(t *testing.T) {
	s := server(t, fake{}, nil)
	if !s.bodies.TryAcquire(bodiesHeld*limits.MaxBody - 100) {
		t.Fatal("no memory at all")
	}
	response, text := ask(t, s, "POST", "/v1/score", bytes.NewReader(make([]byte, 200)), nil)
	wants(t, "no memory is left", response, text, 503, kindBusy, "memory")
	s.bodies.Release(bodiesHeld*limits.MaxBody - 100)
	post(t, s, "", photo(3, 3, 1))
	if !s.bodies.TryAcquire(bodiesHeld * limits.MaxBody) {
		t.Error("memory is kept")
	}
}

func TestNothingIsScoredBeforeTheModelIsLoaded(t *testing.T) {
	s := New(limits)
	response, text := ask(t, s, "POST", "/v1/score", bytes.NewReader(photo(3, 3, 1)), nil)
	wants(t, "loading", response, text, 503, kindLoading, "loaded")
	response, text = ask(t, s, "GET", "/healthz", nil, nil)
	if response.StatusCode != 503 || string(text) != `{"status":"loading"}`+"\n" {
		t.Errorf("health: %d %s", response.StatusCode, text)
	}
	ask(t, s, "GET", "/", nil, nil)
	s.Ready(fake{}, product)
	post(t, s, "", photo(3, 3, 1))
	response, text = ask(t, s, "GET", "/healthz", nil, nil)
	if want := `{"status":"ready","bank":"0123abcd","photos":12,"model":"a model"}` + "\n"; response.StatusCode !=
		200 || string(text) != want {
		t.Errorf("health: %d %s", response.StatusCode, text)
	}
}

// The decoders' own errors never look like a failure of the server.
func TestErrorsOfTheInspector(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		kind   string
	}{{fault.New(fault.Input, "the crop lies outside the photo"), 400, kindPhoto},
		{errors.New("unforeseen"), 500, kindInternal}} {
		s := server(t, fake{func(context.Context, Photo) error { return c.err }}, nil)
		response, text := ask(t, s, "POST", "/v1/score", bytes.NewReader(photo(3, 3, 1)), nil)
		wants(t, c.err.Error(), response, text, c.status, c.kind, c.err.Error())
	}
}
