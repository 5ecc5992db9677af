package main

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/bank"
	"musc/engine/dataset"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
	"musc/engine/imageio"
)

func bankCommand() *cli.Command {
	return &cli.Command{
		Name:  "bank",
		Usage: "keep good photos of a product in a file, to score single photos by",
		Description: `A bank holds what the backbone gives of good photos, the settings, and a calibration: what each good
photo scores by the others, and the threshold that follows. "musc score --bank" then scores any number of
photos, each by the bank alone.

Examples:
   musc bank build good/ -o product.musc
   musc score new/ -o out --bank product.musc
   musc bank add product.musc more-good/
   musc bank remove product.musc 17.png 'line3/**'
   musc bank info product.musc
   musc bank thin product.musc --keep 30 -o small.musc`,
		OnUsageError: usageError,
		Action:       noCommand,
		Subcommands: []*cli.Command{bankBuildCommand(), bankInfoCommand(), bankAddCommand(),
			bankRemoveCommand(), bankVerifyCommand(), bankThinCommand()},
	}
}

// goodFlags say which good photos are read, and how.
func goodFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "root", Category: categoryInput,
			Usage: "the `FOLDER` that a manifest's paths are relative to (default: the manifest's)"},
		&cli.BoolFlag{Name: "strict", Category: categoryInput,
			Usage: "stop at the first photo that cannot be read instead of leaving it out"},
		batchFlag(),
	}
}

// bankThresholdFlag is for commands that calibrate a bank; its default is text.
func bankThresholdFlag(text string) cli.Flag {
	return &cli.StringFlag{Name: "threshold", Category: categoryVerdict, DefaultText: text,
		Usage: "`HOW` photos are called defective, by their score: auto, from what the good photos score by " +
			"each other; a number; two, such as 0.35,0.32, to review from the second on; or none"}
}

func bankBuildCommand() *cli.Command {
	own := []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Category: categoryOutput,
			Usage: "the bank's `FILE` (required)"},
		overwriteFlag(),
		&cli.StringFlag{Name: "score", Category: categoryPreset, Value: scoreNearest,
			Usage: "how new photos are scored: by the `nearest` patch of all good photos, or by the interval " +
				"of the distances to each of them"},
		&cli.StringFlag{Name: "encoding", Category: categoryOutput, Value: bank.Int8.String(),
			Usage: "how patch tokens are kept: `int8`, float16 or float32"},
		&cli.BoolFlag{Name: "rotate", Category: categoryInput,
			Usage: "turn photos as their EXIF orientation says (default: pixels as stored)"},
		&cli.IntFlag{Name: "max-pixels", Category: categoryInput, Value: imageio.DefaultMaxPixels,
			Usage: "refuse images of more pixels"},
		&cli.IntFlag{Name: "bits", Category: categoryInput, DefaultText: "the fewest that hold them all",
			Usage: "photos of more than 8 bits a sample: how many `BITS` they use, 8, 10, 12, 14 or 16"},
		bankThresholdFlag("auto"),
	}
	method := []cli.Flag{
		&cli.IntSliceFlag{Name: "stages", Category: categoryPreset,
			Usage: "stages of the backbone to use, from 1 to 4", Value: cli.NewIntSlice(1, 2, 3, 4)},
		&cli.IntSliceFlag{Name: "degrees", Category: categoryPreset,
			Usage: "LNAMD: odd window sizes `R,R,...` in patches", Value: cli.NewIntSlice(1, 3, 5)},
		&cli.StringFlag{Name: "interval", Category: categoryPreset, Value: "0,0.3",
			Usage: "with --score interval: the part `LOW,HIGH` of the sorted distances that counts"},
		&cli.StringFlag{Name: "average", Category: categoryPreset, Value: "mean",
			Usage: "with --score interval: `mean`, min or max over the interval"},
		&cli.IntFlag{Name: "map-size", Category: categoryPreset, DefaultText: "the model's input",
			Usage: "side of the anomaly map whose maximum is the image's score"},
	}
	return &cli.Command{
		Name:      "build",
		Usage:     "make a bank of good photos",
		ArgsUsage: "GOOD...",
		Description: `GOOD are folders, files, globs or manifests, as for musc score; of a manifest with labels, its good
photos count. All must show the same product, without defects: what is wrong with one of them is not
found any more. Ten photos or more give a threshold; one is enough for scores.

Examples:
   musc bank build good/ -o product.musc
   musc bank build good/ -o product.musc --threshold 0.35,0.32
   musc bank build good/ -o product.musc --near 4 --crop 200,100,1600,1200   # the same for all scored by it
   musc bank build list.csv -o product.musc --overwrite`,
		Flags: ofPreset(slices.Concat(own, method, frameFlags(), goodFlags(), modelFlags(), machineFlags(),
			outputFlags())),
		OnUsageError: usageError,
		Action:       bankBuild,
	}
}

// The ways to score by a bank, as --score names them.
const (
	scoreNearest  = "nearest"
	scoreInterval = "interval"
)

