//go:build unix

package main

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"musc/engine/filelock"
	"musc/engine/report/page"
	"musc/engine/results"
	"musc/engine/tasks"
)

// soakRounds is how many runs are killed until they end; `make soak` asks for more by $MUSC_SOAK.
func soakRounds(t *testing.T) (kills int) {
	t.Helper()
	kills = 14
	if text := os.Getenv("MUSC_SOAK"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	return kills
}

// A run that is stopped again and again, at any moment and in any way, goes on to the bytes of a run
// that nobody disturbed: by SIGKILL, by Ctrl-C, by a disk that takes no larger file, and with what was
// written last lost or cut short, as after a power loss.
func TestSoak(t *testing.T) {
	photos, references := fewWashers(t, 10), fewWashers(t, 3)
	for _, setting := range []struct {
		name    string
		options []string
	}{
		{"one set", nil},
		{"three subsets and references", []string{"--subsets", "3", "--reference", references}},
	} {
		t.Run(setting.name, func(t *testing.T) {
			s := &soak{t: t, random: rand.New(rand.NewPCG(16, 1)), args: append([]string{"score", photos,
				"--keep-tokens", "--preset", "paper", "--image-size", "112", "--batch", "2", "--threads", "1"},
				setting.options...)}
			s.whole = filepath.Join(t.TempDir(), "whole")
			begun := time.Now()
			if code, text := s.run(nil, "-o", s.whole); code != exitOK {
				t.Fatalf("undisturbed: exit %d: %s", code, text)
			}
			s.length = time.Since(begun)
			for kills, kinds := soakRounds(t)/2, 0; kills > 0; kinds++ {
				kills -= s.round(kinds, kills)
			}
			t.Logf("%s: an undisturbed run takes %.1f s; stopped and gone on with: %v; as many runs "+
				"came to their end with the same bytes: %d", setting.name, s.length.Seconds(), s.stops,
				s.ends)
		})
	}
}

// soak is a run that is disturbed.
type soak struct {
	t      *testing.T
	random *rand.Rand
	args   []string
	whole  string        // the results of an undisturbed run
	length time.Duration // that it took
	stops  map[string]int
	ends   int
	limit  string // of the size of files
}

// round stops one run until it comes to its end, at most so many times, and compares what it gives.
func (s *soak) round(kind, most int) (stops int) {
	out := filepath.Join(s.t.TempDir(), "out")
	for {
		how := [...]string{"SIGKILL", "power loss", "Ctrl-C", "full disk"}[s.random.IntN(4)]
		if stops == most {
			how = "nothing"
		}
		s.limit = ""
		if how == "full disk" { // for the plan, for maps, or for what the backbone gives
			s.limit = [...]string{"1000", "60000", "200000"}[s.random.IntN(3)]
		}
		code, text := s.run(s.disturb(how), "-o", out, "--resume")
		switch {
		case code == exitOK:
			if how != "nothing" && stops == 0 {
				s.t.Logf("a run was not stopped in time")
			}
			s.ends++
			s.compare(out)
			return max(stops, 1)
		case how == "nothing":
			s.t.Fatalf("undisturbed, at last: exit %d: %s", code, text)
		case how == "Ctrl-C" && code != exitInterrupted && code != -1, // before it listens to signals
			how == "full disk" && code != exitOutput:
			s.t.Fatalf("%s: exit %d: %s", how, code, text)
		}
		stops++
		if s.stops == nil {
			s.stops = map[string]int{}
		}
		s.stops[how]++
		if _, err := os.Stat(filepath.Join(out, results.ScoresFile)); err == nil { // at the very end
			if err := os.RemoveAll(filepath.Join(out, tasks.RunFolder)); err != nil {
				s.t.Fatal(err)
			}
			os.Remove(filepath.Join(out, filelock.Name))
			s.compare(out)
			return stops
		}
		if how == "power loss" {
			s.lose(filepath.Join(out, tasks.RunFolder))
		}
	}
}

// disturb returns what happens to a run that was started.
func (s *soak) disturb(how string) func(*exec.Cmd) {
	moment := time.Duration(s.random.Float64() * float64(s.length))
	switch how {
	case "SIGKILL", "power loss":
		return func(run *exec.Cmd) { time.Sleep(moment); run.Process.Kill() }
	case "Ctrl-C":
		return func(run *exec.Cmd) { time.Sleep(moment); run.Process.Signal(os.Interrupt) }
	}
	return nil
}

// fileLimit makes the disk of a run seem full for files of more than so many bytes.
const fileLimit = "MUSC_TEST_FILE_LIMIT"

// limitFiles does in the run's process what the variable says.
func limitFiles() error {
	text := os.Getenv(fileLimit)
	if text == "" {
		return nil
	}
	bytes, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ) // else the limit ends the process
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: bytes})
}

// run runs musc and returns its exit code, -1 if a signal ended it, and what it said.
func (s *soak) run(disturb func(*exec.Cmd), args ...string) (int, string) {
	var text strings.Builder
	run := exec.CommandContext(s.t.Context(), os.Args[0], slices.Concat(s.args, args)...)
	run.Env = append(os.Environ(), asMusc+"=1", fileLimit+"="+s.limit)
	run.Stderr = &text
	if err := run.Start(); err != nil {
		s.t.Fatal(err)
	}
	if disturb != nil {
		disturb(run)
	}
	run.Wait()
	return run.ProcessState.ExitCode(), text.String()
}

// lose does to what lies in the folder of a run what a power loss may do to files that were not synced:
// temporary ones, and what is kept between two points of a checkpoint. Whole parts are synced.
func (s *soak) lose(folder string) {
	filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		name := entry.Name()
		unsynced := strings.HasPrefix(name, ".musc-tmp-") || strings.HasPrefix(name, "mutual.") ||
			strings.HasSuffix(name, ".tokens")
		info, err := entry.Info()
		if err != nil || !unsynced || s.random.IntN(2) == 0 {
			return nil
		}
		switch s.random.IntN(3) {
		case 0:
			err = os.Remove(path)
		case 1:
			err = os.Truncate(path, s.random.Int64N(info.Size()+1))
		case 2: // the size is there, the content is not
			if err = os.Truncate(path, info.Size()/2); err == nil {
				err = os.Truncate(path, info.Size())
			}
		}
		if err != nil {
			s.t.Fatal(err)
		}
		return nil
	})
}

// compare compares the results with those of the undisturbed run; run.json and a part of the report tell
// of times.
func (s *soak) compare(out string) {
	want, got := filesOf(s.t, s.whole), filesOf(s.t, out)
	for name, content := range want {
		switch {
		case name == results.RunFile:
		case name == results.ReportFile:
			if !reflect.DeepEqual(timeless(s.t, s.whole), timeless(s.t, out)) {
				s.t.Error("the report shows something else")
			}
		case got[name] != content:
			s.t.Errorf("%s differs, or is not there", name)
		}
	}
	for name := range got {
		if _, there := want[name]; !there {
			s.t.Errorf("%s is left", name)
		}
	}
}

// filesOf are the files under a folder by their paths.
// timeless is what the report of a run shows, but for how it came about.
func timeless(t *testing.T, out string) *page.Data {
	t.Helper()
	data, err := page.Read(filepath.Join(out, results.ReportFile))
	if err != nil {
		t.Fatal(err)
	}
	data.Started, data.Command, data.Run = time.Time{}, nil, nil
	return data
}

func filesOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		content, err := os.ReadFile(path)
		files[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
