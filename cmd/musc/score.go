package main

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/dataset"
	"musc/engine/evaluation/labelled"
	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/results"
	"musc/engine/tasks"
	"musc/models"
)

func scoreCommand() *cli.Command {
	own := []cli.Flag{
		&cli.BoolFlag{Name: "resume", Category: categoryOutput,
			Usage: "go on with a run that was stopped: what it finished is not done again"},
		&cli.BoolFlag{Name: "keep-tokens", Category: categoryOutput,
			Usage: "keep what the backbone gives until it is scored, also in a run that is expected to " +
				"be short"},
		topFlag(), failOnFlag(),
	}
	return &cli.Command{
		Name:      "score",
		Usage:     "score photos and map their defects",
		ArgsUsage: "PHOTOS...",
		Description: `PHOTOS are folders (searched recursively), files, globs such as 'line3/**/*.png', or a manifest:
a .csv with a column "image", or a .txt with one path a line. All photos must show the same product.

Examples:
   musc score photos/ -o out                          # the default model with the settings best for it
   musc score photos/ -o out --preset paper           # the paper's settings
   musc score photos/ -o out --image-size 518         # finer maps, nine times the time
   musc score photos/ -o out --reference good/        # some photos are known to be good
   musc score photos/ -o out --subset-size 200        # large batches: time grows with their size only
   musc score photos/ -o out --bank product.musc      # each by good photos alone (musc bank build)
   musc score photos/ -o out --rotations 4            # parts that lie at any angle
   musc score photos/ -o out --near 4                 # a fixed camera: less time, fewer misses
   musc score photos/ -o out --tiles auto             # small defects in large photos
   musc score photos/ -o out --crop 200,100,1600,1200 --roi part.png
   musc score photos/ -o out --memory 256M            # on a small machine
   musc score photos/ -o out --threshold rate:5%      # one in twenty is defective
   musc score photos/ -o out --threshold labels:out/verdicts.csv --overwrite
   musc score photos/ -o out --fail-on defective      # exit code 7, for scripts
   musc score photos/ -o out --resume                 # after a crash, a full disk or Ctrl-C
   musc score photos/ -o out --model vit_large_patch14_clip_336.openai

OUT/scores.csv lists image, score, score_before_rscin, rank, subset, verdict, threshold and margin; rank 1
is the most anomalous. OUT/report.html shows it all in a browser.
While it works, OUT/.musc-run holds the plan and what is finished of it: the scores of each subset, and,
where the backbone or mutual scoring of one is expected to take more than five minutes, what they have
given so far.`,
		Flags: ofPreset(slices.Concat(own, planFlags(), frameFlags(), verdictFlags(), batchFlags(categoryPreset),
			scoringFlags(categoryPreset), modelFlags(), machineFlags(), outputFlags())),
		OnUsageError: usageError,
		Action:       score,
	}
}

// planFlags are the options of a plan that are not among those of every scored batch.
func planFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Category: categoryOutput,
			Usage: "the `FOLDER` for scores.csv, run.json, maps/ and overlays/ (required)"},
		&cli.BoolFlag{Name: "overwrite", Category: categoryOutput,
			Usage: "replace the results of an earlier run in the output folder, and begin anew"},
		&cli.StringFlag{Name: "maps", Category: categoryOutput, Value: "tiff",
			Usage: "anomaly maps as float32 `tiff` at the original size, as npy, or none"},
		&cli.BoolFlag{Name: "no-overlays", Category: categoryOutput,
			Usage: "write no heat-map pictures"},
		&cli.IntFlag{Name: "draw-top", Category: categoryOutput, DefaultText: "all",
			Usage: "maps and overlays of the `K` most anomalous images only"},

		&cli.StringFlag{Name: "root", Category: categoryInput,
			Usage: "the `FOLDER` that a manifest's paths are relative to (default: the manifest's)"},
		&cli.StringSliceFlag{Name: "reference", Aliases: []string{"r"}, Category: categoryInput,
			Usage: "`PATH` of normal images of the same product (few-shot); may be repeated"},
		bankFlag(),
		&cli.BoolFlag{Name: "strict", Category: categoryInput,
			Usage: "stop at the first image that cannot be read instead of leaving it out"},
		&cli.BoolFlag{Name: "rotate", Category: categoryInput,
			Usage: "turn photos as their EXIF orientation says (default: pixels as stored)"},
		&cli.IntFlag{Name: "max-pixels", Category: categoryInput, Value: imageio.DefaultMaxPixels,
			Usage: "refuse images of more pixels"},

		&cli.IntSliceFlag{Name: "windows", Category: categoryPreset,
			Usage: "RsCIN: neighbourhood sizes `K,K,...`; 1 switches it off",
			Value: cli.NewIntSlice(2, 3)},
		&cli.Int64Flag{Name: "seed", Category: categoryPreset,
			Usage: "seed of the shuffle that deals the subsets"},
		&cli.IntFlag{Name: "subset-size", Category: categoryPreset,
			Usage: "instead of --subsets: as many as it takes so that none has more than `N` images"},
	}
}

