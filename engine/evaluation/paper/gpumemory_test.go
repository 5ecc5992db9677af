package paper

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// tool puts a stand-in for the driver's tool first in the path.
func tool(t *testing.T, script string) {
	t.Helper()
	folder := t.TempDir()
	err := os.WriteFile(filepath.Join(folder, "nvidia-smi"), []byte("#!/bin/sh\n"+script), 0o755)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestPeakOfGPUMemory(t *testing.T) {
	done := filepath.Join(t.TempDir(), "done")
	// The figures stop rising before the stand-in says that it has given all of them.
	tool(t, fmt.Sprintf(`[ "$2" = 3 ] || exit 1
echo 500; echo 1300; echo 700; sleep 0.1; touch '%s'; exec sleep 60
`, done))
	watch := watchGPU(t.Context(), 3)
	if watch == nil {
		t.Fatal("the tool is not asked")
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if _, err := os.Stat(done); err == nil && watch.peak.Load() == 1300 {
			break
		}
	}
	if got, defined := watch.stop().Get(); !defined || got != 800*1.048576 {
		t.Errorf("peak %v MB", got)
	}
}

func TestWithoutGPUThereIsNoFigure(t *testing.T) {
	for _, script := range []string{"exit 9\n", "echo '[N/A]'\n", "echo 'No devices were found'; exit 6\n"} {
		tool(t, script)
		if watch := watchGPU(t.Context(), 0); watch != nil {
			t.Errorf("%q is taken for a figure", script)
		}
	}
	t.Setenv("PATH", t.TempDir())
	watch := watchGPU(t.Context(), 0)
	if _, defined := watch.stop().Get(); watch != nil || defined {
		t.Error("a figure without the tool")
	}
}
