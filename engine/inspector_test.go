package engine

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"musc/engine/bank"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/frame"
)

// Photos that are inspected one by one, from files and from memory, several at once, have the scores of a
// batch by the bank, to the last bit; so has a batch of one. One that is in the bank is scored by the rest.
func TestInspectorGivesTheScoresOfABatch(t *testing.T) {
	for name, change := range map[string]func(*Config, *BankOptions){
		"as it is":    func(*Config, *BankOptions) {},
		"an interval": func(_ *Config, options *BankOptions) { options.Nearest = false },
		"framed": func(job *Config, _ *BankOptions) {
			job.Frame = frame.Options{Tiles: frame.Tiles{Rows: 1, Columns: 2, Overlap: 2}, KeepAspect: true, Turns: 2}
			job.Scoring.Near, job.ROI = 5, half()
		},
	} {
		t.Run(name, func(t *testing.T) {
			job := newJob(t)
			photos := job.Images[3:7] // the first two are in the bank
			options := bankOptions(filepath.Join(t.TempDir(), "x.musc"))
			job.Images, job.Scoring.Stages, job.Scoring.Degrees = job.Images[:5], []int{2}, []int{1, 3}
			change(&job, &options)
			buildBank(t, job, options)
			b, err := bank.Open(options.Path)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			byBank := job
			byBank.Frame, byBank.ROI, byBank.Images = frame.Options{}, nil, photos
			if byBank, err = byBank.WithBank(b); err != nil {
				t.Fatal(err)
			}
			want := score(t, byBank)
			byBank.Images = photos[3:]
			if alone := score(t, byBank).Images[0]; !reflect.DeepEqual(alone.PatchScores, want.Images[3].PatchScores) {
				t.Error("alone a photo has other scores than in a batch")
			}
			s, err := OpenInspector(t.Context(), byBank, Silent{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var group sync.WaitGroup
			for i, photo := range slices.Concat(photos, photos) {
				group.Go(func() { inspectAs(t, s, photo, i >= len(photos), &want.Images[i%len(photos)], i%4 < 2) })
			}
			group.Wait()
			if _, err := s.Inspect(t.Context(), Photo{Path: brokenFile(t)}); fault.KindOf(err) != fault.Input {
				t.Errorf("a broken photo: %v", err)
			}
		})
	}
}

// inspectAs compares an inspection with what a batch found.
func inspectAs(t *testing.T, s *Inspector, photo dataset.Item, memory bool, want *Image, known bool) {
	asked := Photo{Name: photo.Name, Path: photo.Path}
	if memory {
		data, err := os.ReadFile(photo.Path)
		if err != nil {
			t.Error(err)
			return
		}
		asked.Path, asked.Data = "", data
	}
	got, err := s.Inspect(t.Context(), asked)
	if err != nil {
		t.Error(err)
		return
	}
	if !slices.Equal(got.PatchScores, want.PatchScores) || got.ScoreBefore != want.ScoreBefore ||
		got.Place != want.Place || got.Digest != want.Digest || got.Width != want.Width {
		t.Errorf("%s: inspected %v, in the batch %v", photo.Name, got.ScoreBefore, want.ScoreBefore)
	}
	told := slices.ContainsFunc(got.Warnings, func(text string) bool { return strings.Contains(text, "is in the bank") })
	if told != known || got.Verdict != s.Thresholds().Of(got.ScoreBefore) || len(got.Timings) != 4 {
		t.Errorf("%s: %+v, %v, %v", photo.Name, got.Verdict, got.Warnings, got.Timings)
	}
}

func TestJobsThatABankDoesNotDo(t *testing.T) {
	job := newJob(t)
	options := bankOptions(filepath.Join(t.TempDir(), "x.musc"))
	job.Images, job.Scoring.Stages, job.Scoring.Degrees = job.Images[:3], []int{2}, []int{1}
	buildBank(t, job, options)
	b, err := bank.Open(options.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	plain := job
	if job, err = job.WithBank(b); err != nil {
		t.Fatal(err)
	}
	if err := job.Check(); err != nil {
		t.Error(err)
	}
	job.References = plain.Images
	if err := job.Check(); fault.KindOf(err) != fault.Usage {
		t.Errorf("references as well: %v", err)
	}
	if _, err := OpenInspector(t.Context(), plain, Silent{}); fault.KindOf(err) != fault.Usage {
		t.Errorf("no bank: %v", err)
	}
}
