// Package view serves the report of a scored batch on this machine, with the photos in full size, and keeps
// what people say of them in verdicts.csv. Package report/page has what the page asks for.
//
// Whoever can reach the server could read the photos: it answers this machine's browser alone. Requests
// must name it by a loopback address, so that no other name can be made to lead here; those of other pages
// are refused by their Origin; what is saved needs a secret that only the page has. Nothing is read but
// report.html, the pictures beside it and the photos that it lists.
package view

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/origin"
	"musc/engine/report/page"
	"musc/engine/results"
	"musc/engine/wholefile"
)

// Server answers for one output folder.
type Server struct {
	data     *page.Data
	page     []byte
	pictures *os.Root // OUT/report; nil if the page holds its pictures
	verdicts *book
	token    string
	decode   imageio.Options
	decoding chan struct{} // one place a photo that is decoded at a time
	mux      *http.ServeMux
}

// decodedAtATime bounds the memory: a photo of 100 megapixels takes a gigabyte.
const decodedAtATime = 1

// Open reads the report in an output folder. decode is how the run read its photos. Errors are of kind
// fault.Input: there is no report, or verdicts.csv is not one.
func Open(output string, decode imageio.Options) (*Server, error) {
	path := filepath.Join(output, results.ReportFile)
	text, err := wholefile.ReadRegular(path, page.MostBytes)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.New(fault.Input, "there is no %s in %s; make one with musc score PHOTOS -o %s, "+
			"without --no-report", results.ReportFile, output, output)
	}
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read the report: %w", err)
	}
	s := &Server{token: rand.Text(), decode: decode, decoding: make(chan struct{}, decodedAtATime),
		mux: http.NewServeMux()}
	if s.data, err = page.Read(path); err != nil {
		return nil, err
	}
	s.page = []byte(strings.Replace(string(text), "<head>",
		`<head><meta name="musc-view" content="`+html.EscapeString(s.token)+`">`, 1))
	if s.verdicts, err = openBook(filepath.Join(output, results.VerdictsFile), s.data); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(filepath.Join(output, results.ReportFolder))
	switch {
	case err == nil:
		s.pictures = root
	case !errors.Is(err, os.ErrNotExist):
		return nil, fault.New(fault.Input, "cannot read the report's pictures: %w", err)
	}
	s.mux.HandleFunc("GET /{$}", s.servePage)
	s.mux.HandleFunc("GET /"+results.ReportFile, s.servePage)
	s.mux.HandleFunc("GET /"+results.ReportFolder+"/{name}", s.servePicture)
	s.mux.HandleFunc("GET /photo/{number}", s.servePhoto)
	s.mux.HandleFunc("GET /verdicts", s.serveVerdicts)
	s.mux.HandleFunc("PUT /verdicts", s.saveVerdicts)
	return s, nil
}

// Close gives back what Open took.
func (s *Server) Close() {
	if s.pictures != nil {
		s.pictures.Close()
	}
}

// Photos is how many the report shows.
func (s *Server) Photos() int { return len(s.data.Photos) }

// Listen takes a port of this machine's loopback address; 0 is any that is free. A port that is taken is
// of kind fault.Setup.
func Listen(port int) (net.Listener, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fault.New(fault.Setup, "cannot serve on port %d: %w; choose another with --port, or "+
			"leave it out", port, err)
	}
	return listener, nil
}

// Serve answers until ctx is done, then lets open requests end.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 16}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fault.New(fault.Internal, "the server ended: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		server.Close()
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origin.Protect(w.Header())
	if !origin.Loopback(r.Host) {
		http.Error(w, "this server is asked for by another name than its own", http.StatusForbidden)
		return
	}
	if page := r.Header.Get("Origin"); page != "" && page != "http://"+r.Host {
		http.Error(w, "another page may not ask this server", http.StatusForbidden)
		return
	}
	if strings.ContainsAny(r.URL.Path, "\\\x00") || strings.Contains(r.URL.Path, "..") {
		http.NotFound(w, r) // also before the mux redirects to a cleaned path
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) servePage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'") // beside the page's own
	w.Write(s.page)                                                     // who went away needs no answer
}
