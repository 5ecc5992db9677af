package paper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/metrics"
	"musc/engine/evaluation/table"
	"musc/engine/fault"
	"musc/engine/report"
	"musc/engine/results"
	"musc/engine/wholefile"
)

// TimeImages is how many images the paper's table of times is for.
const TimeImages = 200

// TimeJob is what the table of times and memory is measured with. Each row is a process of its own,
// the program's score command, so that its peak memory is its own.
type TimeJob struct {
	Program string   // the musc binary
	Flags   []string // for each call of its score command: model options, device, threads
	GPU     int      // whose memory is watched, if there is one; -1: none
	Images  int      // how many are scored
	Photos  []dataset.Item
	Folder  string // for photos and results
	// Model finds or builds a backbone beforehand, as Job.Model does.
	Model    func(name string) (path string, err error)
	Backbone string // instead of the paper's two
	Observer engine.Observer
}

// timed is one measured row.
type timed struct {
	name string
	run  report.Run
	gpu  metrics.Value // peak of the GPU's memory in MB; none without a GPU
}

// Time measures both of the paper's backbones (or one of the user's) with 1, 2 and 3 subsets.
func Time(ctx context.Context, job *TimeJob) (table.Table, error) {
	photos := job.Photos
	if len(photos) == 0 {
		var err error
		if photos, err = drawPhotos(filepath.Join(job.Folder, "photos"), job.Images); err != nil {
			return table.Table{}, err
		}
	}
	if len(photos) < job.Images {
		return table.Table{}, fault.New(fault.Input, "%d photos are too few for %d images; give "+
			"more, or fewer --images", len(photos), job.Images)
	}
	manifest := filepath.Join(job.Folder, "photos.csv")
	if err := writeManifest(manifest, photos[:job.Images]); err != nil {
		return table.Table{}, err
	}
	models := []string{usualModel, smallerModel}
	if job.Backbone != "" {
		models = []string{job.Backbone}
	}
	var rows []timed
	var missing []string
	for _, model := range models {
		if _, err := job.Model(model); fault.KindOf(err) == fault.Setup {
			missing = append(missing, err.Error())
			continue
		} else if err != nil {
			return table.Table{}, err
		}
		for subsets := 1; subsets <= 3; subsets++ {
			if job.Images/subsets < 2 {
				missing = append(missing, fmt.Sprintf("%s, s = %d: %d images are too few", model, subsets,
					job.Images))
				continue
			}
			job.Observer.Note(fmt.Sprintf("%s, s = %d: %d images", model, subsets, job.Images))
			row := timed{name: fmt.Sprintf("%s, s = %d", model, subsets)}
			watch := watchGPU(ctx, job.GPU)
			run, err := job.score(ctx, manifest, model, subsets)
			row.run, row.gpu = run, watch.stop()
			if err != nil {
				return table.Table{}, err
			}
			rows = append(rows, row)
		}
	}
	return timeTable(job, rows, missing)
}

// score runs the program once and reads what it tells about itself.
func (job *TimeJob) score(ctx context.Context, manifest, model string, subsets int) (
	report.Run, error) {
	out := filepath.Join(job.Folder, "runs", slug(fmt.Sprintf("%s s%d", model, subsets)))
	args := append([]string{"score", manifest, "-o", out, "--overwrite", "--quiet", "--maps", "none",
		"--no-overlays", "--no-report", "--threshold", "none", "--shared", "off", "--model", model,
		"--preset", "paper", "--subsets", strconv.Itoa(subsets)}, job.Flags...)
	command := exec.CommandContext(ctx, job.Program, args...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	var stderr bytes.Buffer
	command.Stderr = &stderr
	var run report.Run
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return run, ctx.Err()
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			return run, fault.New(fault.Setup, "cannot run %s: %w; start musc by its whole path", job.Program, err)
		}
		return run, fault.New(fault.Internal, "musc %s ended with %w: %s", strings.Join(args, " "), err,
			strings.TrimSpace(stderr.String()))
	}
	text, err := wholefile.ReadRegular(filepath.Join(out, results.RunFile), results.MostRun)
	if err == nil {
		err = json.Unmarshal(text, &run)
	}
	return run, err
}

