package reproduce

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine/filelock"
)

// scratches are the names in a folder.
func scratches(t *testing.T, inside string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(inside)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

const holdVariable = "MUSC_TEST_SCRATCH"

// Not a test: the process that TestWhatAKilledProcessLeftGoes kills.
func TestHoldAScratch(t *testing.T) {
	inside := os.Getenv(holdVariable)
	if inside == "" {
		t.Skip("it is run by another test")
	}
	s, err := NewScratch(inside, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.Results, 0o755); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString(filepath.Base(s.folder) + "\n")
	io.Copy(io.Discard, os.Stdin) // until it is killed
}

func TestWhatAKilledProcessLeftGoes(t *testing.T) {
	inside := t.TempDir()
	holder := exec.Command(os.Args[0], "-test.run=^TestHoldAScratch$")
	holder.Env = append(os.Environ(), holdVariable+"="+inside)
	if _, err := holder.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	told, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	name, err := bufio.NewReader(told).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	left := name[:len(name)-1]

	// While it lives, it keeps its folder; so does the run that it has started, when it is killed.
	check := func(what string, want ...string) {
		t.Helper()
		s, err := NewScratch(inside, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
		if got := scratches(t, inside); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	check("it lives", left)
	run, err := filelock.Lock(scratchResults(filepath.Join(inside, left)), filelock.Here(nil))
	if err != nil || run.Note != "" {
		t.Fatal(run, err)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	holder.Wait()
	check("its run lives", left)
	if err := run.Unlock(); err != nil {
		t.Fatal(err)
	}
	check("nothing lives")
}

// What is not ours stays, whatever it is called.
func TestOthersFoldersStay(t *testing.T) {
	inside := t.TempDir()
	for _, folder := range []string{".musc-reproduce-mine", ".musc-reproduce-empty", "musc-reproduce-1", "elsewhere"} {
		if err := os.Mkdir(filepath.Join(inside, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{".musc-reproduce-mine/photo.png", "elsewhere/.musc-lock", ".musc-reproduce-file"} {
		if err := os.WriteFile(filepath.Join(inside, file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("elsewhere", filepath.Join(inside, ".musc-reproduce-link")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	s, err := NewScratch(inside, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(); err != nil {
		t.Error(err)
	}
	want := []string{".musc-reproduce-file", ".musc-reproduce-link", ".musc-reproduce-mine", "elsewhere",
		"musc-reproduce-1"}
	if got := scratches(t, inside); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if _, err := os.Stat(filepath.Join(inside, "elsewhere/.musc-lock")); err != nil {
		t.Error(err)
	}
}
