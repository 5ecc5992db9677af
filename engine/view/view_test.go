package view

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"musc/engine/dataset"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/report/page"
	"musc/engine/results"
	"musc/engine/verdict"
)

// shown is a report of three photos in a folder of its own, one of 8 bits, one of 16, one that is gone; a
// secret lies beside them.
func shown(t *testing.T) (output string, data *page.Data) {
	t.Helper()
	folder := t.TempDir()
	output = filepath.Join(folder, "out")
	if err := os.MkdirAll(filepath.Join(output, results.ReportFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	grey, deep := image.NewGray(image.Rect(0, 0, 5, 4)), image.NewGray16(image.Rect(0, 0, 5, 4))
	grey.SetGray(1, 2, color.Gray{200})
	deep.SetGray16(1, 2, color.Gray16{0xffff})
	data = &page.Data{Images: 3, GridHeight: 1, GridWidth: 1,
		Thresholds: verdict.Thresholds{Method: "auto", Threshold: 0.5, Review: 0.4}}
	for name, picture := range map[string]image.Image{"a.png": grey, "b, \"deep\".png": deep} {
		var text bytes.Buffer
		if err := png.Encode(&text, picture); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(folder, name), text.String())
	}
	for k, name := range []string{"a.png", "b, \"deep\".png", "gone.png"} {
		data.Photos = append(data.Photos, page.Photo{Name: name, Path: filepath.Join(folder, name), Width: 5,
			Height: 4, Before: 0.6 - 0.2*float64(k), Rank: k + 1, Scores: []byte{0}, Nearest: -1})
	}
	if err := page.Write(output, data); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(output, results.ReportFolder, "000001.jpg"), "a picture")
	put(t, filepath.Join(folder, "secret"), "a secret")
	put(t, filepath.Join(output, "secret"), "a secret")
	return output, data
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, output string) *Server {
	t.Helper()
	s, err := Open(output, imageio.Options{Depth: imageio.Depth{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// ask sends a request as this machine's browser does; change may be nil.
func ask(s *Server, method, target, body string, change func(*http.Request)) (*http.Response, string) {
	r := httptest.NewRequest(method, "http://127.0.0.1:4321/", strings.NewReader(body))
	r.URL.Path, r.URL.RawPath = target, ""
	if change != nil {
		change(r)
	}
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, r)
	response := recorder.Result()
	text, _ := io.ReadAll(response.Body)
	return response, string(text)
}

func TestThePageIsServedWithItsToken(t *testing.T) {
	output, _ := shown(t)
	s := open(t, output)
	response, text := ask(s, "GET", "/", "", nil)
	if response.StatusCode != 200 || !strings.Contains(text, `<meta name="musc-view" content="`+s.token) ||
		!strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("got %v: %.200s", response, text)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if s2 := open(t, output); s2.token == s.token || len(s.token) < 20 {
		t.Errorf("the token %q is no secret of one start", s.token)
	}
}

// Whoever is not this machine's browser with this page gets nothing.
func TestOthersAreRefused(t *testing.T) {
	output, _ := shown(t)
	s := open(t, output)
	for _, host := range []string{"evil.example", "evil.example:4321", "127.0.0.1.evil.example", "localhost.evil",
		"192.168.1.7:4321", "", "0.0.0.0:4321"} {
		response, text := ask(s, "GET", "/", "", func(r *http.Request) { r.Host = host })
		if response.StatusCode != 403 || strings.Contains(text, s.token) {
			t.Errorf("host %q: %d", host, response.StatusCode)
		}
	}
	for _, host := range []string{"127.0.0.1:4321", "localhost:4321", "[::1]:4321", "localhost"} {
		response, _ := ask(s, "GET", "/", "", func(r *http.Request) { r.Host = host })
		if response.StatusCode != 200 {
			t.Errorf("host %q: %d", host, response.StatusCode)
		}
	}
	for origin, want := range map[string]int{"http://127.0.0.1:4321": 204, "http://evil.example": 403,
		"null": 403, "http://127.0.0.1:9": 403, "https://127.0.0.1:4321": 403, "": 204} {
		response, _ := ask(s, "PUT", "/verdicts", "{}", func(r *http.Request) {
			r.Header.Set("X-Musc-Token", s.token)
			if origin != "" {
				r.Header.Set("Origin", origin)
			}
		})
		if response.StatusCode != want {
			t.Errorf("origin %q: %d, want %d", origin, response.StatusCode, want)
		}
	}
	for _, token := range []string{"", "wrong", s.token[1:], s.token + "x"} {
		response, _ := ask(s, "PUT", "/verdicts", `{"a.png":"good"}`, func(r *http.Request) {
			r.Header.Set("X-Musc-Token", token)
		})
		if response.StatusCode != 403 {
			t.Errorf("token %q: %d", token, response.StatusCode)
		}
	}
	for _, method := range []string{"POST", "DELETE", "PATCH", "OPTIONS", "TRACE"} {
		if response, _ := ask(s, method, "/verdicts", "{}", nil); response.StatusCode != 405 {
			t.Errorf("%s: %d", method, response.StatusCode)
		}
	}
	if _, err := os.Stat(filepath.Join(output, results.VerdictsFile)); err != nil {
		t.Errorf("what is allowed saved nothing: %v", err)
	}
}

func TestNothingElseIsRead(t *testing.T) {
	output, data := shown(t)
	secret := filepath.Join(filepath.Dir(output), "secret")
	pictures := filepath.Join(output, results.ReportFolder)
	for name, target := range map[string]string{"link.jpg": secret, "relative.jpg": "../../secret"} {
		if err := os.Symlink(target, filepath.Join(pictures, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(pictures, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := open(t, output)
	for _, path := range []string{"/secret", "/../secret", "/report/../secret", "/report/../../secret",
		"/report/..%2f..%2fsecret", "/report/%2e%2e/secret", "//secret", "/report//" + secret, "/report/" + secret,
		"/report/..\\secret", "/report/\x00", "/report/", "/report", "/report/folder", "/report/link.jpg",
		"/report/relative.jpg", "/run.json", "/scores.csv", "/photo/", "/photo/3", "/photo/-1",
		"/photo/99999999999999999999", "/photo/0/../../secret", "/photo/a.png", "/photo/" + data.Photos[0].Path,
		"/photo/+0x0", "/report/" + strings.Repeat("a", 5000)} {
		response, text := ask(s, "GET", path, "", nil)
		if response.StatusCode == 200 || strings.Contains(text, "a secret") {
			t.Errorf("%.60q: %d %.60q", path, response.StatusCode, text)
		}
	}
	server := httptest.NewServer(s) // the same as a client writes it
	defer server.Close()
	for _, path := range []string{"/%2e%2e/secret", "/report/%2e%2e%2f%2e%2e%2fsecret", "/report/..%5csecret",
		"/report/%00", "/photo/%2e%2e%2fsecret", "/report%2f..%2fsecret"} {
		response, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode == 200 || strings.Contains(string(text), "a secret") {
			t.Errorf("%q: %d", path, response.StatusCode)
		}
	}
	if response, text := ask(s, "GET", "/report/000001.jpg", "", nil); response.StatusCode != 200 ||
		text != "a picture" || response.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the report's own picture: %d %q", response.StatusCode, text)
	}
}

func TestPhotosHaveThePixelsThatWereScored(t *testing.T) {
	output, data := shown(t)
	s := open(t, output)
	want, _ := os.ReadFile(data.Photos[0].Path)
	if response, text := ask(s, "GET", "/photo/0", "", nil); text != string(want) ||
		response.Header.Get("Content-Type") != "image/png" {
		t.Errorf("a PNG of 8 bits is not sent as it is: %v", response)
	}
	response, text := ask(s, "GET", "/photo/1", "", nil)
	picture, format, err := image.Decode(strings.NewReader(text))
	if err != nil || format != "jpeg" || picture.Bounds().Dx() != 5 || response.StatusCode != 200 {
		t.Errorf("a PNG of 16 bits: %s, %v, %v", format, err, response)
	}
	if response, text := ask(s, "GET", "/photo/2", "", nil); response.StatusCode != 404 ||
		!strings.Contains(text, "gone.png") {
		t.Errorf("a photo that is gone: %d %q", response.StatusCode, text)
	}
	data.Photos[0].Area = &page.Area{X: 1, Y: 0, Width: 2, Height: 1}
	if err := page.Write(output, data); err != nil {
		t.Fatal(err)
	}
	_, text = ask(open(t, output), "GET", "/photo/0", "", nil)
	if picture, _, err := image.Decode(strings.NewReader(text)); err != nil ||
		picture.Bounds() != image.Rect(0, 0, 2, 1) {
		t.Errorf("a part of a photo: %v", err)
	}
	data.Photos[0].Area.X = 1000
	data.Photos[1].Width = 7
	if err := page.Write(output, data); err != nil {
		t.Fatal(err)
	}
	if response, _ := ask(open(t, output), "GET", "/photo/1", "", nil); response.StatusCode != 409 {
		t.Errorf("a photo that has changed: %d", response.StatusCode)
	}
	if response, _ := ask(open(t, output), "GET", "/photo/0", "", nil); response.StatusCode != 500 {
		t.Errorf("a part outside the photo: %d", response.StatusCode)
	}
}

// save sends verdicts as the page does.
func save(s *Server, verdicts string) (*http.Response, string) {
	return ask(s, "PUT", "/verdicts", verdicts, func(r *http.Request) {
		r.Header.Set("X-Musc-Token", s.token)
	})
}

func TestVerdictsAreKept(t *testing.T) {
	output, data := shown(t)
	path := filepath.Join(output, results.VerdictsFile)
	put(t, path, "image,name,verdict,label,score,threshold\n/x/z.png,z.png,defective,defective,0.9,0.5\n")
	s := open(t, output)
	if response, text := save(s, `{"a.png":"defective","b, \"deep\".png":"unsure","gone.png":"good"}`); response.StatusCode != 204 {
		t.Fatalf("%d %s", response.StatusCode, text)
	}
	folder := filepath.Dir(output)
	want := "image,name,verdict,label,score,threshold\n" +
		folder + "/a.png,a.png,defective,defective,0.6,0.5\n" +
		`"` + folder + `/b, ""deep"".png","b, ""deep"".png",unsure,,0.39999999999999997,0.5` + "\n" +
		folder + "/gone.png,gone.png,good,good,0.19999999999999996,0.5\n" +
		"/x/z.png,z.png,defective,defective,0.9,0.5\n"
	if text, _ := os.ReadFile(path); string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	var found map[string]string
	_, text := ask(open(t, output), "GET", "/verdicts", "", nil)
	if err := json.Unmarshal([]byte(text), &found); err != nil || len(found) != 3 || found["gone.png"] != "good" {
		t.Errorf("another start reads %q, %v", text, err)
	}
	if response, _ := save(s, `{"a.png":"good"}`); response.StatusCode != 204 {
		t.Error("the second change is refused")
	}

	// musc score takes the file both ways.
	labels, err := verdict.ReadLabels(path)
	if err != nil || len(labels) != 2 {
		t.Errorf("labels: %v, %v", labels, err)
	}
	items, _, err := dataset.Collect([]string{path}, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	good, _, err := labelled.GoodOf(items)
	if err != nil || len(good) != 1 || good[0].Path != data.Photos[0].Path {
		t.Errorf("references: %v, %v", good, err)
	}
}

func TestVerdictsThatAreNone(t *testing.T) {
	output, _ := shown(t)
	s := open(t, output)
	for body, want := range map[string]int{`{"a.png":"perhaps"}`: 400, `{"other.png":"good"}`: 400, `[]`: 400,
		`{`: 400, `{"../../x":"good"}`: 400, `"` + strings.Repeat("x", 1<<20) + `"`: 413} {
		if response, text := save(s, body); response.StatusCode != want {
			t.Errorf("%.40q: %d %.80s, want %d", body, response.StatusCode, text, want)
		}
	}
	if _, err := os.Stat(filepath.Join(output, results.VerdictsFile)); !os.IsNotExist(err) {
		t.Errorf("a file was written: %v", err)
	}
}

// What somebody else writes meanwhile is not lost.
func TestAFileThatChangedIsNotReplaced(t *testing.T) {
	output, _ := shown(t)
	s, path := open(t, output), filepath.Join(output, results.VerdictsFile)
	put(t, path, "name,verdict\na.png,good\n")
	for range 2 { // also when it is tried again
		if response, text := save(s, `{}`); response.StatusCode != 409 || !strings.Contains(text, "reload") {
			t.Fatalf("%d %s", response.StatusCode, text)
		}
	}
	ask(s, "GET", "/verdicts", "", nil) // the page is reloaded
	if response, text := save(s, `{"a.png":"defective"}`); response.StatusCode != 204 {
		t.Errorf("%d %s", response.StatusCode, text)
	}
}

func TestWhatCannotBeServedIsToldAtTheStart(t *testing.T) {
	output, _ := shown(t)
	put(t, filepath.Join(output, results.VerdictsFile), "nothing of the kind\n1\n")
	if _, err := Open(output, imageio.Options{}); fault.KindOf(err) != fault.Input ||
		!strings.Contains(err.Error(), "move the file away") {
		t.Errorf("a file that is no list of verdicts: %v", err)
	}
	if _, err := Open(t.TempDir(), imageio.Options{}); fault.KindOf(err) != fault.Input ||
		!strings.Contains(err.Error(), "musc score") {
		t.Errorf("no report: %v", err)
	}
}

func TestServingEndsWhenItIsToldTo(t *testing.T) {
	output, _ := shown(t)
	s := open(t, output)
	listener, err := Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	if address := listener.Addr().String(); !strings.HasPrefix(address, "127.0.0.1:") {
		t.Errorf("it listens at %s", address)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, listener) }()
	response, err := http.Get("http://" + listener.Addr().String() + "/")
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("%v, %v", response, err)
	}
	response.Body.Close()
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it goes on")
	}
}
