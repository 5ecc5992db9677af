package main

import (
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/results"
)

func scoreCommand() *cli.Command {
	own := []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Category: categoryOutput,
			Usage: "the `FOLDER` for scores.csv, run.json, maps/ and overlays/ (required)"},
		&cli.BoolFlag{Name: "overwrite", Category: categoryOutput,
			Usage: "replace the results of an earlier run in the output folder"},
		&cli.StringFlag{Name: "maps", Category: categoryOutput, Value: "tiff",
			Usage: "anomaly maps as float32 `tiff` at the original size, as npy, or none"},
		&cli.BoolFlag{Name: "no-overlays", Category: categoryOutput,
			Usage: "write no heat-map pictures"},
		&cli.IntFlag{Name: "top", Category: categoryOutput, Value: 10,
			Usage: "how many of the most anomalous images to list at the end"},

		&cli.StringFlag{Name: "root", Category: categoryInput,
			Usage: "the `FOLDER` that a manifest's paths are relative to (default: the manifest's)"},
		&cli.StringSliceFlag{Name: "reference", Aliases: []string{"r"}, Category: categoryInput,
			Usage: "`PATH` of normal images of the same product (few-shot); may be repeated"},
		&cli.BoolFlag{Name: "strict", Category: categoryInput,
			Usage: "stop at the first image that cannot be read instead of leaving it out"},
		&cli.BoolFlag{Name: "rotate", Category: categoryInput,
			Usage: "turn photos as their EXIF orientation says (default: pixels as stored)"},
		&cli.IntFlag{Name: "max-pixels", Category: categoryInput, Value: 100_000_000,
			Usage: "refuse images of more pixels"},

		&cli.IntSliceFlag{Name: "windows", Category: categoryMethod,
			Usage: "RsCIN: neighbourhood sizes `K,K,...`; 8,9 on VisA, 1 switches it off",
			Value: cli.NewIntSlice(2, 3)},
		&cli.Int64Flag{Name: "seed", Category: categoryMethod,
			Usage: "seed of the shuffle that deals the subsets"},
	}
	return &cli.Command{
		Name:      "score",
		Usage:     "score photos and map their defects",
		ArgsUsage: "PHOTOS...",
		Description: `PHOTOS are folders (searched recursively), files, globs such as 'line3/**/*.png', or a manifest:
a .csv with a column "image", or a .txt with one path a line. All photos must show the same product.

Examples:
   musc score photos/ -o out                          # the paper's settings, the default model
   musc score photos/ -o out --image-size 518         # finer maps, five times the time
   musc score photos/ -o out --reference good/        # some photos are known to be good
   musc score photos/ -o out --subsets 3              # large batches: a third of the time
   musc score photos/ -o out --memory 256M            # on a small machine
   musc score photos/ -o out --model vit_large_patch14_clip_336.openai

OUT/scores.csv lists image, score, score_before_rscin, rank and subset; rank 1 is the most anomalous.`,
		Flags:        slices.Concat(own, batchFlags(), scoringFlags(), modelFlags(), machineFlags(), outputFlags()),
		OnUsageError: usageError,
		Action:       score,
	}
}

func score(c *cli.Context) error {
	output, err := require(c, "output", "score photos/ -o out")
	if err != nil {
		return err
	}
	save, err := saveOptions(c)
	if err != nil {
		return err
	}
	job, skipped, notes, err := scoreConfig(c)
	if err != nil {
		return err
	}
	if job.Model, job.Library, err = backboneOf(c); err != nil {
		return err
	}
	folder, err := results.Prepare(output, results.Options{Overwrite: c.Bool("overwrite"),
		Inputs: inputsOf(c, &job), Command: os.Args})
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := engine.CheckNames(folder, job.Images); err != nil {
		return err
	}
	job.SpillInto = output
	observer, finish := newObserver(c.App.Writer, c.App.ErrWriter, c.Bool("json"), c.Bool("quiet"))
	if folder.Note != "" {
		notes = append(notes, folder.Note)
	}
	for _, note := range notes {
		observer.Note(note)
	}
	for _, image := range skipped {
		observer.Skipped(image.Path, image.Reason)
	}
	result, err := engine.Score(c.Context, job, observer)
	if err == nil {
		result.Skipped = slices.Concat(skipped, result.Skipped)
		result.Warnings = slices.Concat(notes, result.Warnings)
		err = engine.Save(c.Context, result, job, folder, save)
	}
	finish()
	if err != nil {
		return err
	}
	if c.Bool("json") {
		err = tellJSON(c.App.Writer, result, output)
	} else {
		err = tell(c.App.Writer, result, output, c.Int("top"))
	}
	if err == nil && len(result.Skipped) > 0 {
		err = errSkipped
	}
	return err
}

func saveOptions(c *cli.Context) (engine.SaveOptions, error) {
	save := engine.SaveOptions{Maps: c.String("maps"), Overlays: !c.Bool("no-overlays"),
		Version: version(), CommandLine: os.Args, Started: time.Now().UTC()}
	if !slices.Contains([]string{"tiff", "npy", "none"}, save.Maps) {
		return save, fault.New(fault.Usage, "--maps %q is not one of tiff, npy, none", save.Maps)
	}
	return save, nil
}

// inputsOf are the files that a job reads: photos, references and the lists that name them.
func inputsOf(c *cli.Context, job *engine.Config) []string {
	inputs := slices.Concat(c.Args().Slice(), c.StringSlice("reference"))
	for _, item := range slices.Concat(job.Images, job.References) {
		inputs = append(inputs, item.Path)
	}
	return inputs
}

// scoreConfig is the job; skipped and notes are what finding its photos gave.
func scoreConfig(c *cli.Context) (job engine.Config, skipped []dataset.Skipped, notes []string,
	err error) {
	if c.NArg() == 0 {
		return job, nil, nil, fault.New(fault.Usage,
			"no photos given; as in: musc score photos/ -o out")
	}
	if job, err = configOf(c); err != nil {
		return job, nil, nil, err
	}
	job.Scoring.Windows = c.IntSlice("windows")
	job.Strict = c.Bool("strict")
	job.Decode = imageio.Options{MaxPixels: c.Int("max-pixels"), ApplyOrientation: c.Bool("rotate")}
	options := dataset.Options{Root: c.String("root"), Note: func(note string) {
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}}
	job.Images, skipped, err = dataset.Collect(c.Args().Slice(), options)
	if err != nil {
		return job, nil, nil, err
	}
	if references := c.StringSlice("reference"); len(references) > 0 {
		var missing []dataset.Skipped
		job.References, missing, err = dataset.Collect(references, options)
		skipped = append(skipped, missing...)
	}
	if err == nil && job.Strict && len(skipped) > 0 {
		err = fault.New(fault.Input, "%s: %s", skipped[0].Path, skipped[0].Reason)
	}
	return job, skipped, notes, err
}
