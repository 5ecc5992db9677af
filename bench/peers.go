package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// Names of the peers' methods in tables, by their names in peers.py.
var peerNames = map[string]string{
	"published":       casePublished,
	"matmul":          caseMatmul,
	"matmul bfloat16": caseBfloat16,
	"faiss":           caseFaiss,
	"sgemm":           "PyTorch sgemm",
	"openblas":        caseOpenBLAS,
	wholeMethod:       caseWhole,
}

// Cases that goals and ratios are about.
const (
	caseMusc      = "musc"
	casePublished = "published algorithm in PyTorch"
	caseMatmul    = "PyTorch matmul + both maxima"
	caseBfloat16  = "PyTorch matmul + both maxima, bfloat16"
	caseFaiss     = "faiss-cpu, flat search"
	caseOpenBLAS  = "OpenBLAS sgemm"
)

// scorerMethods are the peers' ways of mutual scoring, in the order of the tables.
var scorerMethods = []string{"published", "matmul", "matmul bfloat16", "faiss"}

// request is one line to the peers, reply the line that answers it; peers.py says what they mean.
type request struct {
	Method   string  `json:"method"`
	Tokens   string  `json:"tokens,omitempty"`
	Height   int     `json:"height,omitempty"`
	Width    int     `json:"width,omitempty"`
	Degrees  []int   `json:"degrees,omitempty"`
	High     float64 `json:"high,omitempty"`
	Threads  int     `json:"threads,omitempty"`
	Scores   string  `json:"scores,omitempty"`
	Rows     int     `json:"rows,omitempty"`
	Columns  int     `json:"columns,omitempty"`
	Channels int     `json:"channels,omitempty"`
	Calls    int     `json:"calls,omitempty"`

	Whole *wholeRequest `json:"whole,omitempty"` // of wholeMethod
}

type reply struct {
	Error    string            `json:"error"`
	Versions map[string]string `json:"versions"`
	Methods  []string          `json:"methods"`
	Seconds  float64           `json:"seconds"`
	Steps    []float64         `json:"steps"`
	Resident int64             `json:"resident"`
	Peak     int64             `json:"peak"`
}

// server is a running process of the peers. A nil server offers nothing. One that died, or did not
// keep to the protocol, answers every further request with the first error.
type server struct {
	arguments   []string // the program goes first
	environment []string
	command     *exec.Cmd
	input       io.WriteCloser
	lines       *bufio.Reader
	trouble     *tail
	waited      *sync.Once
	single      bool // one that takes too long has no successor
	broken      error
	versions    map[string]string
	methods     []string
}

// answerTime is the longest that a peer may take for one answer, startTime for its start.
const (
	answerTime = 3 * time.Minute
	startTime  = time.Minute
)

// startServer starts the peers and asks what they offer. The process ends by close, or with a
// request whose context ends.
func startServer(ctx context.Context, program string, arguments ...string) (*server, error) {
	s := &server{arguments: append([]string{program}, arguments...), environment: os.Environ()}
	if err := s.start(); err != nil {
		return nil, err
	}
	hello, err := s.hello(ctx)
	if err != nil {
		s.close()
		return nil, err
	}
	s.versions, s.methods = hello.Versions, hello.Methods
	return s, nil
}

// hello asks what the peers offer, which they tell when all that they need is loaded.
func (s *server) hello(ctx context.Context) (reply, error) {
	limited, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	single := s.single
	s.single = true
	defer func() { s.single = single }()
	answer, err := s.ask(limited, request{Method: "hello"})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("they take longer than %v to start", startTime)
	}
	return answer, err
}

// start starts the process, which may be another one than before.
func (s *server) start() error {
	s.command = exec.Command(s.arguments[0], s.arguments[1:]...)
	s.command.Env = s.environment
	s.trouble, s.waited, s.broken = &tail{}, &sync.Once{}, nil
	s.command.Stderr = s.trouble
	s.command.WaitDelay = patience
	var err error
	if s.input, err = s.command.StdinPipe(); err != nil {
		return fmt.Errorf("starting the peers: %w", err)
	}
	output, err := s.command.StdoutPipe()
	if err != nil {
		return fmt.Errorf("starting the peers: %w", err)
	}
	s.lines = bufio.NewReader(output)
	if err := s.command.Start(); err != nil {
		return fmt.Errorf("starting the peers: %w", err)
	}
	return nil
}

