package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"musc/engine"
	"musc/engine/bank"
	"musc/engine/fault"
	"musc/engine/plain"
)

// calibrateFlags are those of commands that calibrate a bank without a model.
func calibrateFlags() []cli.Flag {
	return slices.Concat([]cli.Flag{bankThresholdFlag("the bank's"), deviceFlag()}, machineFlags(),
		outputFlags())
}

func bankRemoveCommand() *cli.Command {
	return &cli.Command{
		Name:      "remove",
		Usage:     "take photos out of a bank, and calibrate it anew",
		ArgsUsage: "FILE NAME...",
		Description: `NAME is a photo's name in the bank, or a pattern such as 'line3/**'. Names are those that
musc bank info FILE --json lists.

Example:
   musc bank remove product.musc 17.png`,
		Flags:        calibrateFlags(),
		OnUsageError: usageError,
		Action:       bankRemove,
	}
}

func bankRemove(c *cli.Context) error {
	path, names, err := bankArgument(c, "bank remove product.musc 17.png")
	if err != nil {
		return err
	}
	job, err := machineOf(c)
	if err != nil {
		return err
	}
	job.SpillInto = spillBeside(path)
	observer, finish := newObserver(c, c.Bool("quiet"))
	change, err := engine.RemoveFromBank(c.Context, path, names, job, c.String("threshold"), version(),
		observer)
	finish()
	if err != nil {
		return err
	}
	return tellChange(c, path, change)
}

func bankThinCommand() *cli.Command {
	own := []cli.Flag{
		&cli.IntFlag{Name: "keep", Category: categoryInput, Usage: "how many photos stay: `K` (required)"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Category: categoryOutput,
			Usage: "the thinned bank's `FILE` (default: in place of the bank, with --overwrite)"},
		overwriteFlag(),
	}
	return &cli.Command{
		Name:      "thin",
		Usage:     "keep the photos that stand best for all: less time and space",
		ArgsUsage: "FILE",
		Description: `Greedily, each photo that stays is the one farthest from those that stay already. What that costs is
said: the photos that are left out are good ones that the thinned bank has not seen.

Examples:
   musc bank thin product.musc --keep 30 -o small.musc
   musc bank thin product.musc --keep 30 --overwrite`,
		Flags:        slices.Concat(own, calibrateFlags()),
		OnUsageError: usageError,
		Action:       bankThin,
	}
}

func bankThin(c *cli.Context) error {
	const example = "bank thin product.musc --keep 30 -o small.musc"
	path, rest, err := bankArgument(c, example)
	if err != nil {
		return err
	}
	if len(rest) > 0 || !c.IsSet("keep") {
		return fault.New(fault.Usage, "musc bank thin takes one bank and --keep, as in: musc %s", example)
	}
	output := c.String("output")
	if output == "" {
		output = path
	}
	job, err := machineOf(c)
	if err != nil {
		return err
	}
	job.SpillInto = spillBeside(output)
	observer, finish := newObserver(c, c.Bool("quiet"))
	thinning, err := engine.ThinBank(c.Context, path, output, c.Int("keep"), job, c.Bool("overwrite"),
		c.String("threshold"), version(), observer)
	finish()
	if err != nil {
		return err
	}
	return tellThinning(c, output, thinning)
}

func bankVerifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "compute all checksums of a bank anew",
		ArgsUsage: "FILE",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Category: categoryOutput,
			Usage: "one JSON object on standard output"}},
		OnUsageError: usageError,
		Action:       bankVerify,
	}
}

func bankVerify(c *cli.Context) error {
	b, err := openNamedBank(c, "bank verify product.musc")
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Verify(); err != nil {
		return err
	}
	header := b.Header()
	if c.Bool("json") {
		return json.NewEncoder(c.App.Writer).Encode(map[string]any{"event": "verified", "bank": b.Path(),
			"id": header.ID, "photos": len(header.Photos), "bytes": b.Bytes()})
	}
	_, err = fmt.Fprintf(c.App.Writer, "%s: %d photos, all as they were written (%s)\n", plain.Name(b.Path()),
		len(header.Photos), header.ID)
	return err
}

// openNamedBank opens the bank that is a command's only argument.
func openNamedBank(c *cli.Context, example string) (*bank.Bank, error) {
	path, rest, err := bankArgument(c, example)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, fault.New(fault.Usage, "one bank at a time; as in: musc %s", example)
	}
	return bank.Open(path)
}
