package engine

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"musc/engine/bank"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/imageio"
	"musc/engine/mutual"
)

// bankOptions are those of a bank at path, made at a fixed time.
func bankOptions(path string) BankOptions {
	return BankOptions{Path: path, Nearest: true, Preset: "test", Threshold: "auto", Version: "test",
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

func buildBank(t *testing.T, job Config, options BankOptions) *BankChange {
	t.Helper()
	change, err := BuildBank(t.Context(), job, options, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	return change
}

// Calibration scores are those of each photo by the others as references, which Score finds in its own
// way: by the nearest one, and by the interval.
func TestCalibrationIsScoringByTheOthers(t *testing.T) {
	job := newJob(t)
	job.Images = job.Images[:7]
	job.Scoring.Windows, job.Scoring.Stages = []int{1}, []int{2, 3}
	for _, nearest := range []bool{true, false} {
		options := bankOptions(filepath.Join(t.TempDir(), "x.musc"))
		options.Nearest, options.Encoding = nearest, bank.Float32
		got := buildBank(t, job, options).Header.Calibration.Scores
		own := job
		own.References, own.Scoring.ReferencesOnly = job.Images, true
		own.Scoring.ReferencesInterval = !nearest
		own.Scoring.Interval = mutual.Interval{High: 0.3}
		for i, image := range score(t, own).Images {
			if math.Abs(got[i]-image.ScoreBefore) > 1e-5 {
				t.Errorf("nearest %v: %s scores %v, want %v", nearest, image.Name, got[i], image.ScoreBefore)
			}
		}
	}
}

// The bytes do not depend on threads, memory and how many photos pass at once, and adding the rest, or taking
// out what is too much, gives the same content as building it at once.
func TestTheSamePhotosGiveTheSameBank(t *testing.T) {
	job, dir := newJob(t), t.TempDir()
	job.Images = job.Images[:6]
	job.Scoring.Stages = []int{2, 3}
	path := func(name string) string { return filepath.Join(dir, name) }
	whole := buildBank(t, job, bankOptions(path("whole")))
	other := job
	other.Threads, other.Memory = 1, 4<<20
	buildBank(t, other, bankOptions(path("other")))
	if a, b := read(t, path("whole")), read(t, path("other")); !bytes.Equal(a, b) {
		t.Error("other bytes by one thread and little memory")
	}

	part, rest := job, job
	part.Images, rest.Images = job.Images[:4], job.Images[3:] // one of them twice
	buildBank(t, part, bankOptions(path("part")))
	added, err := AddToBank(t.Context(), path("part"), rest, "", "later", Silent{})
	if err != nil {
		t.Fatal(err)
	}
	if added.Header.ID != whole.Header.ID || len(added.Added) != 2 || len(added.Skipped) != 1 ||
		!strings.Contains(added.Skipped[0].Reason, "same photo as "+job.Images[3].Name) {
		t.Errorf("added: %+v", added)
	}
	before := read(t, path("part"))
	nothing, err := AddToBank(t.Context(), path("part"), rest, "", "later", Silent{})
	if err != nil || len(nothing.Added) != 0 || !bytes.Equal(before, read(t, path("part"))) {
		t.Errorf("nothing new: %+v, %v", nothing, err)
	}
	removed, err := RemoveFromBank(t.Context(), path("part"), []string{job.Images[4].Name, job.Images[5].Name},
		job, "0.4,0.3", "later", Silent{})
	if err != nil {
		t.Fatal(err)
	}
	few := job
	few.Images = job.Images[:4]
	options := bankOptions(path("few"))
	options.Threshold = "0.4,0.3"
	if want := buildBank(t, few, options).Header; removed.Header.ID != want.ID || len(removed.Removed) != 2 {
		t.Errorf("removed: %+v, want %+v", removed.Header, want)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBankOfOnePhoto(t *testing.T) {
	job := newJob(t)
	job.Images = job.Images[:1]
	job.Scoring.Stages = []int{2}
	path := filepath.Join(t.TempDir(), "x.musc")
	header := buildBank(t, job, bankOptions(path)).Header
	of := header.Calibration
	if of.Scores != nil || of.Thresholds.Known() || of.FalseAlarms != nil ||
		!strings.Contains(of.Thresholds.Why, "--threshold NUMBER") {
		t.Errorf("calibration %+v", of)
	}
	options := bankOptions(path)
	options.Overwrite, options.Threshold = true, "0.4"
	if of := buildBank(t, job, options).Header.Calibration; of.Thresholds.Threshold != 0.4 {
		t.Errorf("a number: %+v", of)
	}
}

func TestTilesAndTurnsOfABank(t *testing.T) {
	job := newJob(t)
	job.Images = job.Images[:3]
	job.Scoring.Stages = []int{2}
	job.Frame.Turns = 2
	job.Frame.Tiles.Rows, job.Frame.Tiles.Columns, job.Frame.KeepAspect = 1, 2, true
	path := filepath.Join(t.TempDir(), "x.musc")
	header := buildBank(t, job, bankOptions(path)).Header
	if header.Shape.Views != 4 || header.Settings.Frame != job.Frame || len(header.Calibration.Scores) != 3 {
		t.Errorf("header %+v", header)
	}
}

func TestNamesThatABankHasGetFolders(t *testing.T) {
	job, dir := newJob(t), t.TempDir()
	job.Scoring.Stages = []int{2}
	path := filepath.Join(dir, "x.musc")
	items := job.Images
	job.Images = items[:2]
	buildBank(t, job, bankOptions(path))
	other := filepath.Join(dir, "monday", filepath.Base(items[0].Name))
	os.Mkdir(filepath.Dir(other), 0o755)
	os.WriteFile(other, read(t, items[2].Path), 0o644)
	job.Images = []dataset.Item{{Path: other, Name: items[0].Name}}
	change, err := AddToBank(t.Context(), path, job, "", "", Silent{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := change.Added[0].Name, "monday/"+filepath.Base(other); got != want {
		t.Errorf("named %q, want %q", got, want)
	}
}

func TestThinnedBank(t *testing.T) {
	job, dir := newJob(t), t.TempDir()
	job.Images = job.Images[:8]
	job.Scoring.Stages = []int{2, 3}
	path := filepath.Join(dir, "x.musc")
	whole := buildBank(t, job, bankOptions(path))
	var outputs [][]byte
	for _, name := range []string{"1", "2"} {
		thin, err := ThinBank(t.Context(), path, filepath.Join(dir, name), 3, job, false, "", "v", Silent{})
		if err != nil {
			t.Fatal(err)
		}
		if len(thin.Change.Header.Photos) != 3 || len(thin.LeftOut) != 5 || len(thin.LeftOutBefore) != 5 ||
			!slices.Equal(thin.After.LeftOut, thin.LeftOut) {
			t.Errorf("%+v", thin)
		}
		for k, score := range thin.LeftOut { // fewer scorers find no photo nearer
			if score < thin.LeftOutBefore[k]-1e-5 {
				t.Errorf("%v by three, %v by all", score, thin.LeftOutBefore[k])
			}
		}
		b, err := bank.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, []byte(b.Header().ID))
		b.Close()
	}
	if !bytes.Equal(outputs[0], outputs[1]) {
		t.Error("two choices")
	}
	for _, keep := range []int{0, 8, 9, -1} {
		if _, err := ThinBank(t.Context(), path, path, keep, job, true, "", "", Silent{}); fault.KindOf(err) !=
			fault.Usage {
			t.Errorf("keep %d: %v", keep, err)
		}
	}
	if _, err := ThinBank(t.Context(), path, path, 3, job, false, "", "", Silent{}); fault.KindOf(err) !=
		fault.Output {
		t.Errorf("in place unasked: %v", err)
	}
	if b, err := bank.Open(path); err != nil || b.Header().ID != whole.Header.ID {
		t.Errorf("the bank changed: %v", err)
	}
}

func TestWhatBanksRefuse(t *testing.T) {
	job, dir := newJob(t), t.TempDir()
	job.Images = job.Images[:2]
	job.Scoring.Stages = []int{2}
	path := filepath.Join(dir, "x.musc")
	buildBank(t, job, bankOptions(path))
	photo := filepath.Join(dir, "photo.png")
	os.WriteFile(photo, read(t, job.Images[0].Path), 0o644)
	input := job
	input.Images = []dataset.Item{{Path: photo, Name: "photo.png"}}
	broken := filepath.Join(dir, "broken.png")
	os.WriteFile(broken, []byte("no photo"), 0o644)
	unreadable := job
	unreadable.Images = []dataset.Item{{Path: broken, Name: "broken.png"}}
	none := job
	none.Images = nil
	otherSize := newJob(t)
	otherSize.Images = job.Images
	for name, c := range map[string]struct {
		kind fault.Kind
		want string
		do   func() error
	}{
		"there already": {fault.Output, "--overwrite", func() error {
			_, err := BuildBank(t.Context(), job, bankOptions(path), Silent{})
			return err
		}},
		"onto a photo": {fault.Output, "it is the input", func() error {
			options := bankOptions(photo)
			options.Overwrite = true
			_, err := BuildBank(t.Context(), input, options, Silent{})
			return err
		}},
		"no photo": {fault.Usage, "no good photos", func() error {
			_, err := BuildBank(t.Context(), none, bankOptions(filepath.Join(dir, "y")), Silent{})
			return err
		}},
		"none readable": {fault.Input, "none of the 1 good photos", func() error {
			_, err := BuildBank(t.Context(), unreadable, bankOptions(filepath.Join(dir, "y")), Silent{})
			return err
		}},
		"labels": {fault.Usage, "good photos only", func() error {
			options := bankOptions(filepath.Join(dir, "y"))
			options.Threshold = "labels:" + filepath.Join(washers, "labels.csv")
			_, err := BuildBank(t.Context(), job, options, Silent{})
			return err
		}},
		"all out": {fault.Usage, "a bank needs one", func() error {
			_, err := RemoveFromBank(t.Context(), path, []string{"**"}, job, "", "", Silent{})
			return err
		}},
		"changed by another": {fault.Output, "another program", func() error {
			release, err := bank.Lock(path)
			if err != nil {
				return err
			}
			defer release()
			_, err = AddToBank(t.Context(), path, job, "", "", Silent{})
			return err
		}},
		"stopped": {fault.Internal, "context canceled", func() error {
			ctx, stop := context.WithCancel(t.Context())
			stop()
			_, err := BuildBank(ctx, job, bankOptions(filepath.Join(dir, "y")), Silent{})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			return err
		}},
	} {
		if err := c.do(); fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 3 {
		t.Errorf("left %v", entries)
	}
}

// A bank keeps the mask of its photos: patches outside take no part, in the calibration neither.
func TestMaskOfABank(t *testing.T) {
	job, dir := newJob(t), t.TempDir()
	job.Images = job.Images[:3]
	job.Scoring.Stages = []int{2}
	mask := &imageio.Grey{Width: 8, Height: 8, Pix: make([]uint8, 64)}
	for k := range 32 {
		mask.Pix[k] = 255
	}
	job.ROI = frame.NewROI("mask", mask)
	path := filepath.Join(dir, "x.musc")
	header := buildBank(t, job, bankOptions(path)).Header
	b, err := bank.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	active := b.Active(1, 0)
	if half := len(active) / 2; slices.Contains(active[:half], false) || slices.Contains(active[half:], true) {
		t.Errorf("active %v", active)
	}
	like, err := Config{}.WithBank(b)
	if err != nil || like.ROI.SHA256() != header.Settings.ROISum {
		t.Errorf("the mask comes back as another: %v", err)
	}
	masks := filepath.Join(dir, "masks")
	os.Mkdir(masks, 0o755)
	os.WriteFile(filepath.Join(masks, "a.png"), header.Settings.ROI, 0o644)
	if job.ROI, err = frame.ReadROI(masks, imageio.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := BuildBank(t.Context(), job, bankOptions(path), Silent{}); fault.KindOf(err) != fault.Usage {
		t.Errorf("a folder of masks: %v", err)
	}
}
