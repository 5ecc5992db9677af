package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"musc/engine/fault"
)

// running is a server on a port of its own; stop ends it and gives Serve's answer.
func running(t *testing.T, s *Server, grace time.Duration) (address string, stop func() (int, error)) {
	t.Helper()
	listener, exposure, err := Listen("127.0.0.1:0")
	if err != nil || exposure != Loopback {
		t.Fatal(exposure, err)
	}
	return listener.Addr().String(), serving(t, s, listener, grace)
}

func serving(t *testing.T, s *Server, listener net.Listener, grace time.Duration) (stop func() (int, error)) {
	ctx, cancel := context.WithCancel(context.Background())
	type outcome struct {
		cut int
		err error
	}
	ended := make(chan outcome, 1)
	go func() {
		cut, err := s.Serve(ctx, listener, grace)
		ended <- outcome{cut, err}
	}()
	stopped := false
	stop = func() (int, error) {
		stopped = true
		cancel()
		select {
		case o := <-ended:
			return o.cut, o.err
		case <-time.After(time.Minute):
			t.Error("the server goes on")
			return 0, nil
		}
	}
	t.Cleanup(func() {
		if !stopped {
			stop()
		}
	})
	return stop
}

// send posts a photo over a connection.
func sendTo(address string, data []byte) (status int, answer []byte, err error) {
	response, err := http.Post("http://"+address+"/v1/score", "image/png", bytes.NewReader(data))
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// slow opens a connection, sends the head of a request and a part of its body.
func slow(t *testing.T, address string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	fmt.Fprintf(connection, "POST /v1/score HTTP/1.1\r\nHost: %s\r\nContent-Type: image/png\r\n"+
		"Content-Length: 1000\r\n\r\nabc", address)
	return connection
}

// Whoever sends slowly keeps nobody else from being served, and is told when the time is over.
func TestSlowBodies(t *testing.T) {
	s := server(t, fake{}, func(o *Options) { o.Timeout, o.Workers, o.Queue = 500*time.Millisecond, 1, 0 })
	address, _ := running(t, s, time.Second)
	var connections []net.Conn
	for range 10 {
		connections = append(connections, slow(t, address))
	}
	for range 3 {
		if status, text, err := sendTo(address, photo(3, 3, 1)); status != 200 || err != nil {
			t.Errorf("beside slow ones: %d %s %v", status, text, err)
		}
	}
	for _, connection := range connections {
		connection.SetDeadline(time.Now().Add(time.Minute))
		text, _ := io.ReadAll(connection)
		if !strings.HasPrefix(string(text), "HTTP/1.1 408 ") || !strings.Contains(string(text), `"kind":"slow"`) {
			t.Errorf("a slow one: %s", text)
		}
	}
	if !s.bodies.TryAcquire(bodiesHeld * limits.MaxBody) {
		t.Error("memory is kept")
	}
}

// Scoring may take longer than the photo took to arrive: the deadline of the body is none of it.
func TestTheTimeOfABodyIsNotThatOfScoring(t *testing.T) {
	s := server(t, fake{func(ctx context.Context, _ Photo) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
			return nil
		}
	}}, nil)
	address, _ := running(t, s, time.Second)
	if status, text, err := sendTo(address, photo(3, 3, 1)); status != 200 || err != nil {
		t.Errorf("%d %s %v", status, text, err)
	}
}

func TestAClientThatGoesAwayIsScoredNoLonger(t *testing.T) {
	begun, gone := make(chan struct{}), make(chan error, 1)
	s := server(t, fake{func(ctx context.Context, _ Photo) error {
		close(begun)
		<-ctx.Done()
		gone <- ctx.Err()
		return ctx.Err()
	}}, nil)
	address, stop := running(t, s, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "POST", "http://"+address+"/v1/score", bytes.NewReader(photo(3, 3, 1)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "image/png")
	go http.DefaultClient.Do(r)
	<-begun
	cancel()
	select {
	case <-gone:
	case <-time.After(time.Minute):
		t.Fatal("the work goes on")
	}
	if _, err := stop(); err != nil {
		t.Fatal(err)
	}
	code := ""
	for _, m := range gathered(t, s)["musc_requests_total"].Metric {
		code += m.Label[0].GetValue()
	}
	if code != "499" {
		t.Errorf("counted as %s", code)
	}
}

func TestWhatIsUnderWayIsFinished(t *testing.T) {
	begun, end := make(chan struct{}, 2), make(chan struct{})
	s := server(t, fake{func(context.Context, Photo) error { begun <- struct{}{}; <-end; return nil }},
		func(o *Options) { o.Workers = 1 })
	address, stop := running(t, s, time.Minute)
	answers := make(chan int, 2)
	for range 2 { // one is scored, the other waits
		go func() {
			status, _, err := sendTo(address, photo(3, 3, 1))
			if err != nil {
				t.Error(err)
			}
			answers <- status
		}()
	}
	<-begun
	for s.desk.waiting() == 0 {
		time.Sleep(time.Millisecond)
	}
	ended := make(chan int)
	go func() {
		cut, err := stop()
		if err != nil {
			t.Error(err)
		}
		ended <- cut
	}()
	for {
		if _, err := net.Dial("tcp", address); err != nil {
			break // no more is accepted
		}
		time.Sleep(time.Millisecond)
	}
	close(end)
	if a, b, cut := <-answers, <-answers, <-ended; a != 200 || b != 200 || cut != 0 {
		t.Errorf("answers %d and %d, %d left undone", a, b, cut)
	}
}

func TestTheGraceIsBounded(t *testing.T) {
	begun := make(chan struct{})
	s := server(t, fake{func(ctx context.Context, _ Photo) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}}, nil)
	address, stop := running(t, s, time.Millisecond)
	go sendTo(address, photo(3, 3, 1))
	<-begun
	if cut, err := stop(); cut != 1 || err != nil {
		t.Errorf("%d left undone, %v", cut, err)
	}
}

func TestASocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "musc.sock")
	for range 2 { // the second time one is left of a server that was killed
		listener, exposure, err := Listen("unix:" + path)
		if err != nil || exposure != Socket {
			t.Fatal(exposure, err)
		}
		if _, _, err := Listen("unix:" + path); fault.KindOf(err) != fault.Setup ||
			!strings.Contains(err.Error(), "another server has it") {
			t.Errorf("a socket in use: %v", err)
		}
		s := server(t, fake{}, func(o *Options) { o.Local = exposure })
		stop := serving(t, s, listener, time.Second)
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true,
			DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", path) }}}
		response, err := client.Get("http://any.name/healthz")
		if err != nil || response.StatusCode != 200 {
			t.Fatal(response, err)
		}
		var health Health
		if err := json.NewDecoder(response.Body).Decode(&health); err != nil || health.Status != "ready" {
			t.Errorf("%+v, %v", health, err)
		}
		response.Body.Close()
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != socketMode {
			t.Errorf("%v, %v", info, err)
		}
		listener.(*net.UnixListener).SetUnlinkOnClose(false)
		if _, err := stop(); err != nil {
			t.Error(err)
		}
	}
	file := filepath.Join(t.TempDir(), "photo.png")
	if err := os.WriteFile(file, photo(1, 1, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Listen("unix:" + file); fault.KindOf(err) != fault.Setup {
		t.Errorf("a file that is no socket: %v", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error("the file is gone")
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]Exposure{"127.0.0.1:0": Loopback, "localhost:0": Loopback,
		":0": Network, "0.0.0.0:0": Network} {
		listener, exposure, err := Listen(address)
		if err != nil || exposure != want {
			t.Errorf("%s: %v, %v", address, exposure, err)
			continue
		}
		if _, _, err := Listen(listener.Addr().String()); fault.KindOf(err) != fault.Setup ||
			!strings.Contains(err.Error(), "--listen") {
			t.Errorf("an address in use: %v", err)
		}
		listener.Close()
	}
	for _, address := range []string{"", "8080", "localhost", "a b"} {
		if _, _, err := Listen(address); fault.KindOf(err) != fault.Usage {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, address := range []string{"unix:", "unix:/nowhere/at/all", "127.0.0.1:99999", "[::1]:x"} {
		if _, _, err := Listen(address); fault.KindOf(err) != fault.Setup {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestAServerAnswersWhileItLoads(t *testing.T) {
	listener, _, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(limits)
	ctx, cancel := context.WithCancel(t.Context())
	goOn, closed, ended := make(chan struct{}), false, make(chan error, 1)
	go func() {
		_, err := s.Run(ctx, listener, time.Minute, func(context.Context) (Loaded, error) {
			<-goOn
			return Loaded{fake{}, product, func() { closed = true }}, nil
		})
		ended <- err
	}()
	status := func() int {
		response, err := http.Get(URL(listener) + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	if got := status(); got != 503 {
		t.Errorf("loading: %d", got)
	}
	close(goOn)
	for status() != 200 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; err != nil || !closed {
		t.Errorf("%v, closed %v", err, closed)
	}
}

// What cannot be loaded ends the server, and who stops it does not wait for it to load.
func TestLoadingThatFails(t *testing.T) {
	for name, stopped := range map[string]bool{"it fails": false, "it is stopped": true} {
		listener, _, err := Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err = New(limits).Run(ctx, listener, time.Minute, func(loading context.Context) (Loaded, error) {
			if stopped {
				cancel()
				<-loading.Done()
				return Loaded{}, loading.Err()
			}
			return Loaded{}, fault.New(fault.Setup, "no model")
		})
		if stopped && err != nil || !stopped && fault.KindOf(err) != fault.Setup {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokensOfFiles(t *testing.T) {
	for text, want := range map[string]string{"0123456789abcdef": "0123456789abcdef",
		"  0123456789abcdef\n": "0123456789abcdef", "": "", "short": "", "0123456789abcde": "",
		"0123456789 abcdef": "", "0123456789abcdeé": "", "0123456789\nabcdef": ""} {
		path := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadToken(path)
		if got != want || (err != nil) != (want == "") || err != nil && fault.KindOf(err) != fault.Input {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if _, err := ReadToken(filepath.Join(t.TempDir(), "none")); fault.KindOf(err) != fault.Input {
		t.Errorf("no file: %v", err)
	}
}

// The scale of a bank's maps has the threshold in its middle, and leaves good photos without colour.
func TestScalesOfBanks(t *testing.T) {
	scores := []float64{.31, .3, .29, .33, .32}
	for _, c := range []struct {
		scores    []float64
		threshold float64
		low, high float64
	}{{scores, .4, .3, .45}, {scores, 0, .3, .33}, {nil, .4, .36, .48}, {nil, 0, 0, 3}} {
		got, err := scaleOf(c.scores, c.threshold)
		if err != nil || math.Abs(got.Low-c.low) > 1e-12 || math.Abs(got.High-c.high) > 1e-12 {
			t.Errorf("%v, %v: %+v, %v", c.scores, c.threshold, got, err)
		}
	}
}
