package trust

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"musc/engine/fault"
	"musc/kernels"
)

// finding is what a test found; a child prints it as a line of JSON.
type finding struct {
	Unable   string  `json:"unable,omitempty"`  // why the device could not be tested
	Failure  string  `json:"failure,omitempty"` // what is wrong with the kernel
	Distance float64 `json:"distance"`
	Score    float64 `json:"score"`
}

// patience is how long a process that was killed may take to end. One that waits for a driver which
// does not answer may never end; it is left behind.
const patience = 3 * time.Second

// inChild tests in a process of its own.
func (t Test) inChild(ctx context.Context, ordinal int, kernel kernels.Kernel) (finding, error) {
	args := slices.Concat(t.Child[1:],
		[]string{strconv.Itoa(ordinal), string(kernel), t.limit().String()})
	command := exec.Command(t.Child[0], args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	command.WaitDelay = patience
	if err := command.Start(); err != nil {
		return finding{}, fmt.Errorf("cannot start %s: %w", t.Child[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	limit := time.NewTimer(t.limit())
	defer limit.Stop()
	select {
	case err := <-ended:
		return readFinding(err, stdout.Bytes(), stderr.String())
	case <-limit.C:
	case <-ctx.Done():
	}
	_ = command.Process.Kill() // it may have ended just now
	select {
	case <-ended:
	case <-time.After(patience):
	}
	return finding{Failure: t.tooLong()}, ctx.Err()
}

func (t Test) tooLong() string { return fmt.Sprintf("it did not end within %v", t.limit()) }

// crash is the line of a Go program that was ended by a signal of its own, in C or in Go, or by its
// runtime.
var crash = regexp.MustCompile(`(?m)^(SIG[A-Z]+: |fatal error: |panic: ).*$`)

// readFinding reads what a child that ended has printed. Whether it crashed or ended otherwise
// without a finding, as one that somebody killed, its words tell, or the signal.
func readFinding(ended error, stdout []byte, stderr string) (found finding, err error) {
	if ended == nil {
		if err := json.Unmarshal(stdout, &found); err != nil {
			return found, fmt.Errorf("its process printed %.80q: %w", stdout, err)
		}
		return found, nil
	}
	var exit *exec.ExitError
	if !errors.As(ended, &exit) {
		return found, ended
	}
	if line := crash.FindString(stderr); line != "" {
		return finding{Failure: fmt.Sprintf("its process crashed: %.200s", line)}, nil
	}
	switch status, ok := exit.Sys().(syscall.WaitStatus); {
	case ok && status.Signaled() && slices.Contains(crashes, status.Signal()):
		return finding{Failure: fmt.Sprintf("its process crashed: %v", exit)}, nil
	}
	line, _, _ := strings.Cut(strings.TrimSpace(stderr), "\n")
	return found, fmt.Errorf("its process ended with %v and %.200q", exit, line)
}

// crashes are the signals that end a process for what it did itself.
var crashes = []syscall.Signal{syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL,
	syscall.SIGSEGV, syscall.SIGTRAP}

// inProcess tests in this process.
func (t Test) inProcess(ctx context.Context, ordinal int, kernel kernels.Kernel) (finding, error) {
	return t.within(ctx, func() finding { return score(ctx, ordinal, kernel, problems) })
}

// within runs a test that goes on until the program ends if it does not end within the limit.
func (t Test) within(ctx context.Context, test func() finding) (finding, error) {
	tested := make(chan finding, 1)
	go func() { tested <- test() }()
	limit := time.NewTimer(t.limit())
	defer limit.Stop()
	select {
	case found := <-tested:
		return found, nil
	case <-limit.C:
		return finding{Failure: t.tooLong()}, nil
	case <-ctx.Done():
		return finding{}, ctx.Err()
	}
}

// Serve is the child's part: it tests the kernel that the arguments name, the last three of its
// command, and prints the finding. It ends the process should the parent be gone by the limit.
func Serve(ctx context.Context, arguments []string, out io.Writer) error {
	return serve(ctx, arguments, out, problems)
}

func serve(ctx context.Context, arguments []string, out io.Writer, problems []problem) error {
	if len(arguments) != 3 {
		return fault.New(fault.Usage, "the test of a kernel takes a device's number, a kernel and a "+
			"time limit, not %q; musc doctor --self-test runs it", arguments)
	}
	ordinal, err := strconv.Atoi(arguments[0])
	if err != nil {
		return fault.New(fault.Usage, "%q is not the N of cuda:N", arguments[0])
	}
	kernel, err := kernels.ParseKernel(arguments[1])
	if err != nil {
		return fault.New(fault.Usage, "%w", err)
	}
	limit, err := time.ParseDuration(arguments[2])
	if err != nil {
		return fault.New(fault.Usage, "%q is not a time limit such as 60s", arguments[2])
	}
	time.AfterFunc(limit+patience, func() { os.Exit(1) })
	return json.NewEncoder(out).Encode(score(ctx, ordinal, kernel, problems))
}