func bankBuild(c *cli.Context) error {
	const example = "bank build good/ -o product.musc"
	preset, origin, err := presetOf(c)
	if err != nil {
		return err
	}
	options := engine.BankOptions{Overwrite: c.Bool("overwrite"), Preset: origin, Version: version(),
		Threshold: "auto", Started: time.Now().UTC().Truncate(time.Second)}
	if options.Path, err = require(c, "output", example); err != nil {
		return err
	}
	if c.IsSet("threshold") {
		options.Threshold = c.String("threshold")
	}
	switch text := c.String("score"); text {
	case scoreNearest, scoreInterval:
		options.Nearest = text == scoreNearest
	default:
		return fault.New(fault.Usage, "--score %q is not one of nearest, interval", text)
	}
	for _, name := range []string{"interval", "average"} {
		if options.Nearest && c.IsSet(name) {
			return fault.New(fault.Usage, "--%s is for --score interval: by the nearest patch there is "+
				"none; leave one of them out", name)
		}
	}
	if err := options.Encoding.UnmarshalText([]byte(c.String("encoding"))); err != nil {
		return fault.New(fault.Usage, "--encoding: %w; it is int8, float16 or float32", err)
	}
	job, err := configOf(c, preset)
	if err != nil {
		return err
	}
	job.Decode = imageio.Options{MaxPixels: c.Int("max-pixels"), ApplyOrientation: c.Bool("rotate")}
	if err := frameOf(c, &job); err != nil {
		return err
	}
	return withGood(c, c.Args().Slice(), example, job, options.Path, backboneOf,
		func(job engine.Config, observer engine.Observer) (*engine.BankChange, error) {
			return engine.BuildBank(c.Context, job, options, observer)
		})
}

// withGood finds good photos and the model for what changes a bank at path, and tells what came of it.
func withGood(c *cli.Context, arguments []string, example string, job engine.Config, path string,
	backbone func(*cli.Context) (_, _ string, _ error),
	change func(engine.Config, engine.Observer) (*engine.BankChange, error)) (err error) {

	if len(arguments) == 0 {
		return fault.New(fault.Usage, "no good photos given; as in: musc %s", example)
	}
	var notes []string
	options := dataset.Options{Root: c.String("root"), Note: func(note string) {
		notes = append(notes, note)
	}}
	var skipped []dataset.Skipped
	if job.Images, skipped, err = dataset.Collect(arguments, options); err != nil {
		return err
	}
	var note string
	if job.Images, note, err = labelled.GoodOf(job.Images); err != nil {
		return err
	}
	if job.Strict = c.Bool("strict"); job.Strict && len(skipped) > 0 {
		return fault.New(fault.Input, "%s: %s", skipped[0].Path, skipped[0].Reason)
	}
	if job.Model, job.Library, err = backbone(c); err != nil {
		return err
	}
	job.SpillInto = spillBeside(path)
	observer, finish := newObserver(c, c.Bool("quiet"))
	for _, note := range append(notes, note) {
		if note != "" {
			observer.Note(note)
		}
	}
	for _, photo := range skipped {
		observer.Skipped(photo.Path, photo.Reason)
	}
	result, err := change(job, observer)
	finish()
	if err != nil {
		return err
	}
	result.Skipped = append(skipped, result.Skipped...)
	if err := tellChange(c, path, result); err != nil {
		return err
	}
	if len(result.Skipped) > 0 {
		return errSkipped
	}
	return nil
}

// spillBeside is the folder for what does not fit into memory: the bank's, if that is one on a disk.
func spillBeside(path string) string {
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return os.TempDir()
	}
	return folder
}

func bankAddCommand() *cli.Command {
	return &cli.Command{
		Name:      "add",
		Usage:     "add good photos to a bank, and calibrate it anew",
		ArgsUsage: "FILE GOOD...",
		Description: `Settings are the bank's; so is the model, unless --model names another place of the same. A photo that
the bank has is left out. One that scores far above the others is kept, with a warning: if it is not good,
take it out again.

Example:
   musc bank add product.musc more-good/`,
		Flags: slices.Concat([]cli.Flag{bankThresholdFlag("the bank's")}, goodFlags(), modelFlags(),
			machineFlags(), outputFlags()),
		OnUsageError: usageError,
		Action:       bankAdd,
	}
}

func bankAdd(c *cli.Context) error {
	const example = "bank add product.musc good/"
	path, good, err := bankArgument(c, example)
	if err != nil {
		return err
	}
	b, err := bank.Open(path)
	if err != nil {
		return err
	}
	defer b.Close()
	job, err := machineOf(c)
	if err != nil {
		return err
	}
	model := func(c *cli.Context) (_, _ string, _ error) { return bankBackbone(c, b, backboneOf) }
	return withGood(c, good, example, job, path, model,
		func(job engine.Config, observer engine.Observer) (*engine.BankChange, error) {
			return engine.AddToBank(c.Context, path, job, c.String("threshold"), version(), observer)
		})
}

// bankArgument is the bank that a command names first, and the other arguments.
func bankArgument(c *cli.Context, example string) (path string, rest []string, err error) {
	if c.NArg() == 0 {
		return "", nil, fault.New(fault.Usage, "no bank named; as in: musc %s", example)
	}
	return c.Args().First(), c.Args().Tail(), nil
}