// seconds is what the steps of that name took.
func (t *timed) seconds(steps ...engine.Step) (sum float64) {
	for _, timing := range t.run.Timings {
		for _, step := range steps {
			if timing.Step == string(step) {
				sum += timing.Seconds
			}
		}
	}
	return sum
}

func timeTable(job *TimeJob, rows []timed, missing []string) (table.Table, error) {
	t := table.Table{Name: "time", Title: fmt.Sprintf("Time an image and peak memory, %d images (the "+
		"paper: %d on one RTX 3090)", job.Images, TimeImages), Columns: []table.Column{
		{Name: "row", Key: "row"}, {Group: "ours, ms an image", Name: "backbone", Key: "ms_backbone"},
		{Group: "ours, ms an image", Name: "mutual scoring", Key: "ms_mutual"},
		{Group: "ours, ms an image", Name: "all", Key: "ms_ours"},
		{Group: "paper", Name: "ms", Key: "ms_paper"},
		{Group: "ours, peak MB", Name: "host", Key: "mb_host_ours"},
		{Group: "ours, peak MB", Name: "GPU", Key: "mb_gpu_ours"},
		{Group: "paper", Name: "MB of GPU", Key: "mb_gpu_paper"}}}
	published, err := publishedRows("time", labelled.MVTec)
	if err != nil {
		return t, err
	}
	add := func(name string, measured *timed, theirs map[string]metrics.Value) {
		var backbone, mutual, all, memory, gpu metrics.Value
		if measured != nil {
			each := func(steps ...engine.Step) metrics.Value {
				return metrics.Some(1000 * measured.seconds(steps...) / float64(job.Images))
			}
			backbone, mutual = each(engine.StepBackbone), each(engine.StepMutual)
			all = each(engine.StepBackbone, engine.StepMutual, engine.StepImage)
			gpu = measured.gpu
			if peak := measured.run.Machine.PeakResident; peak > 0 {
				memory = metrics.Some(float64(peak) / 1e6)
			}
		}
		t.Rows = append(t.Rows, []table.Cell{table.Text(name), table.Number(backbone, 1),
			table.Number(mutual, 1), table.Number(all, 1), table.Number(theirs["ms"], 1),
			table.Number(memory, 0), table.Number(gpu, 0), table.Number(theirs["mb"], 0)})
	}
	for _, row := range published {
		var measured *timed
		for i := range rows {
			if rows[i].name == row.Row {
				measured = &rows[i]
			}
		}
		add(row.Row, measured, row.Values)
	}
	for i := range rows {
		if !hasRow(published, rows[i].name) {
			add(rows[i].name, &rows[i], nil)
		}
	}
	t.Notes = job.timeNotes(rows, missing)
	return t, nil
}

func (job *TimeJob) timeNotes(rows []timed, missing []string) (notes []string) {
	if job.Images != TimeImages {
		notes = append(notes, fmt.Sprintf("%d images, not the paper's %d: mutual scoring takes a "+
			"time an image in proportion to them", job.Images, TimeImages))
	}
	if len(rows) > 0 {
		run := rows[0].run
		notes = append(notes, fmt.Sprintf("input %d x %d; backbone by %s, mutual scoring by %s, "+
			"%d threads",
			run.Model.ImageSize, run.Model.ImageSize, run.Runtime.Provider, run.Machine.Scorer,
			run.Machine.Threads))
	}
	if slices.ContainsFunc(job.Flags, func(flag string) bool {
		return strings.HasPrefix(flag, "--image-size")
	}) {
		notes = append(notes, "not the input size of the paper: its times are of other work")
	}
	if len(rows) > 0 {
		if _, watched := rows[0].gpu.Get(); watched {
			notes = append(notes, "GPU memory is what nvidia-smi gives above its figure before the run, "+
				"other processes' included")
		}
	}
	if len(job.Photos) == 0 {
		notes = append(notes, "the photos are drawn at random: times of real ones may differ a little")
	}
	for _, text := range missing {
		notes = append(notes, "not run: "+text)
	}
	return notes
}
