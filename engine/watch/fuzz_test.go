package watch

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"musc/engine/fault"
)

// Whatever a journal holds, it is read up to where it is torn, or refused; what is then added is read back.
func FuzzJournal(f *testing.F) {
	f.Add([]byte("00000000 {}\n"))
	f.Add([]byte("a3830348 {}\na3830348 {}"))
	f.Add([]byte("a3830348 {}\nxx\na3830348 {}\n"))
	path := filepath.Join(f.TempDir(), journalFile)
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		entries := 0
		count := func(at, next int64, entry *Entry) error { entries++; return nil }
		j, dropped, err := openJournal(path, count)
		if err != nil {
			if fault.KindOf(err) != fault.Input {
				t.Fatal(err)
			}
			return
		}
		if _, err := j.append(false, &Entry{Kind: Skipped, Reason: "torn"}); err != nil {
			t.Fatal(err)
		}
		j.close()
		kept := entries
		entries = 0
		if j, _, err = openJournal(path, count); err != nil {
			t.Fatal(err)
		}
		defer j.close()
		if entries != kept+1 || dropped < 0 || dropped > int64(len(content)) {
			t.Fatalf("%d entries and %d bytes dropped, then %d entries", kept, dropped, entries)
		}
		if text, _ := os.ReadFile(path); !bytes.HasPrefix(text, content[:int64(len(content))-dropped]) {
			t.Fatal("whole lines were changed")
		}
	})
}
