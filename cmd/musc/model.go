package main

import (
	"github.com/urfave/cli/v2"

	"musc/engine/device"
	"musc/models"
	"musc/models/build"
	"musc/models/resolve"
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
		&cli.StringFlag{Name: "precision", Category: categoryModel,
			DefaultText: "float16 to score on a GPU, else float32", Usage: "`float32` or float16"},
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
		libraryFlag(), deviceFlag(),
	}, buildFlags()...)
}

func libraryFlag() cli.Flag {
	return &cli.StringFlag{Name: "library", Category: categoryModel,
		DefaultText: "$MUSC_ONNXRUNTIME, beside musc, the cache",
		Usage:       "the ONNX Runtime library `FILE`"}
}

func deviceFlag() cli.Flag {
	return &cli.StringFlag{Name: "device", Category: categoryMachine, Value: "auto",
		Usage: "`auto`, cpu, cuda:N, or cuda:N,M to share the images among several"}
}

// requestOf reads modelFlags and buildFlags; what is not set is left to the model.
func requestOf(c *cli.Context, name string) resolve.Request {
	request := resolve.Request{Model: name, Weights: c.String("weights"), Random: c.Bool("random"),
		Seed: c.Uint64("random-seed")}
	if c.String("device") != "" { // else the command runs it on the CPU, or not at all
		if on, err := device.Parse(c.String("device")); err == nil { // machineOf tells a wrong one
			request.Device = on
		}
	}
	if c.IsSet("image-size") {
		request.ImageSize = c.Int("image-size")
	}
	if c.IsSet("precision") {
		request.Precision = build.Precision(c.String("precision"))
	}
	if c.IsSet("attention") {
		request.Attention = build.Attention(c.String("attention"))
	}
	return request
}

// backboneOf finds the model's graph, which it builds if need be, and the ONNX Runtime library.
func backboneOf(c *cli.Context) (graph, library string, err error) {
	return requestOf(c, c.String("model")).Backbone(c.Context, c.String("library"))
}
