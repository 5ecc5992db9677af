package main

import (
	"fmt"
	"math"
	"path/filepath"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"musc/engine/assets"
	"musc/engine/backbone"
	"musc/engine/fault"
	"musc/models"
	"musc/models/pull"
	"musc/models/resolve"
)

func modelsCommand() *cli.Command {
	command := func(name, usage, argument string, flags []cli.Flag,
		action cli.ActionFunc) *cli.Command {
		return &cli.Command{Name: name, Usage: usage, ArgsUsage: argument, Flags: flags,
			OnUsageError: usageError, Action: action}
	}
	output := &cli.StringFlag{Name: "output", Aliases: []string{"o"},
		Usage: "the `FOLDER` to write the graph into (default: the cache)"}
	library := &cli.StringFlag{Name: "library", Usage: "the ONNX Runtime library `FILE`"}
	hub := &cli.StringFlag{Name: "hub", EnvVars: []string{pull.HubVariable},
		Usage: "the hub's base `URL`, for a mirror"}
	return &cli.Command{
		Name:  "models",
		Usage: "list, fetch, build and check backbones",
		Description: `A backbone is a vision transformer whose patch tokens are compared. The default one comes with
"musc setup"; the others are fetched from their hub.

Examples:
   musc models list
   musc models pull vit_large_patch14_clip_336.openai
   musc score photos/ -o out --model vit_large_patch14_clip_336.openai
   musc models build ViT-L-14-336 --random --image-size 518 -o graphs/   # for benchmarks`,
		OnUsageError: usageError,
		Subcommands: []*cli.Command{
			command("list", "the backbones musc knows", "", nil, listModels),
			command("info", "what is known of one backbone", "NAME", nil, modelInfo),
			command("pull", "fetch the weights of a backbone from its hub", "NAME",
				append(outputFlags(), hub), pullModel),
			command("build", "write a backbone's ONNX graph and print its path", "NAME",
				append(buildFlags(), output), buildGraph),
			command("verify", "check a backbone's weights, and that its graph runs", "NAME",
				append(buildFlags(), library), verifyModel),
		},
	}
}

// namedModel looks up the command's one argument.
func namedModel(c *cli.Context) (models.Spec, error) {
	if c.NArg() != 1 {
		return models.Spec{}, fault.New(fault.Usage, "musc models %s needs one NAME; see musc models "+
			"list", c.Command.Name)
	}
	return models.Lookup(c.Args().First())
}

func listModels(c *cli.Context) error {
	table := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "name\talias\tfamily\tpatch\twidth\tlayers\timage size\tpreset\tweights")
	for _, spec := range models.Registry {
		state := "not here"
		if _, err := resolve.Weights(spec); err == nil {
			state = "here"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", spec.Name,
			spec.Aliases[0], spec.Family, spec.Patch, spec.Width, spec.Layers, spec.ImageSize,
			whosePreset(&spec), state)
	}
	return table.Flush()
}

// whosePreset is "own" if other settings than the paper's were measured best for the model.
func whosePreset(spec *models.Spec) string {
	if spec.Preset().Name == models.PaperName {
		return "the paper's"
	}
	return "own"
}

func modelInfo(c *cli.Context) error {
	spec, err := namedModel(c)
	if err != nil {
		return err
	}
	grid, err := spec.Grid(spec.ImageSize)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row("name", "%s", spec.Name)
	row("also known as", "%v", spec.Aliases)
	row("family", "%s", spec.Family)
	row("architecture", "%d layers, width %d, %d heads, patch %d, %s", spec.Layers, spec.Width,
		spec.Heads, spec.Patch, spec.Activation)
	row("stages", "after layers %v of %d (counted from 0)", spec.Stages, spec.Layers)
	row("image size", "%d: %d x %d patches", spec.ImageSize, grid, grid)
	row("class token", "%d entries", spec.ClassDim)
	preset := spec.Preset()
	row("preset", "%s: %s", whosePreset(&spec), preset)
	row("  measured", "%s", preset.Measured)
	row("mean, std", "%v, %v", spec.Mean, spec.Std)
	for _, source := range spec.Sources {
		row("source", "%s%s %s", source.Repo, source.Package, source.File)
		if source.SHA256 != "" {
			row("  sha256", "%s", source.SHA256)
		}
	}
	if path, err := resolve.Weights(spec); err == nil {
		row("weights", "%s", path)
	} else {
		row("weights", "%v", err)
	}
	return table.Flush()
}

