package main

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func TestPeersAnswer(t *testing.T) {
	s := fakePeers(t, "well")
	if s.versions["fake"] != "1.0" || !s.offers("published") || s.offers("faiss") {
		t.Errorf("hello: %+v %v", s.versions, s.methods)
	}
	got, err := s.contender("x", 7, request{Method: "sgemm"}).run(t.Context())
	if err != nil || got != 0.125 {
		t.Errorf("sgemm took %v, %v", got, err)
	}
	if _, err := s.ask(t.Context(), request{Method: "matmul"}); err == nil {
		t.Error("the peers' own error was lost")
	} else {
		contains(t, err.Error(), "no matmul today")
	}
	if !s.offers("published") {
		t.Error("after an error of one method the others must go on")
	}
	var none *server
	if none.offers("published") {
		t.Error("no peers offer nothing")
	}
	none.close()
}

func TestPeersThatMisbehaveAreNotAskedAgain(t *testing.T) {
	for manner, want := range map[string]string{
		"dies":    "the fake peers ran out of memory",
		"rubbish": "Segmentation fault",
	} {
		s := fakePeers(t, manner)
		for range 2 {
			_, err := s.ask(t.Context(), request{Method: "sgemm"})
			if err == nil {
				t.Fatalf("%s: no error", manner)
			}
			contains(t, err.Error(), want)
		}
		if s.offers("sgemm") {
			t.Errorf("%s: still offered", manner)
		}
	}
}

func TestPeersEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Setenv(fakeVariable, "stops")
	s, err := startServer(ctx, os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, cancel)
	begun := time.Now()
	_, err = s.ask(ctx, request{Method: "sgemm"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	s.close()
	if waited := time.Since(begun); waited > patience {
		t.Errorf("ended after %v", waited)
	}
	if s.command.ProcessState == nil {
		t.Error("the process was not waited for")
	}
}

// A method that takes longer than a case may is dropped; the others are asked of another process.
func TestSlowMethodDoesNotEndThePeers(t *testing.T) {
	s := fakePeers(t, "slow")
	first := s.command.Process.Pid
	within := limits{least: 1, most: 1, each: 300 * time.Millisecond}
	_, err := within.timed(t.Context(), s.contender("x", 7, request{Method: "published"}))
	if !errors.As(err, new(tooSlow)) {
		t.Fatalf("slow: %v", err)
	}
	contains(t, err.Error(), "it takes longer than 300ms")
	if !s.offers("sgemm") {
		t.Error("the other methods are lost")
	}
	within.each = time.Minute
	if took, err := within.timed(t.Context(), s.contender("y", 7, request{Method: "sgemm"})); err != nil ||
		took != 0.125 {
		t.Errorf("after it: %v, %v", took, err)
	}
	if s.command.Process.Pid == first {
		t.Error("the slow process still runs")
	}
}

func TestMissingPeersProgram(t *testing.T) {
	if _, err := startServer(t.Context(), "/nonexistent/python"); err == nil {
		t.Error("started")
	}
}
