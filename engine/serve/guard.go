package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"musc/engine/fault"
	"musc/engine/origin"
	"musc/engine/wholefile"
)

// Exposure says who can reach the server.
type Exposure int

// The exposures. A zero Options has the most cautious one.
const (
	Loopback Exposure = iota // programs of this machine, browsers among them
	Network                  // other machines
	Socket                   // programs that may open a file; no browser
)

// open are the paths that need no token: they tell nothing of photos, and probes of health have none.
var open = []string{"/", "/healthz", "/openapi.json"}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	watched := &watchedWriter{ResponseWriter: w}
	path := r.URL.Path
	methods, known := s.routes[path]
	if !known {
		path = "other"
	}
	defer func() {
		if cause := recover(); cause != nil {
			s.panicked(cause)
			watched.Header().Set("Connection", "close")
			problem(watched, &failure{status: http.StatusInternalServerError, kind: kindInternal,
				text: "the server failed at this request; its log says where"})
		}
		s.metrics.answered(path, watched.status)
	}()
	origin.Protect(w.Header())
	if err := s.admit(r); err != nil {
		problem(watched, err)
		return
	}
	if !known {
		problem(watched, &failure{status: http.StatusNotFound, kind: kindPath,
			text: "there is nothing here; /openapi.json says what there is"})
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	handler := methods[method]
	if handler == nil {
		for allowed := range methods {
			watched.Header().Set("Allow", allowed)
		}
		problem(watched, &failure{status: http.StatusMethodNotAllowed, kind: kindMethod,
			text: fmt.Sprintf("%s answers to %s alone", path, watched.Header().Get("Allow"))})
		return
	}
	handler(watched, r)
}

// admit refuses who must not ask.
func (s *Server) admit(r *http.Request) *failure {
	if !s.named(r.Host) {
		return &failure{status: http.StatusForbidden, kind: kindHost, text: "this server is asked for by " +
			"another name than its own; ask for its address, or start it with --host NAME"}
	}
	if s.other.Check(r) != nil {
		return &failure{status: http.StatusForbidden, kind: kindHost,
			text: "another page may not ask this server"}
	}
	if s.opts.Token == "" || slices.Contains(open, r.URL.Path) {
		return nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	got, want := sha256.Sum256([]byte(strings.TrimSpace(token))), sha256.Sum256([]byte(s.opts.Token))
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 || !strings.EqualFold(scheme, "Bearer") {
		return &failure{status: http.StatusUnauthorized, kind: kindToken,
			text: "send the server's token: Authorization: Bearer TOKEN"}
	}
	return nil
}

// leastToken is the length of a token that nobody guesses.
const leastToken = 16

// mostToken bounds the file of a token in bytes.
const mostToken = 1 << 16

// ReadToken reads a token from a file: its text without the blanks around it. Errors are of kind
// fault.Input.
func ReadToken(path string) (string, error) {
	text, err := wholefile.Read(path, mostToken)
	if err != nil {
		return "", fault.New(fault.Input, "cannot read the token: %w; check the path and its permissions", err)
	}
	token := strings.TrimSpace(string(text))
	visible := func(c rune) bool { return c > ' ' && c <= '~' }
	if len(token) < leastToken || strings.ContainsFunc(token, func(c rune) bool { return !visible(c) }) {
		return "", fault.New(fault.Input, "the token in %s must be %d visible ASCII characters or more; make "+
			"one with: openssl rand -hex 16", path, leastToken)
	}
	return token, nil
}

// named says whether the server is called so. A page can lead a name of its own here, but no address, and
// what does not know the token gets nothing anyhow.
func (s *Server) named(host string) bool {
	name := origin.Name(host)
	switch {
	case s.opts.Token != "" || s.opts.Local == Socket || origin.Loopback(host),
		slices.Contains(s.opts.Hosts, name):
		return true
	case s.opts.Local == Loopback || name == "":
		return false
	}
	machine, err := os.Hostname()
	return net.ParseIP(name) != nil || err == nil && strings.EqualFold(name, machine)
}

// watchedWriter notes the status.
type watchedWriter struct {
	http.ResponseWriter
	status int // 0: nothing was answered
}

func (w *watchedWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watchedWriter) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// panicked counts and tells what is a mistake of this program.
func (s *Server) panicked(cause any) {
	s.metrics.panics.Inc()
	if s.opts.Log != nil {
		fmt.Fprintf(s.opts.Log, "musc serve: panic: %v\n%s", cause, debug.Stack())
	}
}
