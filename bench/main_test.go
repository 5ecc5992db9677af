package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"musc/engine/npy"
)

// fakeVariable makes the test binary play the peers, in the manner that its value names.
const fakeVariable = "MUSC_BENCH_FAKE_PEERS"

// TestMain lets the test binary be the processes that the benchmark starts: itself, and the peers.
func TestMain(m *testing.M) {
	if manner := os.Getenv(fakeVariable); manner != "" {
		playPeers(manner)
		return
	}
	if len(os.Args) > 1 && os.Args[1] == childName {
		main()
		return
	}
	os.Exit(m.Run())
}

// playPeers answers requests as peers.py does, until it misbehaves.
func playPeers(manner string) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var ask request
		if err := json.Unmarshal(lines.Bytes(), &ask); err != nil {
			fmt.Printf(`{"error": "not JSON"}` + "\n")
			continue
		}
		switch {
		case ask.Method == "hello":
			fmt.Println(`{"versions": {"fake": "1.0"}, "methods": ["published", "matmul", "sgemm",` +
				` "end to end"]}`)
		case manner == "dies":
			fmt.Fprintln(os.Stderr, "a line before\nthe fake peers ran out of memory")
			os.Exit(3)
		case manner == "rubbish":
			fmt.Println("Segmentation fault, or so")
		case manner == "stops":
			time.Sleep(time.Hour)
		case manner == "slow" && ask.Method == "published":
			time.Sleep(time.Hour)
		case ask.Method == "matmul" && manner != "slow":
			fmt.Println(`{"error": "no matmul today"}`)
		case ask.Method == wholeMethod:
			fmt.Println(answerWhole(ask))
		case ask.Method == "memory":
			fmt.Println(`{"resident": 1000, "peak": 5000}`)
		default:
			answerScores(ask)
			fmt.Println(`{"seconds": 0.125}`)
		}
	}
}

// answerScores writes a score of 0.5 for every patch.
func answerScores(ask request) {
	if ask.Scores == "" {
		return
	}
	tokens, err := npy.Open(ask.Tokens)
	if err != nil {
		panic(err)
	}
	defer tokens.Close()
	scores := make([]float32, tokens.Shape[1]*tokens.Shape[2])
	for k := range scores {
		scores[k] = 0.5
	}
	if err := npy.Write(ask.Scores, tokens.Shape[1:3], scores); err != nil {
		panic(err)
	}
}

// fakePeers starts the test binary as peers.
func fakePeers(t *testing.T, manner string) *server {
	t.Helper()
	t.Setenv(fakeVariable, manner)
	s, err := startServer(t.Context(), os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Unsetenv(fakeVariable); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func contains(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}
