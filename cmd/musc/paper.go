package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/device"
	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/paper"
	"musc/engine/evaluation/table"
	"musc/engine/fault"
	"musc/engine/mutual/trust"
	"musc/engine/results"
	"musc/models/resolve"
)

// timeTable is the name of the table that paper.Time measures.
const timeTable = "time"

func paperCommand() *cli.Command {
	var names []string
	for _, e := range paper.Experiments() {
		names = append(names, fmt.Sprintf("   %-12s %s", e.Name, e.Title))
	}
	names = append(names, fmt.Sprintf("   %-12s %s", timeTable, "Time and memory, s = 1, 2, 3"))
	own := []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Category: categoryOutput,
			Usage: "the `FOLDER` for the tables and for finished classes (required)"},
		&cli.BoolFlag{Name: "overwrite", Category: categoryOutput,
			Usage: "measure every class again, also those that an earlier run finished"},
		&cli.StringFlag{Name: "mvtec", Category: categoryInput, Usage: "the `FOLDER` of MVTec AD"},
		&cli.StringFlag{Name: "visa", Category: categoryInput,
			Usage: "the `FOLDER` of VisA, as published or converted"},
		&cli.StringFlag{Name: "btad", Category: categoryInput, Usage: "the `FOLDER` of BTAD"},
		&cli.StringSliceFlag{Name: "classes", Category: categoryInput,
			Usage: "only these classes `A,B,...`"},
		&cli.StringFlag{Name: "tokens", Category: categoryInput,
			Usage: "rscin: a `FOLDER` with CLASS.npy, class tokens [N,D], and CLASS.csv with label and " +
				"perhaps score, to re-score another method's scores"},
		&cli.IntFlag{Name: "images", Category: categoryInput, Value: paper.TimeImages,
			Usage: "time: how many images are scored"},
		&cli.StringSliceFlag{Name: "photos", Category: categoryInput,
			Usage: "time: `PATH` of the photos to score (default: photos drawn at random)"},
		&cli.Int64Flag{Name: "seed", Category: categoryMethod, Usage: "few-shot: seed of the choice"},
		batchFlag(),
	}
	flags := slices.DeleteFunc(modelFlags(), func(flag cli.Flag) bool {
		return flag.Names()[0] == "model"
	})
	own = append(own, &cli.StringFlag{Name: "model", Aliases: []string{"m"}, Category: categoryModel,
		DefaultText: "the paper's", Usage: "this `NAME` or .onnx file instead of each of the paper's"})
	return &cli.Command{
		Name:      "paper",
		Usage:     "repeat a table of the MuSc paper, its numbers beside ours",
		ArgsUsage: "NAME",
		Description: `The tables:
` + strings.Join(names, "\n") + `

musc downloads no data set: what is not given is named, and the rest is run. The paper's backbones
are fetched with "musc models pull". A run that was stopped goes on where it was.

Examples:
   musc paper zero-shot -o out --mvtec mvtec_anomaly_detection/ --visa VisA/
   musc paper degrees -o out --mvtec mvtec_anomaly_detection/ --classes screw,tile
   musc paper rscin -o out --tokens class_tokens/
   musc paper time -o out --random-weights                # no weights, no photos needed
   musc paper time -o out --random-weights --images 12`,
		Flags:        slices.Concat(own, flags, machineFlags(), outputFlags()),
		OnUsageError: usageError,
		Action:       repeatPaper,
	}
}

func repeatPaper(c *cli.Context) error {
	if c.NArg() != 1 {
		return fault.New(fault.Usage, "%d tables named; musc paper takes one, see musc paper --help",
			c.NArg())
	}
	name := c.Args().First()
	output, err := require(c, "output", "paper "+name+" -o out")
	if err != nil {
		return err
	}
	experiments := paper.Experiments()
	k := slices.IndexFunc(experiments, func(e *paper.Experiment) bool { return e.Name == name })
	if k < 0 && name != timeTable {
		return fault.New(fault.Usage, "the paper has no table %q; see musc paper --help", name)
	}
	output = filepath.Join(output, name)
	observer, finish := newObserver(c, c.Bool("quiet"))
	defer finish()
	taken, err := takeFolder(output, results.Record{Kind: results.Tabled}, observer)
	if err != nil {
		return err
	}
	defer taken.Close()
	var tables []table.Table
	missing := false
	switch {
	case name == timeTable:
		tables, err = timePaper(c, output, observer)
		missing = err == nil && slices.ContainsFunc(tables[0].Notes, func(note string) bool {
			return strings.HasPrefix(note, "not run: ")
		})
	case c.IsSet("tokens") && name != "rscin":
		return fault.New(fault.Usage, "--tokens is for the table rscin")
	case c.IsSet("tokens"):
		tables, err = rescoreTokens(c, observer)
	default:
		tables, missing, err = runExperiment(c, experiments[k], output, observer)
	}
	if err != nil {
		return err
	}
	finish()
	if err := savePaper(output, tables); err != nil {
		return err
	}
	if err := tellPaper(c, tables, output); err != nil {
		return err
	}
	if missing {
		return errSkipped
	}
	return nil
}

