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

// Serve answers until ctx is done, then takes no more requests and finishes those that are under way, for at
// most grace. cut says how many it had to leave undone. When it returns no photo is being inspected.
func (s *Server) Serve(ctx context.Context, listener net.Listener, grace time.Duration) (cut int, err error) {
	requests, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	server := &http.Server{Handler: s, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime + s.opts.Timeout,
		IdleTimeout: idleTime, MaxHeaderBytes: headerBytes,
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
