package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"musc/engine/fault"
	"musc/engine/plain"
	"musc/engine/reproduce"
	"musc/engine/results"
)

func reproduceCommand() *cli.Command {
	own := []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Category: categoryOutput,
			Usage: "keep the new results in this `FOLDER`, which has none yet"},
		&cli.BoolFlag{Name: "keep", Category: categoryOutput,
			Usage: "keep the new results beside the recorded ones, as OUT-reproduced"},
		&cli.BoolFlag{Name: "check", Category: categoryInput,
			Usage: "look at photos, versions and machine only, and run nothing"},
		&cli.StringFlag{Name: "folder", Category: categoryInput,
			Usage: "the `FOLDER` where relative paths of the record start (default: as recorded)"},
	}
	return &cli.Command{
		Name:      "reproduce",
		Usage:     "run again what a run.json records, and compare",
		ArgsUsage: "RUN.JSON|OUT",
		Description: `Runs musc score, plan and merge, or eval again as OUT/run.json records it, into a folder of its own,
and compares every file byte by byte; run.json and report.html without dates, timings and the like. Before
that it looks whether the photos are those of then, and whether the versions and the machine are. The SIMD
level is the recorded one where this machine has it, unless MUSC_SIMD says otherwise. Nothing of the
recorded run is changed, and what the new one wrote is removed again unless --keep or -o says otherwise.

Exit code 0 says "same bytes"; 8 says that results differ, or with --check that something else does.

Examples:
   musc reproduce out
   musc reproduce out/run.json --keep
   musc reproduce out --check                 # are the photos and the versions as they were?
   MUSC_SIMD=portable musc reproduce out      # what difference does the SIMD level make?`,
		Flags:        slices.Concat(own, outputFlags()),
		OnUsageError: usageError,
		Action:       reproduceRun,
	}
}

// errDiffers is returned by musc reproduce if something is not as it was.
var errDiffers = errors.New("the runs differ")

// repetition is one call of musc reproduce.
type repetition struct {
	*cli.Context
	then   *reproduce.Record
	line   *recordedLine
	folder string // where relative paths start; absolute
	inputs *reproduce.Inputs
	level  string // the SIMD level that is asked for; "" is the best of this machine
}

func reproduceRun(c *cli.Context) error {
	if c.NArg() != 1 {
		return fault.New(fault.Usage, "musc reproduce needs one record, as in: musc reproduce out/run.json")
	}
	r := &repetition{Context: c}
	var err error
	if r.then, err = reproduce.Read(c.Args().First()); err != nil {
		return err
	}
	if r.line, err = lineOf(r.then); err != nil {
		return err
	}
	if r.folder, err = r.findFolder(); err != nil {
		return err
	}
	if err := r.check(); err != nil || c.Bool("check") {
		return err
	}
	output, done, err := r.newFolder()
	if err != nil {
		return err
	}
	defer done()
	if err := r.run(output); err != nil {
		return err
	}
	now, err := reproduce.Read(output)
	if err != nil {
		return err
	}
	found, err := reproduce.Compare(c.Context, r.then, now)
	if err != nil {
		return err
	}
	return r.tell(now, found, output)
}

// findFolder is where the run worked.
func (r *repetition) findFolder() (string, error) {
	folder := r.String("folder")
	if folder == "" && r.then.Run.Repeat != nil {
		folder = r.then.Run.Repeat.Folder
	}
	folder, err := filepath.Abs(folder) // "" is the one that this process works in
	if err != nil {
		return "", fault.New(fault.Input, "cannot tell which folder this is: %w; give --folder", err)
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return "", fault.New(fault.Input, "the run worked in the folder %s, which is not here; say where its "+
			"photos' relative paths start now with --folder", folder)
	}
	return folder, nil
}

