package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"musc/engine/health"
	"musc/engine/report/page"
	"musc/engine/results"
)

func TestTheReportShowsTheLastPhotosAlsoAfterAStart(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	three := func(o *Options) { o.ReportPhotos, o.ReportEvery = 3, 20*time.Millisecond }
	r := begin(t, folder, output, three)
	for k := range 5 {
		putPhoto(t, filepath.Join(folder, fmt.Sprintf("%d.png", k)), picture(uint8(20*k), k))
		r.photos(k + 1)
	}
	r.end()
	read := func() (names []string) {
		data, err := page.Read(filepath.Join(output, results.ReportFile))
		if err != nil {
			t.Fatal(err)
		}
		for rank, photo := range data.Photos {
			names = append(names, photo.Name)
			if _, err := os.Stat(filepath.Join(output, photo.Picture)); err != nil || photo.Picture == "" {
				t.Errorf("picture %q: %v", photo.Picture, err)
			}
			if photo.Rank != rank+1 || len(photo.Scores) != 4 {
				t.Errorf("photo %+v", photo)
			}
		}
		return names
	}
	same(t, read(), []string{"4.png", "3.png", "2.png"})
	putPhoto(t, filepath.Join(folder, "4.png"), picture(90, 9)) // the name again, with another photo
	begin(t, folder, output, three).photos(1).end()
	same(t, read(), []string{"4.png", "4.png (5)", "3.png"})
	files, _ := filepath.Glob(filepath.Join(output, results.ReportFolder, "*"))
	if len(files) != 6 {
		t.Errorf("files of the report: %q", files)
	}
}

func TestADriftIsInTheReportUntilItIsOver(t *testing.T) {
	folder, output := t.TempDir(), t.TempDir()
	calibration := make([]float64, 30)
	for k := range calibration {
		calibration[k] = float64(k) / 255
	}
	options := func(o *Options) {
		o.ReportPhotos, o.ReportEvery, o.Calibration, o.DriftWindow = 10, time.Hour, calibration, 20
		o.Parallel = 1
	}
	put := func(from, to int, level uint8) {
		for k := from; k < to; k++ {
			putPhoto(t, filepath.Join(folder, fmt.Sprintf("%03d.png", k)), picture(level+uint8(k*7%30), k))
		}
	}
	put(0, 20, 100)
	r := begin(t, folder, output, options).photos(21)
	if last := r.entries[20]; last.Kind != DriftKind || !last.Drift.Began {
		t.Errorf("got %+v", last)
	}
	r.end()
	findings := func() int {
		data, err := page.Read(filepath.Join(output, results.ReportFile))
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range data.Findings {
			if finding.Kind != health.Drift {
				t.Errorf("finding %+v", finding)
			}
		}
		return len(data.Findings)
	}
	if findings() != 1 {
		t.Error("the drift is not in the report")
	}
	put(20, 30, 100) // it goes on over a start, and is not told again
	begin(t, folder, output, options).photos(10).end()
	put(30, 60, 0)
	r = begin(t, folder, output, options).photos(31).end()
	over := 0
	for _, entry := range r.entries {
		if entry.Kind == DriftKind && !entry.Drift.Began {
			over++
		}
	}
	if over != 1 || findings() != 0 {
		t.Errorf("over %d times, %d findings", over, findings())
	}
}
