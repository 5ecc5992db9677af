package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/evaluation"
	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/table"
	"musc/engine/fault"
	"musc/engine/frame"
	"musc/engine/report"
	"musc/engine/results"
	"musc/models"
)

func evalCommand() *cli.Command {
	own := []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Category: categoryOutput,
			Usage: "the `FOLDER` for metrics.csv, .json, .md, .xlsx, the curves and a folder a class " +
				"(required)"},
		&cli.BoolFlag{Name: "overwrite", Category: categoryOutput,
			Usage: "measure every class again, also those that an earlier run finished"},
		&cli.BoolFlag{Name: "pictures", Category: categoryOutput,
			Usage: "write each class's anomaly maps, overlays and overview too, good images included"},

		layoutFlag(),
		&cli.StringSliceFlag{Name: "classes", Category: categoryInput,
			Usage: "only these classes `A,B,...`"},
		&cli.StringFlag{Name: "maps", Category: categoryInput,
			Usage: "measure the anomaly maps of another tool in this `FOLDER` instead of scoring: float " +
				"TIFF or .npy, a folder a class, named as the images"},
		&cli.StringFlag{Name: "scores", Category: categoryInput,
			Usage: "with --maps: a `CSV` with image,score (and class); else the map's maximum counts"},

		&cli.IntFlag{Name: "shots", Category: categoryMethod,
			Usage: "let `K` normal training images score too (few-shot); -1 for all"},
		&cli.IntSliceFlag{Name: "windows", Category: categoryMethod, DefaultText: "8,9 on VisA, else 2,3",
			Usage: "RsCIN: neighbourhood sizes `K,K,...`; 1 switches it off"},
		&cli.StringFlag{Name: "deal", Category: categoryMethod, Value: "labels",
			Usage: "how images are dealt into subsets: `labels`, each type of defect evenly, as the " +
				"published evaluation does; or names, as musc score does"},
		&cli.Int64Flag{Name: "seed", Category: categoryMethod,
			Usage: "seed of dealing by names, and of the choice of shots"},
	}
	return &cli.Command{
		Name:      "eval",
		Usage:     "measure musc, or any other method's maps, on labelled data",
		ArgsUsage: "DATASET",
		Description: layoutHelp + `

Each class is scored by itself, without its labels, and measured: AUROC, F1-max and AP of images and
of pixels, PRO as in the paper, MVTec's PRO, AUPIMO, and their mean over classes. Below the table stands
why a figure is missing. A class that an earlier run finished with the same settings, images, masks,
maps and weights, as compared by their contents, is not computed again.

Examples:
   musc eval mvtec_anomaly_detection/ -o out
   musc eval visa/ -o out --classes candle,pcb1 --model vit_large_patch14_clip_336.openai
   musc eval mine.csv -o out --shots 4                  # four normal training images help
   musc eval screw/ -o out --rotations 4                # each photo is compared at four turns
   musc eval btad/ -o out --maps patchcore/maps         # another tool's maps`,
		Flags: slices.Concat(own, frameFlags(), batchFlags(categoryMethod), scoringFlags(categoryMethod),
			modelFlags(), machineFlags(), outputFlags()),
		OnUsageError: usageError,
		Action:       eval,
	}
}

func eval(c *cli.Context) error {
	output, err := require(c, "output", "eval mvtec_anomaly_detection/ -o out")
	if err != nil {
		return err
	}
	data, err := openDataset(c)
	if err != nil {
		return err
	}
	classes, err := data.Select(c.StringSlice("classes"))
	if err != nil {
		return err
	}
	observer, finish := newObserver(c, c.Bool("quiet"))
	defer finish()
	folder := &evaluation.Folder{Path: output, Overwrite: c.Bool("overwrite"),
		Contents: &evaluation.Contents{}}
	record, err := evalRecord(c)
	if err != nil {
		return err
	}
	measure, err := evalMethod(c, data, folder, record, observer)
	if err != nil {
		return err
	}
	if err := folder.CheckInputs(c.Args().First(), c.String("scores")); err != nil {
		return err
	}
	taken, err := takeFolder(output, *record, observer)
	if err != nil {
		return err
	}
	defer taken.Close()
	var measured []*evaluation.Result
	left, earlier := 0, false // classes and images; whether a class was finished by an earlier run
	for i := range classes {
		class := &classes[i]
		result, err := finished(folder, class, observer)
		earlier = earlier || result != nil
		if err == nil && result == nil {
			observer.Note(fmt.Sprintf("%s: %d images, %d of them defective (%d of %d classes)",
				class.Name, len(class.Test), class.Defective(), i+1, len(classes)))
			if result, err = measure(class); err == nil {
				err = folder.Save(class, result)
			}
		}
		if fault.KindOf(err) == fault.Input && len(classes) > 1 {
			observer.Skipped("class "+class.Name, err.Error())
			left++
			continue
		}
		if err != nil {
			return err
		}
		left += len(result.Skipped)
		result.Notes = append(result.Notes, data.Findings(class.Name)...)
		measured = append(measured, result)
	}
	if len(measured) == 0 {
		return fault.New(fault.Input, "none of the %d classes of %s can be measured", len(classes),
			data.Root)
	}
	finish()
	if err := folder.Report(evalTitle(c, data, len(measured)), measured); err != nil {
		return err
	}
	if err := completeRecord(c, record, folder, taken, earlier); err != nil {
		return err
	}
	if err := tellEval(c, data, measured, output); err != nil {
		return err
	}
	if left > 0 {
		return errSkipped
	}
	return nil
}

// finished is the result that an earlier run has of a class, if it may be taken.
func finished(folder *evaluation.Folder, class *labelled.Class, observer engine.Observer) (
	*evaluation.Result, error) {
	result, err := folder.Load(class)
	if result != nil {
		observer.Note(class.Name + ": finished by an earlier run")
	}
	return result, err
}