func buildGraph(c *cli.Context) error {
	spec, err := namedModel(c)
	if err != nil {
		return err
	}
	request := requestOf(c, spec.Name)
	request.Folder = c.String("output")
	path, err := request.Graph(c.Context)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.App.Writer, path)
	return err
}

// verifyModel checks the checksum of the weights, then runs the graph on a black image and looks
// at what comes out.
func verifyModel(c *cli.Context) error {
	spec, err := namedModel(c)
	if err != nil {
		return err
	}
	if c.String("weights") == "" && !c.Bool("random") {
		if err := verifyWeights(c, spec); err != nil {
			return err
		}
	}
	path, library, err := requestOf(c, spec.Name).Backbone(c.Context, c.String("library"))
	if err != nil {
		return err
	}
	session, err := backbone.Open(backbone.Config{Library: library, Model: path})
	if err != nil {
		return err
	}
	defer session.Close()
	info := session.Info()
	tokens := info.NewTokens(1)
	image := make([]float32, 3*info.ImageSize*info.ImageSize)
	if err := session.Extract(c.Context, image, 1, tokens); err != nil {
		return err
	}
	for stage, values := range tokens.Stages {
		sum := 0.0
		for _, value := range values {
			sum += math.Abs(float64(value))
		}
		if mean := sum / float64(len(values)); !(mean > 0) || math.IsInf(mean, 0) {
			return fault.New(fault.Setup, "model %s: the tokens of stage %d have the mean size %v; "+
				"remove %s and build it again", spec.Name, stage+1, mean, path)
		}
	}
	fmt.Fprintf(c.App.Writer, "%s runs: %d x %d patches of %d channels from %s\n", spec.Name,
		info.GridHeight, info.GridWidth, info.Channels, filepath.Base(path))
	return nil
}

// pullModel fetches weights; a repeated call resumes where an interrupted one stopped.
func pullModel(c *cli.Context) error {
	spec, err := namedModel(c)
	if err != nil {
		return err
	}
	folder, err := resolve.WeightsFolder()
	if err != nil {
		return err
	}
	observer, finish := newObserver(c, c.Bool("quiet"))
	defer finish()
	begun, told := false, int64(0)
	client := pull.Client{Hub: c.String("hub"), Progress: func(done, total int64) {
		if !begun {
			observer.Begin("download, MiB", int(max(total, 0)>>20))
			begun = true
		}
		observer.Advance(int(done>>20 - told))
		told = done >> 20
	}}
	path, err := client.Weights(c.Context, spec, folder)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.App.Writer, path)
	return err
}

// verifyWeights compares the weights with their checksum: the pinned one, or the one that was
// recorded when they were pulled.
func verifyWeights(c *cli.Context, spec models.Spec) error {
	if source, ok := resolve.Packaged(spec); ok {
		path, err := resolve.Weights(spec)
		if err != nil {
			return err
		}
		if err := assets.Verify(c.Context, &assets.Weights); err != nil {
			return err
		}
		fmt.Fprintf(c.App.Writer, "%s has its checksum %s\n", path, source.SHA256)
		return nil
	}
	folder, err := resolve.WeightsFolder()
	if err != nil {
		return err
	}
	path, sum, err := pull.Verify(c.Context, spec, folder)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "%s has its checksum %s\n", path, sum)
	return nil
}
