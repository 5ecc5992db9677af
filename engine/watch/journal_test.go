package watch

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"musc/engine/fault"
)

func photoEntry(sequence uint64, name string) *Entry {
	score := float64(sequence) / 7
	return &Entry{Kind: Photo, Sequence: sequence, File: newFile(name, 3, 4), Score: &score}
}

// readNames opens a journal and returns the names in it, and what was dropped.
func readNames(path string) (names []string, dropped int64, err error) {
	j, dropped, err := openJournal(path, func(_, _ int64, e *Entry) error {
		names = append(names, e.RawName())
		return nil
	})
	if err == nil {
		err = j.close()
	}
	return names, dropped, err
}

// Whatever byte a kill ends at, the lines before are there and the torn one is not.
func TestAJournalIsRepairedWhereverItWasTorn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, _, err := openJournal(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"a", "line\nbreak", "not\xffutf8"}
	var ends []int
	for k, name := range names {
		if _, err := j.append(true, photoEntry(uint64(k+1), name)); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, int(j.size))
	}
	j.close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tail := range []string{"", "\x00\x00\x00", "\n", "garbage\n\n"} {
		for cut := range len(whole) + 1 {
			want := 0
			for _, end := range ends {
				if cut >= end {
					want++
				}
			}
			if err := os.WriteFile(path, append(slices.Clone(whole[:cut]), tail...), 0o644); err != nil {
				t.Fatal(err)
			}
			got, _, err := readNames(path)
			if tail == "\n" && want < len(names) && cut == ends[want]-1 {
				want++ // the tail was all that it lacked
			}
			if err != nil || !slices.Equal(got, names[:want]) {
				t.Fatalf("cut at %d, then %q: %q, %v", cut, tail, got, err)
			}
			if got, dropped, err := readNames(path); len(got) != want || dropped != 0 || err != nil {
				t.Fatalf("cut at %d, opened again: %q, %d, %v", cut, got, dropped, err)
			}
		}
	}
}

func TestDamageBeforeWholeLinesIsNotRepaired(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, _, _ := openJournal(path, nil)
	for k := range 3 {
		if _, err := j.append(false, photoEntry(uint64(k+1), "a")); err != nil {
			t.Fatal(err)
		}
	}
	j.close()
	whole, _ := os.ReadFile(path)
	whole[len(whole)/2] ^= 1
	os.WriteFile(path, whole, 0o644)
	if _, _, err := readNames(path); fault.KindOf(err) != fault.Input ||
		!bytes.Contains([]byte(err.Error()), []byte("line 2")) {
		t.Errorf("got %v", err)
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, whole) {
		t.Error("the damaged file was changed")
	}
}

func TestACursorReadsAsTheJournalGrows(t *testing.T) {
	j, _, _ := openJournal(filepath.Join(t.TempDir(), "journal"), nil)
	defer j.close()
	c := &cursor{journal: j}
	const count = 500
	go func() {
		for k := range count {
			j.append(false, &Entry{Kind: mark, Mark: &Mark{"x", 1}}, photoEntry(uint64(k+1), strconv.Itoa(k)))
		}
		j.end()
	}()
	for want := uint64(1); ; {
		entry, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		if entry == nil {
			if !c.wait(t.Context()) {
				if want != count+1 {
					t.Errorf("ended before %d", want)
				}
				return
			}
			continue
		}
		if entry.Sequence != want {
			t.Fatalf("%d instead of %d", entry.Sequence, want)
		}
		if again, err := j.read(mustOffset(t, c)); err != nil || again.Sequence != want {
			t.Fatalf("read again: %v, %v", again, err)
		}
		want++
	}
}

// mustOffset is where the entry begins that the cursor read last.
func mustOffset(t *testing.T, c *cursor) int64 {
	t.Helper()
	text := make([]byte, c.at)
	if _, err := c.journal.file.ReadAt(text, 0); err != nil {
		t.Fatal(err)
	}
	return int64(bytes.LastIndexByte(text[:len(text)-1], '\n') + 1)
}

func TestAFailedAppendEndsTheWriting(t *testing.T) {
	j, _, _ := openJournal(filepath.Join(t.TempDir(), "journal"), nil)
	j.close()
	for range 2 {
		_, err := j.append(true, photoEntry(1, "a"))
		if fault.KindOf(err) != fault.Output || !errors.Is(err, os.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
}

func TestATableIsMadeToSayWhatTheJournalSays(t *testing.T) {
	rows := [][]byte{[]byte("image,score\n"), []byte("a,1\n"), []byte("\"b\n\"\"\",2\n"), []byte("c,3\n")}
	whole := bytes.Join(rows, nil)
	there := map[string]bool{} // content -> is it another program's?
	for cut := range len(whole) + 1 {
		there[string(whole[:cut])] = false
	}
	there[string(whole)+"more\n"] = true
	there["image;score\n"] = true
	there[string(bytes.Replace(whole, []byte("a,1"), []byte("a,2"), 1))] = true
	for content, changed := range there {
		path := filepath.Join(t.TempDir(), "scores.csv")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		table, err := openTable(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if err := table.expect(row); err != nil {
				t.Fatal(err)
			}
		}
		note, err := table.repaired()
		if err != nil || (note != "") != changed {
			t.Errorf("%q: note %q, %v", content, note, err)
		}
		if err := table.append([]byte("d,4\n")); err != nil {
			t.Fatal(err)
		}
		table.close()
		if got, _ := os.ReadFile(path); string(got) != string(whole)+"d,4\n" {
			t.Errorf("%q became %q", content, got)
		}
		if former, _ := os.ReadFile(path + formerEnding); changed && string(former) != content {
			t.Errorf("%q was kept as %q", content, former)
		}
	}
}
