//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"musc/engine/npy"
	"musc/engine/results"
)

// outputCases are command lines that write one file to OUT, and read what is in files.
func outputCases(t *testing.T) map[string]struct {
	args  string
	files []string
} {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("in.csv", []byte("image,score\na,1\nb,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tokenFiles(t)
	return map[string]struct {
		args  string
		files []string
	}{
		"mutual": {"mutual --stage s.npy --reference r.npy --grid 1x2 -q -o OUT", []string{"s.npy", "r.npy"}},
		"rescore": {"rescore --scores in.csv --class-tokens cls.npy -o OUT",
			[]string{"in.csv", "cls.npy"}},
	}
}

func tokenFiles(t *testing.T) {
	t.Helper()
	for name, shape := range map[string][]int{"s.npy": {2, 2, 3}, "r.npy": {1, 2, 3}, "cls.npy": {2, 3}} {
		size := 1
		for _, side := range shape {
			size *= side
		}
		values := make([]float32, size)
		for i := range values {
			values[i] = float32(i*i%7) + 1
		}
		if err := npy.Write(name, shape, values); err != nil {
			t.Fatal(err)
		}
	}
}

func words(args, out string) []string {
	return strings.Fields(strings.ReplaceAll(args, "OUT", out))
}

func TestOutputIsNoInput(t *testing.T) {
	for name, c := range outputCases(t) {
		for _, input := range c.files {
			before, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			os.Remove("link")
			if err := os.Symlink(input, "link"); err != nil {
				t.Fatal(err)
			}
			for _, out := range []string{input, "link", "./" + input} {
				code, _, stderr := musc(t, append(words(c.args, out), "--overwrite")...)
				if code != exitOutput || !strings.Contains(stderr, "it is the input "+input) {
					t.Errorf("%s -o %s: exit %d: %s", name, out, code, stderr)
				}
				if after, _ := os.ReadFile(input); !bytes.Equal(before, after) {
					t.Errorf("%s -o %s: the input changed", name, out)
				}
			}
		}
	}
}

func TestOutputIsReplacedOnlyWhenAsked(t *testing.T) {
	for name, c := range outputCases(t) {
		os.Remove("out")
		for _, try := range []struct {
			extra string
			code  int
		}{{"", exitOK}, {"", exitOutput}, {"--overwrite", exitOK}} {
			code, _, stderr := musc(t, words(c.args+" "+try.extra, "out")...)
			if code != try.code || code == exitOutput && !strings.Contains(stderr, "--overwrite") {
				t.Errorf("%s %s: exit %d: %s", name, try.extra, code, stderr)
			}
		}
	}
}

func TestOutputThroughPipeAndDescriptor(t *testing.T) {
	for name, c := range outputCases(t) {
		os.Remove("out")
		if code, _, stderr := musc(t, words(c.args, "out")...); code != exitOK {
			t.Fatalf("%s: exit %d: %s", name, code, stderr)
		}
		want, _ := os.ReadFile("out")
		os.Remove("pipe")
		if err := unix.Mkfifo("pipe", 0o600); err != nil {
			t.Fatal(err)
		}
		got := make(chan []byte)
		go func() {
			text, _ := os.ReadFile("pipe")
			got <- text
		}()
		if code, _, stderr := musc(t, words(c.args, "pipe")...); code != exitOK {
			t.Fatalf("%s: exit %d: %s", name, code, stderr)
		}
		if text := <-got; !bytes.Equal(text, want) {
			t.Errorf("%s: the pipe gave %q", name, text)
		}
		for _, out := range []string{"-", "/dev/stdout", "/dev/fd/1"} {
			program := exec.Command(os.Args[0], words(c.args, out)...)
			program.Env = append(os.Environ(), asMusc+"=1")
			if text, err := program.Output(); err != nil || !bytes.Equal(text, want) {
				t.Errorf("%s -o %s: %v, %q", name, out, err, text)
			}
		}
		code, _, stderr := musc(t, words(c.args, "/dev/full")...)
		if code != exitOutput || !strings.Contains(stderr, "no space left") {
			t.Errorf("%s: exit %d: %s", name, code, stderr)
		}
		if left, _ := filepath.Glob("/dev/.musc*"); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}

func TestFolderInUseIsRefusedBeforeAnyWork(t *testing.T) {
	photos := fewWashers(t, 2)
	out := t.TempDir()
	folder, err := results.Lock(out, []string{"musc", "score", "A"})
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	for _, args := range [][]string{{"score", photos}, {"score", photos, "--overwrite"},
		{"eval", "../../testdata/washer/labels.csv"}} {
		code, _, stderr := musc(t, append(args, "-q", "-o", out)...)
		if code != exitOutput || !strings.Contains(stderr, "(musc score A)") {
			t.Errorf("%v: exit %d: %s", args, code, stderr)
		}
	}
}

// The second run into a folder of photos scores the photos, not the pictures of the first.
func TestOwnPicturesAreNotScored(t *testing.T) {
	photos := t.TempDir()
	for _, name := range []string{"000.png", "002.png"} {
		text, err := os.ReadFile("../../testdata/washer/images/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(photos, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range []string{"", "--overwrite"} {
		command := strings.Fields("score " + photos + " -o " + photos + "/out " + args)
		code, stdout, stderr := musc(t, command...)
		if code != exitOK || !strings.Contains(stdout, "2 images scored, 0 left out") {
			t.Errorf("%s: exit %d: %s%s", args, code, stdout, stderr)
		}
		if said := strings.Contains(stderr, "skipped in "+photos+"/out: results"); said != (args != "") {
			t.Errorf("%s: %s", args, stderr)
		}
	}
}
