package atomicfile

import (
	"os"
	"path/filepath"
	"testing"

	"musc/engine/fault"
)

func TestFileByStepsAppearsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	file, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if file.Name() != path {
		t.Errorf("the file is called %s", file.Name())
	}
	file.WriteString("-bc")
	file.WriteAt([]byte("a"), 0)
	if _, err := os.Stat(path); err == nil {
		t.Error("there before it is whole")
	}
	if err := file.Commit(false); err != nil {
		t.Fatal(err)
	}
	file.Abort() // changes nothing any more
	if text, _ := os.ReadFile(path); string(text) != "abc" {
		t.Errorf("got %q", text)
	}
}

func TestFileByStepsThatIsGivenUp(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x")
	os.WriteFile(path, []byte("former"), 0o644)
	given, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	given.Abort()
	refused, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := refused.Commit(false); fault.KindOf(err) != fault.Output {
		t.Errorf("replaced unasked: %v", err)
	}
	entries, _ := os.ReadDir(folder)
	if text, _ := os.ReadFile(path); string(text) != "former" || len(entries) != 1 {
		t.Errorf("%q, and %v", text, entries)
	}
	if _, err := Create("/dev/null"); fault.KindOf(err) != fault.Output {
		t.Errorf("a device: %v", err)
	}
	if _, err := Create(folder); fault.KindOf(err) != fault.Output {
		t.Errorf("a folder: %v", err)
	}
}
