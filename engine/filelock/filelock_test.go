//go:build unix

package filelock

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var holder = Holder{Host: "here", Process: 12, Command: []string{"musc", "score"},
	Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func TestTry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	one, other := open(t, path), open(t, path)
	for name, c := range map[string]struct {
		file *os.File
		want bool
	}{"first": {one, true}, "second": {other, false}, "first again": {one, true}} {
		if name == "second" {
			Try(one) // whatever the order
		}
		if held, err := Try(c.file); held != c.want || err != nil {
			t.Errorf("%s: %v, %v", name, held, err)
		}
	}
	one.Close()
	if held, err := Try(other); !held || err != nil {
		t.Errorf("after the holder closed it: %v, %v", held, err)
	}
	if held, err := Try(one); held || err == nil {
		t.Errorf("closed: %v, %v", held, err)
	}
}

func TestTryAFileThatLostItsName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	removed := open(t, path)
	os.Remove(path)
	if held, err := Try(removed); held || err != nil {
		t.Errorf("removed: %v, %v", held, err)
	}
	open(t, path)
	if held, err := Try(removed); held || err != nil {
		t.Errorf("replaced: %v, %v", held, err)
	}
}

func TestSecondRunIsToldWhoHasTheFolder(t *testing.T) {
	folder := t.TempDir()
	lock, err := Lock(folder, holder)
	if err != nil || lock.Note != "" {
		t.Fatal(err, lock)
	}
	_, err = Lock(folder, Here(nil))
	var held *HeldError
	if !errors.As(err, &held) || held.File != filepath.Join(folder, ".musc-lock") || err.Error() !=
		"it is in use by process 12 on here since 2026-01-02T03:04:05Z (musc score)" {
		t.Errorf("got %v", err)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 0 {
		t.Errorf("left %v", entries)
	}
	again, err := Lock(folder, Here(nil))
	if err != nil {
		t.Fatal(err)
	}
	again.Unlock()
}

// A file without a lock is of a run that died; what it says, however long, goes.
func TestLockOfADeadRunIsTaken(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, Name)
	if err := os.WriteFile(path, []byte(strings.Repeat("x", 1000)), 0o644); err != nil {
		t.Fatal(err)
	}
	lock, err := Lock(folder, holder)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	text, _ := os.ReadFile(path)
	var got Holder
	if err := json.Unmarshal(text, &got); err != nil || got.Process != 12 || !got.Started.Equal(holder.Started) {
		t.Errorf("%s: %v", text, err)
	}
}

func TestHolderThatSaysNothing(t *testing.T) {
	folder := t.TempDir()
	file := open(t, filepath.Join(folder, Name))
	if held, err := Try(file); !held || err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(folder, holder); err == nil || err.Error() != "it is in use by another run" {
		t.Errorf("got %v", err)
	}
	if _, err := Lock(filepath.Join(folder, "absent"), holder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// Every run that gets the lock finds the folder as the one before left it: nobody else was in it.
func TestOneRunAtATime(t *testing.T) {
	folder := t.TempDir()
	inside := filepath.Join(folder, "inside")
	done := make(chan int)
	for range 4 {
		go func() {
			got := 0
			for got < 50 {
				lock, err := Lock(folder, holder)
				var held *HeldError
				if errors.As(err, &held) {
					continue
				}
				if err == nil {
					err = os.Mkdir(inside, 0o755)
				}
				if err == nil {
					err = errors.Join(os.Remove(inside), lock.Unlock())
				}
				if err != nil {
					t.Error(err)
					break
				}
				got++
			}
			done <- got
		}()
	}
	for range 4 {
		if got := <-done; got != 50 {
			t.Errorf("a run had the folder %d times", got)
		}
	}
}

// Without locks a run goes on, and says what the file of another one tells.
func TestFileSystemWithoutLocks(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, Name)
	for _, want := range []string{"has no locks", "process 12 on here"} {
		lock, err := unsupported(open(t, path), holder)
		if err != nil || !strings.Contains(lock.Note, want) || !strings.Contains(lock.Note, folder) {
			t.Errorf("%v, %v, want %q", lock, err, want)
		}
	}
}

func TestHere(t *testing.T) {
	here := Here([]string{"musc"})
	host, err := exec.Command("uname", "-n").Output()
	if err == nil && here.Host != strings.TrimSpace(string(host)) || here.Process != os.Getpid() ||
		time.Since(here.Started) > time.Minute || len(here.Command) != 1 {
		t.Errorf("got %+v", here)
	}
}