// evalMethod is what measures a class: the engine, or a look into another tool's maps. It sets the
// settings that the results are kept under and, in the record, what computes them.
func evalMethod(c *cli.Context, data *labelled.Dataset, folder *evaluation.Folder, record *results.Record,
	observer engine.Observer) (func(*labelled.Class) (*evaluation.Result, error), error) {
	if path := c.String("maps"); path != "" {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			return nil, fault.New(fault.Usage, "--maps %s is not a folder; check the path", path)
		}
		maps := &evaluation.Maps{Folder: path, Scores: c.String("scores"),
			Single: len(data.Classes) == 1}
		folder.Settings = map[string]bool{"maps": true, "scores": maps.Scores != ""}
		folder.Inputs = maps.Inputs
		return func(class *labelled.Class) (*evaluation.Result, error) {
			return maps.Measure(c.Context, class)
		}, nil
	}
	if c.IsSet("scores") {
		return nil, fault.New(fault.Usage, "--scores goes with --maps; musc makes its own scores")
	}
	job, err := evalConfig(c, data.Layout)
	if err != nil {
		return nil, err
	}
	job.SpillInto = folder.Path
	model, err := engine.Identify(job.Model)
	if err != nil {
		return nil, err
	}
	if err := recordMachine(record, job, c.String("model"), model); err != nil {
		return nil, err
	}
	settings := map[string]any{"scoring": job.Scoring, "shots": c.Int("shots"),
		"model": report.Sums(model), "pictures": c.Bool("pictures"), "bits": job.Bits}
	if job.Frame != (frame.Options{}) || job.ROI != nil {
		settings["frame"], settings["roi"] = job.Frame, job.ROI.SHA256()
	}
	folder.Settings = settings
	folder.Inputs = func(class *labelled.Class) ([]string, error) {
		return evaluation.ReferenceFiles(class, c.Int("shots"), job.Scoring.Seed)
	}
	return func(class *labelled.Class) (*evaluation.Result, error) {
		return evalClass(c, class, job, folder, observer)
	}, nil
}

// evalConfig is the job without its images.
func evalConfig(c *cli.Context, layout labelled.Layout) (job engine.Config, err error) {
	if job, err = configOf(c, models.PaperPreset()); err != nil {
		return job, err
	}
	if job.Scoring.Windows = c.IntSlice("windows"); len(job.Scoring.Windows) == 0 {
		job.Scoring.Windows = evaluation.Windows(layout)
	}
	switch deal := c.String("deal"); deal {
	case "labels":
		job.Scoring.DealByLabel = true
	case "names":
	default:
		return job, fault.New(fault.Usage, "--deal %q is not one of labels, names", deal)
	}
	if err = frameOf(c, &job); err != nil {
		return job, err
	}
	job.Model, job.Library, err = backboneOf(c)
	return job, err
}

func evalClass(c *cli.Context, class *labelled.Class, job engine.Config, folder *evaluation.Folder,
	observer engine.Observer) (*evaluation.Result, error) {
	var err error
	job.Images = evaluation.Items(class)
	job.References, err = evaluation.References(class, c.Int("shots"), job.Scoring.Seed)
	if err != nil {
		return nil, err
	}
	started := time.Now().UTC()
	found, err := engine.Score(c.Context, job, observer)
	if err != nil {
		return nil, err
	}
	result, err := evaluation.OfEngine(c.Context, class, found, job.Scoring.MapSize)
	if err != nil || !c.Bool("pictures") {
		return result, err
	}
	pictures := filepath.Join(folder.ClassFolder(class), "pictures")
	taken, err := results.Prepare(pictures, results.Options{Overwrite: true, Command: commandLine()})
	if err != nil {
		return nil, err
	}
	defer taken.Close()
	return result, engine.Save(c.Context, found, job, taken, engine.SaveOptions{Maps: "tiff",
		Overlays: true, Version: version(), CommandLine: commandLine(), Started: started})
}

// takeFolder takes an output folder for a run that keeps results of its parts there.
func takeFolder(path string, record results.Record, observer engine.Observer) (*results.Folder, error) {
	folder, err := results.Lock(path, commandLine())
	if err != nil {
		return nil, err
	}
	record.Tool.Version, record.Command = version(), commandLine()
	if err := folder.Mark(record); err != nil {
		folder.Close()
		return nil, err
	}
	if folder.Note != "" {
		observer.Note(folder.Note)
	}
	return folder, nil
}

func evalTitle(c *cli.Context, data *labelled.Dataset, classes int) string {
	method := "musc with " + c.String("model")
	if maps := c.String("maps"); maps != "" {
		method = "the maps in " + maps
	}
	return fmt.Sprintf("%s on %d of %d classes of %s (%s), in per cent", method, classes,
		len(data.Classes), data.Root, data.Layout)
}

// tellEval shows the table, or with --json one object a class.
func tellEval(c *cli.Context, data *labelled.Dataset, results []*evaluation.Result,
	output string) error {
	t := evaluation.Table(evalTitle(c, data, len(results)), results)
	if c.Bool("json") {
		if err := t.WriteEvents(c.App.Writer, "class", t.Rows); err != nil {
			return err
		}
		if err := t.WriteEvents(c.App.Writer, "mean", t.Footer); err != nil {
			return err
		}
		encoder := json.NewEncoder(c.App.Writer)
		for _, note := range t.Notes {
			if err := encoder.Encode(map[string]string{"event": "note", "text": note}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := table.Write(c.App.Writer, table.TextFormat, t); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.App.Writer, "\nwritten to %s: metrics.csv, .json, .md, .xlsx, curves "+
		"where there are masks, and a folder a class\n", output)
	return err
}
