package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"musc/engine/csvfile"
	"musc/engine/serve"
)

func TestServeSaysWhatIsWrongBeforeItListens(t *testing.T) {
	short := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(short, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	photo := filepath.Join("..", "..", "testdata", "washer", "images", "000.png")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"serve", exitUsage, "--bank product.musc"},
		{"serve --bank b photos/", exitUsage, "sent to it"},
		{"serve --bank b --max-body x", exitUsage, "is not a size"},
		{"serve --bank b --max-body=", exitUsage, "--max-body"},
		{"serve --bank b --timeout 0s", exitUsage, "--timeout"},
		{"serve --bank b --grace -1s", exitUsage, "--grace"},
		{"serve --bank b --queue -1", exitUsage, "--queue"},
		{"serve --bank b --max-pixels -1", exitUsage, "--max-pixels"},
		{"serve --bank b --token-file " + short, exitInput, "16 visible"},
		{"serve --bank b --token-file gone", exitInput, "the token"},
		{"serve --bank gone.musc", exitInput, "gone.musc"},
		{"serve --bank " + photo, exitInput, "000.png"},
	} {
		code, _, stderr := musc(t, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("musc %s: exit %d, %s", c.args, code, stderr)
		}
	}
}

// A photo that is sent has the score that musc score gives the file; stopped, the server exits with 0.
func TestAServedPhotoHasTheScoreOfTheFile(t *testing.T) {
	dir := t.TempDir()
	good, others := goodPhotos(t, dir, 0, 11), goodPhotos(t, dir, 11, 2)
	product, out := filepath.Join(dir, "product.musc"), filepath.Join(dir, "out")
	for _, args := range [][]string{{"bank", "build", good, "-o", product, "-q"},
		{"score", others, "-o", out, "--bank", product, "-q", "--maps", "none", "--no-overlays", "--no-report"}} {
		if code, _, stderr := musc(t, args...); code != exitOK {
			t.Fatalf("musc %s: exit %d, %s", args, code, stderr)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	told, tell := io.Pipe()
	ended := make(chan int)
	go func() {
		ended <- run(ctx, []string{"musc", "serve", "--bank", product, "--listen", "127.0.0.1:0", "--json"}, tell,
			io.Discard)
		tell.Close()
	}()
	lines := bufio.NewReader(told)
	line, err := lines.ReadString('\n')
	var event struct{ Event, Address string }
	if err != nil || json.Unmarshal([]byte(line), &event) != nil || event.Event != "serving" {
		t.Fatalf("%q, %v", line, err)
	}
	go io.Copy(io.Discard, lines)
	for healthy := false; !healthy; time.Sleep(10 * time.Millisecond) {
		response, err := http.Get(event.Address + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		healthy = response.StatusCode == http.StatusOK
	}
	table, err := csvfile.ReadTable(filepath.Join(out, "scores.csv"), "image", "score")
	if err != nil || len(table.Rows) != 2 {
		t.Fatal(table, err)
	}
	for _, row := range table.Rows {
		data, err := os.ReadFile(filepath.Join(others, table.Text(row, "image")))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.Post(event.Address+"/v1/score?map=scores", "image/png", bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		var answer serve.Answer
		err = json.NewDecoder(response.Body).Decode(&answer)
		response.Body.Close()
		score, _ := json.Marshal(answer.Score)
		if err != nil || string(score) != table.Text(row, "score") || answer.Map.Rows != 16 ||
			answer.Width != 256 || answer.Verdict == nil {
			t.Errorf("%+v, %v; the file has the score %s", answer, err, table.Text(row, "score"))
		}
	}
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit %d", code)
	}
}
