package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/bank"
	"musc/engine/fault"
	"musc/engine/plain"
	"musc/engine/results"
	"musc/engine/verdict"
	"musc/engine/watch"
)

const (
	categoryArrival = "ARRIVAL"
	categoryAction  = "WHAT IS DONE ABOUT A PHOTO"
)

func watchCommand() *cli.Command {
	own := []cli.Flag{
		&cli.StringFlag{Name: "bank", Aliases: []string{"b"}, Category: categoryInput,
			Usage: "the `FILE` of good photos, of musc bank build (required)"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Category: categoryOutput,
			Usage: "the `FOLDER` for scores.csv, defects.csv, pictures, the report and the journal (required)"},
		&cli.StringFlag{Name: "overlays", Category: categoryOutput, Value: string(watch.OverlaysDefective),
			Usage: "heat maps of `defective` photos, of all, or none, which leaves out masks, too"},
		&cli.IntFlag{Name: "report-photos", Category: categoryOutput, Value: watch.DefaultReportPhotos,
			Usage: "report.html shows the last `N` photos; 0: there is none"},
		&cli.IntFlag{Name: "drift-window", Category: categoryOutput, Value: watch.DefaultDriftWindow,
			Usage: "warn when the scores of the last `N` photos are not like those of the bank's; 0: never"},
		batchFlag(),
	}
	return &cli.Command{
		Name:      "watch",
		Usage:     "score photos as they arrive in a folder",
		ArgsUsage: "FOLDER",
		Description: `Each photo in FOLDER and the folders in it is scored once, in the order of arrival, by the good photos of
a bank; what is there already comes first. Started again, it goes on where it was, whatever stopped it.
Ctrl-C ends it once the photos under way are written; a second one at once.

Examples:
   musc bank build good/ -o product.musc
   musc watch camera/ --bank product.musc -o out
   musc watch camera/ --bank product.musc -o out --new-only
   musc watch camera/ --bank product.musc -o out --exec 'reject {image} {score}'
   musc watch camera/ --bank product.musc -o out --post https://line3.example/results
   musc watch /mnt/nas/camera --bank product.musc -o out --poll 5 --json`,
		Flags: slices.Concat(own, arrivalFlags(), actionFlags(), modelFlags(), machineFlags(),
			outputFlags()),
		OnUsageError: usageError,
		Action:       watchFolder,
	}
}

// arrivalFlags say when a photo is there.
func arrivalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "new-only", Category: categoryArrival,
			Usage: "pass by what is there when FOLDER is watched for the first time"},
		&cli.Float64Flag{Name: "poll", Category: categoryArrival,
			DefaultText: "where the system does not tell of changes, 2",
			Usage:       "look for photos every so many `SECONDS`"},
		&cli.DurationFlag{Name: "settle", Category: categoryArrival, Value: watch.DefaultSettle,
			Usage: "a photo is whole when its size and time have not changed for so long"},
		&cli.DurationFlag{Name: "patience", Category: categoryArrival, Value: watch.DefaultPatience,
			Usage: "a photo that cannot be read is left out once it has not changed for so long"},
		&cli.DurationFlag{Name: "rescan", Category: categoryArrival, Value: watch.DefaultRescan,
			Usage: "look through FOLDER so often for what no change told of"},
	}
}

// actionFlags say what follows a score.
func actionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "exec", Category: categoryAction,
			Usage: "run `COMMAND` for a photo, without a shell: {image}, {verdict}, {score}, {threshold}, {margin}, " +
				"{sequence}, {overlay} and {mask} in it are replaced"},
		&cli.BoolFlag{Name: "shell", Category: categoryAction,
			Usage: "have sh read the command; the photo is in $MUSC_IMAGE, $MUSC_VERDICT, $MUSC_SCORE, ..."},
		&cli.StringFlag{Name: "exec-on", Category: categoryAction, Value: string(watch.OnDefective),
			Usage: "for which photos: `defective`; review, and defective ones; or all"},
		&cli.DurationFlag{Name: "exec-timeout", Category: categoryAction, Value: watch.DefaultExecTimeout,
			Usage: "kill the command after so long"},
		&cli.StringFlag{Name: "post", Category: categoryAction,
			Usage: "send each photo's result as JSON to this `URL`, again and again until it is accepted"},
		&cli.DurationFlag{Name: "post-timeout", Category: categoryAction, Value: watch.DefaultPostTimeout,
			Usage: "how long an answer may take"},
	}
}

func watchFolder(c *cli.Context) error {
	if c.NArg() != 1 {
		return fault.New(fault.Usage, "musc watch needs one folder, as in: musc watch camera/ --bank "+
			"product.musc -o out")
	}
	path, err := require(c, "bank", "watch camera/ --bank product.musc -o out")
	if err != nil {
		return err
	}
	output, err := require(c, "output", "watch camera/ --bank product.musc -o out")
	if err != nil {
		return err
	}
	options, err := watchOptions(c, c.Args().First(), output)
	if err != nil {
		return err
	}
	if info, err := os.Stat(options.Folder); err != nil || !info.IsDir() {
		return fault.New(fault.Input, "cannot watch %s: there is no such folder", options.Folder)
	}
	b, job, err := inspectorJob(c, path)
	if err != nil {
		return err
	}
	defer b.Close()
	folder, err := results.Watch(output, version(), commandLine())
	if err != nil {
		return err
	}
	defer folder.Close()
	job.SpillInto = output
	observer, finish := newObserver(c, true)
	inspector, err := engine.OpenInspector(c.Context, job, observer)
	finish()
	if err != nil {
		return err
	}
	defer inspector.Close()
	listener := &watchListener{out: c.App.Writer, notes: c.App.ErrWriter, json: c.Bool("json"), quiet: c.Bool("quiet"),
		log: logOf(c.App)}
	if folder.Note != "" {
		listener.Note("lock", folder.Note)
	}
	job = job.WithDefaults()
	options.ofBank(b, &job)
	summary, err := watch.Run(c.Context, options.Options, inspector, listener)
	if err != nil {
		return err
	}
	return listener.end(summary, output)
}

