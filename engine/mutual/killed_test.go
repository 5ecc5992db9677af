//go:build unix && !cuda

package mutual

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"musc/engine/atomicfile"
	"musc/engine/features"
)

// killedFolder is the environment variable with the folder of a process that is to be killed.
const killedFolder = "MUSC_TEST_KILLED"

// Processes that are killed at any moment (SIGKILL), one after the other, end with the same bytes.
func TestKilledProcesses(t *testing.T) {
	shape := features.Shape{Stages: 4, Images: 32, Height: 9, Width: 9, Channels: 96}
	problem := &Problem{Images: look(t, shape, 1), Degrees: paper, Interval: Interval{0, 0.3}}
	score := func() []byte {
		scores, err := CPU{Threads: 1}.PatchScores(context.Background(), problem)
		if err != nil {
			t.Fatal(err)
		}
		content, err := binary.Append(nil, binary.LittleEndian, scores)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	if folder := os.Getenv(killedFolder); folder != "" {
		problem.Checkpoint = &Checkpoint{Folder: folder, Every: always}
		if err := atomicfile.WriteFile(filepath.Join(folder, "scores"), score()); err != nil {
			t.Fatal(err)
		}
		return
	}
	start := time.Now()
	want := score()
	took := time.Since(start)
	folder := t.TempDir()
	killed, random := 0, rand.New(rand.NewPCG(8, 9))
	for range 100 {
		child := exec.Command(os.Args[0], "-test.run=^TestKilledProcesses$")
		child.Env = append(os.Environ(), killedFolder+"="+folder)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		for begin := time.Now(); time.Since(begin) < time.Minute; { // until scoring has begun
			if _, err := os.Stat(filepath.Join(folder, lockFile)); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		after := time.AfterFunc(time.Duration(random.Int64N(int64(took/4))), func() {
			_ = child.Process.Kill()
		})
		err := child.Wait()
		after.Stop()
		if err == nil {
			break
		}
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.Exited() {
			t.Fatal(err)
		}
		killed++
		if err := removeFile(filepath.Join(folder, lockFile)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.Join(folder, "scores"))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("other scores after %d kills: %v", killed, err)
	}
	t.Logf("killed %d times", killed)
	if killed == 0 {
		t.Error("never killed")
	}
}