// newFolder makes the folder for the new results; done removes it unless it is to be kept.
func (r *repetition) newFolder() (folder string, done func(), err error) {
	done = func() {}
	recorded, err := filepath.Abs(r.then.Folder)
	if err != nil {
		return "", done, fault.New(fault.Input, "cannot tell where %s is: %w", r.then.Folder, err)
	}
	switch given := r.String("output"); {
	case given != "":
		if folder, err = filepath.Abs(given); err == nil {
			err = os.MkdirAll(folder, 0o755)
		}
		for _, name := range results.Names {
			if err == nil && reproduce.Present(filepath.Join(folder, name)) {
				return "", done, fault.New(fault.Output, "%s is there already; choose a folder without results "+
					"with -o", filepath.Join(given, name))
			}
		}
	case r.Bool("keep"):
		for k := 1; ; k++ {
			folder = recorded + "-reproduced"
			if k > 1 {
				folder = fmt.Sprintf("%s-%d", folder, k)
			}
			if err = os.Mkdir(folder, 0o755); !errors.Is(err, fs.ErrExist) {
				break
			}
		}
	default:
		var scratch *reproduce.Scratch
		if scratch, err = reproduce.NewScratch(filepath.Dir(recorded), commandLine()); err != nil {
			scratch, err = reproduce.NewScratch(os.TempDir(), commandLine())
		}
		if err == nil {
			folder, done = scratch.Results, func() { scratch.Remove() } // what stays only takes space
		}
	}
	if err != nil {
		return "", done, fault.New(fault.Output, "cannot make a folder for the new results: %w; choose one "+
			"with -o", err)
	}
	return folder, done, nil
}

// tell says what came of it.
func (r *repetition) tell(now *reproduce.Record, found *reproduce.Comparison, output string) error {
	reasons := []reproduce.Reason{}
	if !found.Same() {
		reasons = reproduce.Reasons(r.then, now, r.inputs)
	}
	kept := ""
	if r.Bool("keep") || r.String("output") != "" {
		kept = output
	}
	logOf(r.App).info("reproduced", "same", found.Same(), "files", found.Files, "differences", found.Differences)
	var err error
	if r.Bool("json") {
		event := map[string]any{"event": "reproduced", "same": found.Same(), "files": found.Files,
			"differences": found.Differences, "reasons": reasons, "output": kept}
		if found.Scores != nil {
			event["scores"] = found.Scores
		}
		err = json.NewEncoder(r.App.Writer).Encode(event)
	} else {
		_, err = fmt.Fprint(r.App.Writer, inWords(found, reasons, kept))
	}
	if err == nil && !found.Same() {
		err = errDiffers
	}
	return err
}

// inWords is the verdict for people.
func inWords(found *reproduce.Comparison, reasons []reproduce.Reason, kept string) string {
	var text strings.Builder
	for _, d := range found.Differences {
		fmt.Fprintf(&text, "differs: %s: %s\n", plain.Name(d.Name), d.Text)
	}
	if found.Same() {
		fmt.Fprintf(&text, "same bytes: %s\n", counted(found.Files, "file"))
	} else {
		fmt.Fprintf(&text, "the same: %s\n", counted(found.Files, "file"))
		if len(reasons) == 0 {
			fmt.Fprintln(&text, "why: nothing that is recorded differs; a result was changed after the run, or "+
				"something that decides results is not recorded")
		} else {
			fmt.Fprintln(&text, "why, the likeliest first:")
		}
		for _, reason := range reasons {
			fmt.Fprintf(&text, "   %s\n", reason.Text)
		}
	}
	if kept != "" {
		fmt.Fprintf(&text, "the new results are in %s\n", kept)
	}
	return text.String()
}

// tellRecord says which run it is.
func (r *repetition) tellRecord() {
	if r.Bool("json") || r.Bool("quiet") {
		return
	}
	w, run := r.App.Writer, &r.then.Run
	fmt.Fprintf(w, "recorded: musc %s by musc %s", r.line.command, run.Tool.Version)
	if !run.Started.IsZero() {
		fmt.Fprintf(w, ", %s", run.Started.Format(time.DateTime))
	}
	if run.Counts.Scored > 0 {
		fmt.Fprintf(w, ", %s", counted(run.Counts.Scored, "photo"))
	}
	fmt.Fprintf(w, ", in %s\n", r.folder)
	for _, missing := range r.then.Missing {
		fmt.Fprintf(w, "the record does not have %s\n", missing)
	}
	if run.Repeat == nil {
		fmt.Fprintf(w, "instead, the recorded command line is run in this folder: %s\n",
			strings.Join(run.Command, " "))
	}
}