// watchRequest are the options of a watch.
type watchRequest struct{ watch.Options }

// watchOptions reads them, and checks them before any work.
func watchOptions(c *cli.Context, folder, output string) (o watchRequest, err error) {
	o.Options = watch.Options{Folder: folder, Output: output, NewOnly: c.Bool("new-only"),
		Poll:   time.Duration(c.Float64("poll") * float64(time.Second)),
		Settle: c.Duration("settle"), Patience: c.Duration("patience"), Rescan: c.Duration("rescan"),
		Overlays: watch.Overlays(c.String("overlays")), ReportPhotos: orNone(c.Int("report-photos")),
		DriftWindow: orNone(c.Int("drift-window")), Version: version(), Command: commandLine()}
	if c.IsSet("poll") && o.Poll <= 0 {
		return o, fault.New(fault.Usage, "--poll needs a number of seconds above 0")
	}
	if command := c.String("exec"); c.IsSet("exec") {
		o.Exec = &watch.Exec{Command: command, Shell: c.Bool("shell"), On: watch.ExecOn(c.String("exec-on")),
			Timeout: c.Duration("exec-timeout"), Output: c.App.ErrWriter}
	} else if name := firstSet(c, "shell", "exec-on", "exec-timeout"); name != "" {
		return o, fault.New(fault.Usage, "--%s is about the command of --exec; give that, too", name)
	}
	if c.IsSet("post") {
		o.Post = &watch.Post{URL: c.String("post"), Timeout: c.Duration("post-timeout")}
	} else if c.IsSet("post-timeout") {
		return o, fault.New(fault.Usage, "--post-timeout is about the address of --post; give that, too")
	}
	return o, o.Check()
}

// ofBank fills in what the bank and the machine say.
func (o *watchRequest) ofBank(b *bank.Bank, job *engine.Config) {
	header := b.Header()
	o.Bank, o.Calibration = header.ID, header.Calibration.Scores
	o.Decode, o.MapSize = job.Decode, header.Settings.MapSize
	if o.MapSize == 0 {
		o.MapSize = header.Model.ImageSize
	}
	o.Threads, o.Memory, o.Parallel = job.Threads, job.Memory, job.Threads+1
}

// orNone is a number of which 0 stands for none.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

// firstSet is the first of the options that is given.
func firstSet(c *cli.Context, names ...string) string {
	for _, name := range names {
		if c.IsSet(name) {
			return name
		}
	}
	return ""
}

// watchListener prints what happens: a line a photo, or one JSON object a line:
//
//	{"event": "image", "sequence", "image", "path", "score", "verdict", "threshold", "margin", "regions", ...}
//	{"event": "skipped", "sequence", "image", "path", "reason", ...}
//	{"event": "drift", "sequence", "drift": {"began", "z", "text"}}
//	{"event": "note", "kind", "text"}      for all else that a user should know
//	{"event": "done", "output", "summary"} once, at the end
type watchListener struct {
	out, notes  io.Writer
	json, quiet bool
	log         *eventLog
}

// Told implements watch.Listener.
func (l *watchListener) Told(entry *watch.Entry) (err error) {
	l.log.info("photo", "entry", entry)
	switch {
	case l.json:
		err = json.NewEncoder(l.out).Encode(entry)
	case entry.Kind == watch.Photo:
		_, err = fmt.Fprintf(l.out, "%-9s  %.4f  %s\n", orDash(string(entry.Verdict)), *entry.Score,
			plain.Name(entry.RawName()))
	case entry.Kind == watch.Skipped:
		fmt.Fprintln(l.notes, skippedLine(entry.Path, entry.Reason))
	default:
		fmt.Fprintf(l.notes, "look at the camera: %s\n", entry.Drift.Text)
	}
	if err != nil {
		return fault.New(fault.Output, "cannot write results to standard output: %w", err)
	}
	return nil
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// Note implements watch.Listener.
func (l *watchListener) Note(kind, text string) {
	l.log.info("note", "kind", kind, "text", text)
	switch {
	case l.json:
		_ = json.NewEncoder(l.out).Encode(map[string]string{"event": "note", "kind": kind, "text": text})
	case !l.quiet || kind != "resumed":
		fmt.Fprintln(l.notes, plain.Name(text))
	}
}

// end prints the summary.
func (l *watchListener) end(s watch.Summary, output string) error {
	l.log.info("done", "output", output, "summary", s)
	if l.json {
		return json.NewEncoder(l.out).Encode(map[string]any{"event": "done", "output": output, "summary": s})
	}
	var parts []string
	for _, v := range []verdict.Verdict{verdict.Defective, verdict.Review, verdict.Good} {
		if count := s.Verdicts[v]; count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, v))
		}
	}
	text := fmt.Sprintf("%d photos scored", s.Photos)
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	for _, more := range []struct {
		count int
		text  string
	}{{s.Skipped, "left out"}, {s.Vanished, "vanished"}, {s.Seen, "touched but not changed"},
		{s.Commands.Failed, "commands failed"}, {s.Commands.Dropped, "commands not run"},
		{s.Posts.Failed + s.Posts.Dropped, "results not sent"}} {
		if more.count > 0 {
			text += fmt.Sprintf(", %d %s", more.count, more.text)
		}
	}
	_, err := fmt.Fprintf(l.out, "%s; %d in all: %s\n", text, s.All, output)
	return err
}