func score(c *cli.Context) error {
	request, job, err := requestPlan(c, "score photos/ -o out", backboneOf)
	if err != nil {
		return err
	}
	output := c.String("output")
	run := tasks.Folder{Output: output}
	folder, err := results.Prepare(output, results.Options{Overwrite: mayOverwrite(c, run),
		Inputs: inputsOf(c, request), Command: commandLine()})
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := engine.CheckNames(folder, request.Images); err != nil {
		return err
	}
	if folder.Note != "" {
		request.Notes = append(request.Notes, folder.Note)
	}
	plan, err := begin(c, run, request)
	if err != nil {
		return err
	}
	observer, finish := newObserver(c, c.Bool("quiet"))
	observer.Note(settingsNote(c, plan))
	for _, note := range plan.Notes {
		observer.Note(note)
	}
	for _, image := range plan.Skipped {
		observer.Skipped(image.Path, image.Reason)
	}
	job.SpillInto = output
	worker := &tasks.Worker{Plan: plan, Folder: run, Machine: job, Version: version(),
		KeepTokens: c.Bool("keep-tokens"), Observer: observer}
	result, err := worker.Score(c.Context, folder, engine.SaveOptions{Version: version(),
		CommandLine: commandLine(), Started: request.Started})
	finish()
	if err != nil {
		return resumable(err, plan, run)
	}
	err = tellResult(c, result, output)
	if err == nil {
		err = outcome(c, result)
	}
	return err
}

// requestPlan reads what a plan is made of, and what of the machine runs it: backbone finds the model's
// graph and the library.
func requestPlan(c *cli.Context, example string, backbone func(*cli.Context) (_, _ string, _ error)) (
	request tasks.Request, job engine.Config, err error) {

	if _, err := require(c, "output", example); err != nil {
		return request, job, err
	}
	bank, err := openBank(c)
	if err != nil {
		return request, job, err
	}
	if bank != nil {
		defer bank.Close() // whoever scores opens it again
	}
	preset, origin, err := presetOf(c)
	if err != nil {
		return request, job, err
	}
	request = tasks.Request{Version: version(), Command: commandLine(), Started: time.Now().UTC(),
		Arguments: argumentsOf(c, c.Command.Name), Inputs: listsOf(c)}
	if job, request.Skipped, request.Notes, err = scoreConfig(c, preset, &request.Inputs); err != nil {
		return request, job, err
	}
	request.Images, request.References = job.Images, job.References
	if bank != nil {
		origin = "of the bank"
		if err := withBank(&request, &job, bank); err != nil {
			return request, job, err
		}
	} else if err := frameOf(c, &job); err != nil {
		return request, job, err
	}
	request.Settings = tasks.Settings{Scoring: job.Scoring, Preset: origin, Bits: job.Bits, Strict: job.Strict,
		MaxPixels: job.Decode.MaxPixels, Rotate: job.Decode.ApplyOrientation, Batch: job.Batch,
		Maps: c.String("maps"), Overlays: !c.Bool("no-overlays"), DrawTop: c.Int("draw-top"),
		Frame: job.Frame, ROI: roiOf(&job), Bank: request.Bank}
	if size := c.Int("subset-size"); c.IsSet("subset-size") {
		if c.IsSet("subsets") {
			return request, job, fault.New(fault.Usage, "--subsets and --subset-size say the same thing in "+
				"two ways; give one of them")
		}
		request.Scoring.Subsets, err = dataset.SubsetsOfSize(len(job.Images), size)
		if err != nil {
			return request, job, err
		}
	}
	if !slices.Contains([]string{"tiff", "npy", "none"}, request.Maps) {
		return request, job, fault.New(fault.Usage, "--maps %q is not one of tiff, npy, none", request.Maps)
	}
	if err := decide(c, &request.Settings); err != nil {
		return request, job, err
	}
	job.Scoring = request.Scoring
	if err := job.Check(); err != nil {
		return request, job, err
	}
	if bank != nil {
		job.Model, job.Library, err = bankBackbone(c, bank, backbone)
	} else {
		job.Model, job.Library, err = backbone(c)
	}
	if err != nil {
		return request, job, err
	}
	request.Model = job.Model
	why, err := job.ResolveFrame(c.Context)
	if err != nil {
		return request, job, err
	}
	if request.Frame = job.Frame; why != "" {
		request.Notes = append(request.Notes, why)
	}
	job.Images, job.References, job.Bank, job.ROI = nil, nil, nil, nil
	return request, job, nil
}