// remarks say what makes our figures others than the paper's.
func remarks(c *cli.Context) (list []string) {
	if c.Bool("random") {
		list = append(list, "ours with random weights: the scores say nothing about the method")
	}
	for _, option := range []struct{ name, what string }{{"model", "backbone"}, {"weights", "weights"},
		{"image-size", "input size"}} {
		if c.IsSet(option.name) {
			list = append(list, fmt.Sprintf("ours with the %s %v, not the paper's", option.what,
				c.Value(option.name)))
		}
	}
	return list
}

// runExperiment runs what the given data and the fetched weights allow.
func runExperiment(c *cli.Context, e *paper.Experiment, output string, observer engine.Observer) (
	tables []table.Table, missing bool, err error) {
	job := &paper.Job{Backbone: c.String("model"), Classes: c.StringSlice("classes"), Folder: output,
		Overwrite: c.Bool("overwrite"), Seed: c.Int64("seed"), Observer: observer,
		Data:  map[labelled.Layout]*labelled.Dataset{},
		Model: graphOf(c), Remarks: remarks(c)}
	for flag, layout := range map[string]labelled.Layout{"mvtec": labelled.MVTec,
		"visa": labelled.VisA, "btad": labelled.BTAD} {
		if path := c.String(flag); path != "" {
			data, err := labelled.Open(path, "")
			if err != nil {
				return nil, false, err
			}
			if data.Layout != layout {
				return nil, false, fault.New(fault.Usage, "--%s %s holds %s, not %s; use musc eval for "+
					"other data", flag, path, data.Layout, layout)
			}
			job.Data[layout] = data
		}
	}
	if job.Engine, err = machineOf(c); err != nil {
		return nil, false, err
	}
	if job.Engine.Library, err = resolve.Library(c.String("library"), job.Engine.Device); err != nil {
		return nil, false, err
	}
	job.Engine.SpillInto = output
	measured, err := paper.Run(c.Context, e, job)
	if err != nil {
		return nil, false, err
	}
	tables, err = measured.Tables()
	return tables, len(measured.Missing) > 0, err
}

func rescoreTokens(c *cli.Context, observer engine.Observer) ([]table.Table, error) {
	choice, err := device.Parse(c.String("device"))
	if err != nil {
		return nil, err
	}
	scorer, _, err := trust.NewScorer(c.Context, trust.Resources{Device: choice,
		Threads: c.Int("threads"), Test: trust.Test{Child: selfTestChild(), Tell: observer.Note}})
	if err != nil {
		return nil, err
	}
	t, err := paper.RescoreTokens(c.Context, c.String("tokens"), scorer)
	return []table.Table{t}, err
}

// graphOf finds, or builds, the graphs of backbones by their names.
func graphOf(c *cli.Context) func(name string) (string, error) {
	return func(name string) (string, error) {
		graph, _, err := requestOf(c, name).Backbone(c.Context, c.String("library"))
		return graph, err
	}
}

// timePaper measures with this very program, once a row.
func timePaper(c *cli.Context, output string, observer engine.Observer) ([]table.Table, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fault.New(fault.Setup, "cannot find the program's own file: %w; start musc by its whole path", err)
	}
	job := &paper.TimeJob{Program: program, Images: c.Int("images"), Folder: output,
		Backbone: c.String("model"), Observer: observer,
		Model: graphOf(c)}
	if job.Images < 2 {
		return nil, fault.New(fault.Usage, "--images %d: mutual scoring needs two or more", job.Images)
	}
	for _, name := range []string{"library", "device", "weights", "random", "random-seed",
		"image-size",
		"precision", "attention", "threads", "memory", "vram", "batch"} {
		if c.IsSet(name) {
			job.Flags = append(job.Flags, fmt.Sprintf("--%s=%v", name, c.Value(name)))
		}
	}
	if photos := c.StringSlice("photos"); len(photos) > 0 {
		if job.Photos, _, err = dataset.Collect(photos, dataset.Options{}); err != nil {
			return nil, err
		}
	}
	choice, err := device.Parse(c.String("device"))
	if err != nil {
		return nil, err
	}
	if job.GPU = -1; choice.CUDA {
		job.GPU = choice.Ordinals[0]
	}
	if _, err := resolve.Library(c.String("library"), choice); err != nil {
		return nil, err
	}
	t, err := paper.Time(c.Context, job)
	return []table.Table{t}, err
}

// savePaper writes all tables as Markdown, JSON and spreadsheet, and each as CSV.
func savePaper(output string, tables []table.Table) error {
	for _, name := range []string{"table.md", "table.json", "table.xlsx"} {
		if err := table.Save(filepath.Join(output, name), tables...); err != nil {
			return err
		}
	}
	for _, t := range tables {
		name := strings.ReplaceAll(t.Name, " ", "-") + ".csv"
		if err := table.Save(filepath.Join(output, name), t); err != nil {
			return err
		}
	}
	return nil
}

func tellPaper(c *cli.Context, tables []table.Table, output string) error {
	if c.Bool("json") {
		for _, t := range tables {
			if err := t.WriteEvents(c.App.Writer, t.Name, slices.Concat(t.Rows, t.Footer)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := table.Write(c.App.Writer, table.TextFormat, tables...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.App.Writer, "\nwritten to %s: table.md, .json, .xlsx, and a CSV a table\n",
		output)
	return err
}
