package serve

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"musc/engine/fault"
)

// Limits of a connection, beside those of Options.
const (
	headerTime  = 10 * time.Second
	idleTime    = 2 * time.Minute
	headerBytes = 1 << 16
)

// unixPrefix of an address stands before the path of a socket.
const unixPrefix = "unix:"

// Listen takes an address, HOST:PORT or unix:PATH; port 0 is any that is free. A socket that a server left
// which was killed is taken over. Errors are of kind fault.Usage and Setup.
func Listen(address string) (net.Listener, Exposure, error) {
	if path, ok := strings.CutPrefix(address, unixPrefix); ok {
		listener, err := listenUnix(path)
		return listener, Socket, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, 0, fault.New(fault.Usage, "--listen %q is neither HOST:PORT nor unix:PATH; "+
			"127.0.0.1:8080 is one", address)
	}
	exposure := Network
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		exposure = Loopback
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, 0, fault.New(fault.Setup, "cannot listen on %s: %w; choose another address with --listen",
			address, err)
	}
	return listener, exposure, nil
}

// socketMode lets the user's group in, as for a server before this one.
const socketMode = 0o660

func listenUnix(path string) (net.Listener, error) {
	failed := func(err error) (net.Listener, error) {
		return nil, fault.New(fault.Setup, "cannot listen on the socket %q: %w; choose another path with "+
			"--listen unix:PATH", path, err)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSocket {
		connection, err := net.DialTimeout("unix", path, time.Second)
		if err == nil {
			connection.Close()
			return failed(errors.New("another server has it"))
		}
		if err := os.Remove(path); err != nil {
			return failed(err)
		}
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return failed(err)
	}
	if err := os.Chmod(path, socketMode); err != nil {
		listener.Close()
		return failed(err)
	}
	return listener, nil
}

// Loaded is what Run's load gives: for Ready, and how to give it back.
type Loaded struct {
	Inspector Inspector
	Product   Product
	Close     func()
}

// Run is Serve of a server that gets ready meanwhile: load is called at once. An error of it ends the
// server, and is Run's.
func (s *Server) Run(ctx context.Context, listener net.Listener, grace time.Duration,
	load func(context.Context) (Loaded, error)) (cut int, err error) {

	serving, stop := context.WithCancel(ctx)
	defer stop()
	// What is loaded serves on when the server is told to stop: only loading ends then.
	loading, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	whileLoading := context.AfterFunc(serving, giveUp)
	type outcome struct {
		Loaded
		err error
	}
	ended := make(chan outcome, 1)
	go func() {
		loaded, err := load(loading)
		whileLoading()
		if err == nil {
			s.Ready(loaded.Inspector, loaded.Product)
		} else {
			stop()
		}
		ended <- outcome{loaded, err}
	}()
	cut, err = s.Serve(serving, listener, grace)
	stop()
	o := <-ended
	if o.Close != nil {
		o.Close()
	}
	if o.err != nil && ctx.Err() == nil {
		return cut, o.err
	}
	return cut, err
}

// URL is where a listener of Listen is reached.
func URL(listener net.Listener) string {
	address := listener.Addr()
	if address.Network() == "unix" {
		return unixPrefix + address.String()
	}
	return "http://" + address.String()
}

// Serve answers until ctx is done, then takes no more requests and finishes those that are under way, for at
// most grace. cut says how many it had to leave undone. When it returns no photo is being inspected.
func (s *Server) Serve(ctx context.Context, listener net.Listener, grace time.Duration) (cut int, err error) {
	requests, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	server := &http.Server{Handler: s, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime + s.opts.Timeout,
		WriteTimeout: headerTime + 2*s.opts.Timeout, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes,
		BaseContext: func(net.Listener) context.Context { return requests }}
	if s.opts.Log == nil {
		server.ErrorLog = log.New(io.Discard, "", 0)
	} else {
		server.ErrorLog = log.New(s.opts.Log, "musc serve: ", 0)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return 0, fault.New(fault.Internal, "the server ended: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(requests, grace)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		cut = s.desk.inside()
		end()
		server.Close()
	}
	s.desk.drain()
	return cut, nil
}