// inputsOf are the files that a job reads: photos, references and the lists that name them.
func inputsOf(c *cli.Context, request tasks.Request) []string {
	inputs := slices.Concat(c.Args().Slice(), c.StringSlice("reference"))
	for _, name := range []string{"bank", "roi"} {
		if path := c.String(name); path != "" {
			inputs = append(inputs, path)
		}
	}
	for _, item := range slices.Concat(request.Images, request.References) {
		inputs = append(inputs, item.Path)
	}
	return inputs
}

// listsOf are files that are read besides photos and the lists of these: of labels, and a mask of all photos.
func listsOf(c *cli.Context) (files []string) {
	if labels, found := strings.CutPrefix(c.String("threshold"), "labels:"); found {
		files = append(files, labels)
	}
	if mask := c.String("roi"); mask != "" {
		if info, err := os.Stat(mask); err == nil && !info.IsDir() {
			files = append(files, mask)
		}
	}
	return files
}

// scoreConfig is the job; skipped and notes are what finding its photos gave. Whatever the preset,
// class tokens are normalised: only a published evaluation takes them raw. lists gets the manifests that
// were read.
func scoreConfig(c *cli.Context, preset models.Preset, lists *[]string) (job engine.Config,
	skipped []dataset.Skipped, notes []string, err error) {

	if c.NArg() == 0 {
		return job, nil, nil, fault.New(fault.Usage,
			"no photos given; as in: musc score photos/ -o out")
	}
	if job, err = configOf(c, preset); err != nil {
		return job, nil, nil, err
	}
	job.Scoring.NormaliseClass = true
	if c.IsSet("windows") {
		job.Scoring.Windows = c.IntSlice("windows")
	}
	job.Strict = c.Bool("strict")
	job.Decode = imageio.Options{MaxPixels: c.Int("max-pixels"), ApplyOrientation: c.Bool("rotate")}
	options := dataset.Options{Root: c.String("root"), Note: func(note string) {
		if !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}, List: func(path string) { *lists = append(*lists, path) }}
	job.Images, skipped, err = dataset.Collect(c.Args().Slice(), options)
	if err != nil {
		return job, nil, nil, err
	}
	if references := c.StringSlice("reference"); len(references) > 0 {
		var missing []dataset.Skipped
		job.References, missing, err = dataset.Collect(references, options)
		skipped = append(skipped, missing...)
		if err == nil {
			var note string
			if job.References, note, err = labelled.GoodOf(job.References); note != "" {
				notes = append(notes, note)
			}
		}
	}
	if err == nil && job.Strict && len(skipped) > 0 {
		err = fault.New(fault.Input, "%s: %s", skipped[0].Path, skipped[0].Reason)
	}
	return job, skipped, notes, err
}