// offers tells whether the peers know the method and are still alive.
func (s *server) offers(method string) bool {
	return s != nil && s.broken == nil && slices.Contains(s.methods, method)
}

// ask sends one request and waits for its answer. An error that the peers report leaves them in
// use; a request that took too long ends the process, in whose place another one starts; any other
// error is the end of them.
func (s *server) ask(ctx context.Context, ask request) (reply, error) {
	if s.broken != nil {
		return reply{}, s.broken
	}
	var answer reply
	line, err := s.exchange(ctx, ask)
	if err == nil {
		if err = json.Unmarshal(line, &answer); err != nil {
			err = fmt.Errorf("the peers answered %.80q, which is not the protocol", line)
		}
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		s.broken = err
		s.kill()
		if errors.Is(err, context.DeadlineExceeded) && !s.single {
			s.wait()
			if s.broken = s.start(); s.broken == nil { // its start is not a part of anybody's time
				_, _ = s.hello(context.WithoutCancel(ctx)) // broken if it fails
			}
		}
		return reply{}, err
	}
	if answer.Error != "" {
		return reply{}, fmt.Errorf("the peers report: %s", answer.Error)
	}
	return answer, nil
}

// exchange writes a line and reads one. The pipe closes, and the wait ends, with the process.
func (s *server) exchange(ctx context.Context, ask request) ([]byte, error) {
	line, err := json.Marshal(ask)
	if err != nil {
		return nil, err
	}
	process := s.command.Process // the server may have another one by the time that a clock fires
	kill := func() { _ = process.Kill() }
	late := time.AfterFunc(answerTime, kill)
	defer late.Stop()
	defer context.AfterFunc(ctx, kill)()
	if _, err := s.input.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("the peers ended: %s", s.lastWords())
	}
	answer, err := s.lines.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the peers ended, or took longer than %v, before they answered %q: %s",
			answerTime, ask.Method, s.lastWords())
	}
	return answer, ctx.Err()
}

// contender times a request by the clock of the peers, who start it when they have their input. Those
// who hear get every answer.
func (s *server) contender(name string, work float64, ask request, heard ...func(reply)) contender {
	return contender{name, work, func(ctx context.Context) (float64, error) {
		answer, err := s.ask(ctx, ask)
		ask.Scores = "" // the first answer is enough
		for _, hear := range heard {
			hear(answer)
		}
		if err == nil && answer.Seconds <= 0 {
			err = fmt.Errorf("the peers gave no time for %q", ask.Method)
		}
		return answer.Seconds, err
	}}
}

// close asks the process to end, by the end of its input, and waits for it.
func (s *server) close() {
	if s == nil {
		return
	}
	s.input.Close()
	late := time.AfterFunc(patience, s.kill)
	defer late.Stop()
	s.wait()
}

// wait returns when the process has ended and all that it printed is there. How it ended tells
// nothing more.
func (s *server) wait() { s.waited.Do(func() { _ = s.command.Wait() }) }

func (s *server) kill() { _ = s.command.Process.Kill() }

// lastWords is the last line that a process printed which does not answer any more.
func (s *server) lastWords() string {
	s.kill()
	s.wait()
	if words := lastLine(s.trouble.String()); words != "" {
		return words
	}
	return "it printed no reason"
}

// tail keeps the end of what a process prints.
type tail struct {
	lock sync.Mutex
	text []byte
}

const tailBytes = 4096

func (t *tail) Write(text []byte) (int, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.text = append(t.text, text...)
	t.text = t.text[max(len(t.text)-tailBytes, 0):]
	return len(text), nil
}

func (t *tail) String() string {
	t.lock.Lock()
	defer t.lock.Unlock()
	return string(t.text)
}
