package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine/assets"
	"musc/engine/backbone"
	"musc/engine/fault"
	"musc/models"
	"musc/models/build"
	"musc/models/pull"
)

// buildFlags choose the graph that is built from a model's weights.
func buildFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "weights", Category: categoryModel,
			Usage: "build the model from this `FILE` (.safetensors or .onnx) instead of the fetched one"},
		&cli.BoolFlag{Name: "random", Aliases: []string{"random-weights"}, Category: categoryModel,
			Usage: "draw the weights at random: for benchmarks, its scores mean little"},
		&cli.Uint64Flag{Name: "random-seed", Category: categoryModel,
			Usage: "seed of the random weights"},
		&cli.IntFlag{Name: "image-size", Category: categoryModel, DefaultText: "the model's",
			Usage: "side of the model's input in pixels, a multiple of its patch"},
		&cli.StringFlag{Name: "precision", Category: categoryModel, Value: string(build.Float32),
			Usage: "`float32`, or float16 for a GPU"},
		&cli.StringFlag{Name: "attention", Category: categoryModel, Value: string(build.Fused),
			Usage: "`fused` operators of ONNX Runtime, or plain ONNX"},
	}
}

// modelFlags choose the backbone and what runs it.
func modelFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "model", Aliases: []string{"m"}, Category: categoryModel,
			Value: models.DefaultName,
			Usage: "`NAME` from \"musc models list\", or an .onnx file with the same outputs"},
		&cli.StringFlag{Name: "library", Category: categoryModel,
			Usage: "the ONNX Runtime library `FILE` (default: $MUSC_ONNXRUNTIME, beside musc, the cache)"},
		&cli.StringFlag{Name: "device", Category: categoryMachine, Value: "auto",
			Usage: "`auto`, cpu, cuda:N, or cuda:N,M to share the images among several"},
	}, buildFlags()...)
}

// resolveModel finds the model's graph, which it builds if need be, and the ONNX Runtime library.
func resolveModel(c *cli.Context) (model, library string, err error) {
	if library, err = findLibrary(c.String("library")); err != nil {
		return "", "", err
	}
	model, err = resolveNamed(c, c.String("model"))
	return model, library, err
}

// resolveNamed finds the graph of the model of that name, which it builds if need be.
func resolveNamed(c *cli.Context, name string) (string, error) {
	if strings.EqualFold(filepath.Ext(name), ".onnx") {
		for _, option := range []string{"weights", "random", "image-size", "precision", "attention"} {
			if c.IsSet(option) {
				return "", fault.New(fault.Usage,
					"--%s is for a model that musc builds; %s is used as it is", option, name)
			}
		}
		return name, nil
	}
	spec, err := models.Lookup(name)
	if err != nil {
		return "", err
	}
	folder, err := builtFolder()
	if err != nil {
		return "", err
	}
	return buildModel(c, spec, folder)
}

// findLibrary looks for the ONNX Runtime library where backbone.FindLibrary says, and in the cache.
func findLibrary(flag string) (string, error) {
	cached, missing := assets.LibraryPath()
	path, _, err := backbone.FindLibrary(flag, cached)
	if err != nil && cached == "" && flag == "" && os.Getenv("MUSC_ONNXRUNTIME") == "" {
		return "", missing // says what to run
	}
	return path, err
}

// buildModel builds the graph as buildFlags say, or finds it built, in folder.
func buildModel(c *cli.Context, spec models.Spec, folder string) (string, error) {
	source := build.Source{Path: c.String("weights"), Seed: c.Uint64("random-seed")}
	switch {
	case source.Path != "" && c.Bool("random"):
		return "", fault.New(fault.Usage, "--weights and --random exclude each other")
	case source.Path == "" && !c.Bool("random"):
		var err error
		if source.Path, err = fetchedWeights(spec); err != nil {
			return "", err
		}
	}
	return build.Cached(c.Context, folder, spec, source, build.Options{
		ImageSize: c.Int("image-size"),
		Precision: build.Precision(c.String("precision")),
		Attention: build.Attention(c.String("attention")),
	})
}

// fetchedWeights is the model's first source that "musc setup" or "musc models pull" fetched.
func fetchedWeights(spec models.Spec) (string, error) {
	for _, source := range spec.Sources {
		if source.Package != "" {
			return assets.PackageFile(source.Package, source.File)
		}
	}
	folder, err := weightsFolder()
	if err != nil {
		return "", err
	}
	if path, ok := pull.Find(spec, folder); ok {
		return path, nil
	}
	return "", fault.New(fault.Setup, "the weights of %s are not here; run: musc models pull %s (or "+
		"give a file with --weights)", spec.Name, spec.Name)
}

// builtFolder and weightsFolder are where the cache keeps graphs and pulled weights.
func builtFolder() (string, error) {
	cache, err := assets.Cache()
	return filepath.Join(cache, "models"), err
}

func weightsFolder() (string, error) {
	cache, err := assets.Cache()
	return filepath.Join(cache, "weights"), err
}
