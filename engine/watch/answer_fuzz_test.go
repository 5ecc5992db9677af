package watch

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
)

// said is a connection to a server that says so much and ends, whatever it is asked: but not before it is
// asked, as a client does not listen to what comes earlier.
type said struct {
	net.Conn // a nil one: nothing else is called
	left     *bytes.Reader
	read     *atomic.Int64 // bytes
	ready    context.Context
	asked    context.CancelFunc
}

func (s said) Read(into []byte) (int, error) {
	<-s.ready.Done()
	n, err := s.left.Read(into)
	s.read.Add(int64(n))
	return n, err
}

func (s said) Write(from []byte) (int, error) {
	s.asked()
	return len(from), nil
}

func (s said) Close() error {
	s.asked()
	return nil
}

func (s said) SetDeadline(time.Time) error      { return nil }
func (s said) SetReadDeadline(time.Time) error  { return nil }
func (s said) SetWriteDeadline(time.Time) error { return nil }

// answered is what one try makes of an answer, and how much was read of it.
func answered(t testing.TB, answer []byte) (wait time.Duration, read int64, err error) {
	p := &Post{URL: "http://me:secret@example.org/in"}
	if err := p.check(); err != nil {
		t.Fatal(err)
	}
	transport := p.client.Transport.(*http.Transport)
	transport.Proxy, transport.DisableKeepAlives = nil, true
	var count atomic.Int64
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		ready, asked := context.WithCancel(context.Background())
		return said{left: bytes.NewReader(answer), read: &count, ready: ready, asked: asked}, nil
	}
	wait, err = p.try(t.Context(), "key-1", []byte("{}"))
	transport.CloseIdleConnections()
	return wait, count.Load(), err
}

// A pause that is longer than a time can be is a long one, not none, and not the end of trying.
func TestPausesThatServersAskFor(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "-1": 0, "soon": 0, "1.5": 0,
		"9223372036":           9223372036 * time.Second,
		"9223372037":           9223372036 * time.Second,
		"99999999999999999999": 9223372036 * time.Second,
		"-9999999999999999999": 0,
	} {
		wait, _, err := answered(t, []byte("HTTP/1.1 503 Busy\r\nRetry-After: "+text+"\r\nContent-Length: 0\r\n\r\n"))
		if err == nil || wait != want {
			t.Errorf("%q: %v, %v, want %v", text, wait, err, want)
		}
	}
}

func TestLongAnswersAreNotReadToTheirEnd(t *testing.T) {
	endless := strings.Repeat("x", 1<<20)
	for name, answer := range map[string]string{
		"a body":   "HTTP/1.1 200 OK\r\n\r\n" + endless,
		"a header": "HTTP/1.1 200 OK\r\nX: " + endless + "\r\n\r\n",
		"a status": "HTTP/1.1 503 " + endless + "\r\n\r\n",
	} {
		_, read, err := answered(t, []byte(answer))
		if read > 4*mostAnswer || err != nil && len(err.Error()) > 200 {
			t.Errorf("%s: %d bytes are read, %v", name, read, err)
		}
	}
	if _, _, err := answered(t, []byte("HTTP/1.1 503 "+endless[:200]+"\r\n\r\n")); err == nil ||
		!strings.HasSuffix(err.Error(), "xx...") || len(err.Error()) > 200 {
		t.Errorf("a long status: %v", err)
	}
}

// Whatever a web server answers, the photo is accepted by a status from 200 to 299 alone, refused for good by
// those that say so, and else sent again after a pause that is no less than none. The message has no password.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 204 No Content\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 503 Busy\r\nRetry-After: 9223372037\r\nContent-Length: 3\r\n\r\nlater"))
	f.Add([]byte("HTTP/1.0 302 \x1b[31m\r\nLocation: http://elsewhere/\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Slow\r\nRetry-After: -5\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		wait, read, err := answered(t, answer)
		if read > int64(len(answer)) {
			t.Fatalf("%d bytes of %d", read, len(answer))
		}
		if err == nil {
			if wait != 0 || !bytes.Contains(answer, []byte(" 2")) {
				t.Fatalf("accepted, wait %v, by %q", wait, answer)
			}
			return
		}
		control := func(r rune) bool { return !unicode.IsPrint(r) }
		if text := err.Error(); strings.Contains(text, "secret") || strings.ContainsFunc(text, control) {
			t.Fatalf("the message is %q", text)
		}
		status, told := strings.CutPrefix(err.Error(), "http://me:xxxxx@example.org/in answers ")
		if !told {
			if wait != 0 {
				t.Fatalf("not reached, wait %v: %v", wait, err)
			}
			return
		}
		code, numberErr := strconv.Atoi(status[:min(3, len(status))])
		again := code == 408 || code == 425 || code == 429 || code >= 500
		if numberErr != nil || again != (wait >= 0) || !again && wait != -1 || code >= 200 && code < 300 {
			t.Fatalf("wait %v after %q", wait, status)
		}
	})
}
