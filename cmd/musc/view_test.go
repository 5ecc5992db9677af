package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/report"
	"musc/engine/report/page"
	"musc/engine/results"
)

// shownFolder is an output folder with a report of one photo.
func shownFolder(t *testing.T) string {
	t.Helper()
	out := t.TempDir()
	if err := report.WriteRun(filepath.Join(out, results.RunFile), report.Run{}); err != nil {
		t.Fatal(err)
	}
	data := &page.Data{Images: 1, Photos: []page.Photo{{Name: "a.png", Rank: 1, Nearest: -1}}}
	if err := page.Write(out, data); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestViewServesUntilItIsStopped(t *testing.T) {
	out := shownFolder(t)
	ctx, stop := context.WithCancel(t.Context())
	told, tell := io.Pipe()
	ended := make(chan int)
	go func() { ended <- run(ctx, []string{"musc", "view", out, "--json"}, tell, io.Discard) }()
	line, err := bufio.NewReader(told).ReadString('\n')
	var event struct {
		Event, Address string
		Photos         int
	}
	if err != nil || json.Unmarshal([]byte(line), &event) != nil || event.Event != "serving" ||
		event.Photos != 1 {
		t.Fatalf("%q, %v", line, err)
	}
	response, err := http.Get(event.Address)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if !strings.Contains(string(text), "a.png") {
		t.Error("it is not the report")
	}
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit %d", code)
	}
}

func TestViewSaysWhatIsMissing(t *testing.T) {
	out := shownFolder(t)
	if err := os.Remove(filepath.Join(out, results.ReportFile)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"view", exitUsage, "musc view out"},
		{"view a b", exitUsage, "musc view out"},
		{"view " + t.TempDir(), exitInput, "musc score"},
		{"view " + out, exitInput, "--no-report"},
		{"view " + shownFolder(t) + " --port 99999", exitUsage, "--port"},
	} {
		code, _, stderr := musc(t, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("musc %s: exit %d, %s", c.args, code, stderr)
		}
	}
}
