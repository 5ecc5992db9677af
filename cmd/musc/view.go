package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/report"
	"musc/engine/results"
	"musc/engine/view"
)

func viewCommand() *cli.Command {
	own := []cli.Flag{
		&cli.IntFlag{Name: "port", Category: categoryOutput, DefaultText: "any that is free",
			Usage: "the port `N` to serve on"},
	}
	return &cli.Command{
		Name:      "view",
		Usage:     "serve a report on this machine, and keep your verdicts",
		ArgsUsage: "OUT",
		Description: `Open the address that it prints: the report with the photos in full size. What you say of photos is
saved in OUT/verdicts.csv, which musc score takes with --threshold labels:FILE and --reference FILE.
Nobody else on the network can reach it. Ctrl-C ends it.

Examples:
   musc view out
   musc view out --port 8080        # as from afar: ssh -L 8080:localhost:8080 HOST`,
		Flags:        slices.Concat(own, outputFlags()),
		OnUsageError: usageError,
		Action:       viewReport,
	}
}

func viewReport(c *cli.Context) error {
	if c.NArg() != 1 {
		return fault.New(fault.Usage, "musc view needs the output folder of a run, as in: musc view out")
	}
	if port := c.Int("port"); port < 0 || port > 65535 {
		return fault.New(fault.Usage, "--port %d is none; ports are 1 to 65535", port)
	}
	output := c.Args().First()
	run, err := report.ReadRun(filepath.Join(output, results.RunFile))
	if err != nil {
		return err
	}
	server, err := view.Open(output, imageio.Options{ApplyOrientation: run.Rotate, Depth: run.Depth})
	if err != nil {
		return err
	}
	defer server.Close()
	listener, err := view.Listen(c.Int("port"))
	if err != nil {
		return err
	}
	address := fmt.Sprintf("http://%s/", listener.Addr())
	if c.Bool("json") {
		err = json.NewEncoder(c.App.Writer).Encode(map[string]any{"event": "serving", "address": address,
			"photos": server.Photos()})
	} else {
		_, err = fmt.Fprintf(c.App.Writer, "the report of %s is at %s (Ctrl-C ends it)\n", output, address)
	}
	if err != nil {
		return err
	}
	return server.Serve(c.Context, listener)
}
