// Command bench measures musc on this machine, and other programs beside it in the same run: every
// figure it judges by is a ratio of two things that were timed in turns. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/urfave/cli/v2"

	"musc/engine/fault"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newApp(os.Stdout, os.Stderr).RunContext(ctx, os.Args)
	interrupted := ctx.Err() != nil && errors.Is(err, context.Canceled)
	stop()
	switch {
	case err == nil:
		return
	case interrupted:
		fmt.Fprintln(os.Stderr, "bench: interrupted; nothing was saved")
		os.Exit(130)
	}
	fmt.Fprintf(os.Stderr, "bench: %s\n", err)
	os.Exit(1)
}

func newApp(stdout, stderr io.Writer) *cli.App {
	run := &cli.Command{
		Name: "run", Usage: "measure, print the table, save results and plots (the default)",
		Flags: runFlags(), Action: runAction,
	}
	return &cli.App{
		Name: "bench", Usage: "measure musc, and other programs beside it",
		Writer: stdout, ErrWriter: stderr, HideHelpCommand: true,
		ExitErrHandler: func(*cli.Context, error) {}, // main prints
		Flags:          runFlags(), Action: runAction,
		Commands: []*cli.Command{
			run,
			{Name: "compare", Usage: "say what became faster or slower between two saved results",
				ArgsUsage: "OLD.json NEW.json", Action: compareAction},
			levelsCommand(),
			{Name: "setup-peers", Usage: "install PyTorch, torchvision and faiss into the cache, once",
				Flags: []cli.Flag{&cli.StringFlag{Name: "python", Value: "python3",
					Usage: "the `PROGRAM` to make the virtual environment with, 3.11 or later"}},
				Action: setupPeersAction},
			childCommand(),
		},
	}
}

func runFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "quick", Usage: "fewer shapes, images and rounds: within 40 seconds"},
		&cli.StringFlag{Name: "out", Value: "bench/results", Usage: "the `FOLDER` for the results"},
		&cli.StringFlag{Name: "name", Value: "latest", Usage: "the `NAME` of the saved files; a level" +
			" of SIMD instructions that MUSC_SIMD asks for is added to it"},
		&cli.IntFlag{Name: "threads", Value: runtime.GOMAXPROCS(0),
			Usage: "threads of whole runs, ours and the others'"},
		&cli.StringFlag{Name: "only", Usage: "measure only what has `TEXT` in its name, as the progress" +
			" tells them"},
		&cli.BoolFlag{Name: "no-peers", Usage: "measure musc alone, even if peers are installed"},
		&cli.BoolFlag{Name: "no-gpu", Usage: "leave out what runs on a CUDA device, even if there is one"},
		&cli.StringFlag{Name: "photos", Value: "testdata/washer/images",
			Usage: "the `FOLDER` of photos for the end-to-end run"},
	}
}

func runAction(c *cli.Context) error {
	if c.NArg() > 0 {
		return fault.New(fault.Usage, "there is no command %q; see bench --help", c.Args().First())
	}
	if err := levelError(); err != nil {
		return err
	}
	plan := fullPlan()
	if c.Bool("quick") {
		plan = quickPlan()
	}
	plan.threads = max(c.Int("threads"), 1)
	plan.photos = c.String("photos")
	plan.only = c.String("only")
	plan.peers = !c.Bool("no-peers")
	result, err := plan.measure(c.Context, c.App.ErrWriter)
	if err != nil {
		return err
	}
	if err := save(result, c.String("out"), result.nameFor(c.String("name")), c.App.Writer); err != nil {
		return err
	}
	if c.Bool("no-gpu") {
		return nil
	}
	return plan.measureGPU(c.Context, c.String("out"), c.App.Writer, c.App.ErrWriter)
}

func compareAction(c *cli.Context) error {
	if c.NArg() != 2 {
		return fault.New(fault.Usage, "compare takes two saved results: bench compare OLD.json NEW.json")
	}
	before, err := load(c.Args().Get(0))
	if err != nil {
		return err
	}
	after, err := load(c.Args().Get(1))
	if err != nil {
		return err
	}
	changes, notes := compare(before, after)
	return writeComparison(c.App.Writer, changes, notes)
}
