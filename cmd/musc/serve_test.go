package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
