package watch

import (
	"os"
	"path/filepath"
	"testing"

	"musc/engine/verdict"
)

// testdata/first.journal is a journal as the first release wrote it. It is never written anew: a watch goes on
// with it in every later version (docs/stable.md).
func TestJournalsOfTheFirstReleaseAreRead(t *testing.T) {
	text, err := os.ReadFile("testdata/first.journal")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), journalFile)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	var entries []*Entry
	j, dropped, err := openJournal(path, func(_, _ int64, entry *Entry) error {
		entries = append(entries, entry)
		return nil
	})
	if err != nil || dropped != 0 || len(entries) != 5 {
		t.Fatalf("%d entries, %d bytes dropped, %v", len(entries), dropped, err)
	}
	j.file.Close()
	first, photo, skipped := entries[0], entries[2], entries[3]
	if first.Kind != opened || first.Start.Journal != "0123456789abcdef" || first.Start.Followers[0] != "post" ||
		entries[1].Kind != ready || entries[4].Kind != mark || entries[4].Mark.At != 300 {
		t.Errorf("how it began and went on: %+v", entries)
	}
	if photo.Kind != Photo || photo.Sequence != 1 || photo.Name != "a b.png" || photo.Size != 10 ||
		photo.SHA256 != "ab" || *photo.Score != 0.5 || *photo.Threshold != 0.375 || *photo.Margin != 0.125 ||
		photo.Verdict != verdict.Defective || photo.Regions[0].Area != 12 || photo.Width != 30 {
		t.Errorf("the photo is %+v", photo)
	}
	if skipped.Kind != Skipped || skipped.Sequence != 2 || skipped.Reason != "it is empty" {
		t.Errorf("what was left out is %+v", skipped)
	}
}
