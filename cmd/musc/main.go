// Command musc finds defective products in a folder of unlabeled photos, and where the defects
// are, by MuSc's mutual scoring.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"musc/cgo/cpu"
	"musc/engine/fault"
)

// Exit codes, as the help text of musc documents them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitSkipped     = 3
	exitInput       = 4
	exitSetup       = 5
	exitOutput      = 6
	exitDecided     = 7
	exitDiffers     = 8
	exitInterrupted = 130
)

const exitCodesHelp = `Exit codes:
   0    everything was done
   1    musc failed for a reason of its own
   2    the command line is wrong
   3    done, but some images, classes or rows were left out; they are listed
   4    the input cannot be used: no readable image, wrong shapes, NaN values
   5    something is not set up: the ONNX Runtime library, a model, a GPU
   6    results cannot be written: the disk is full or read-only
   7    done, and photos have the verdict that --fail-on names
   8    done, and not as it was: musc reproduce
   130  interrupted with Ctrl-C; no half-written file is left`

// errSkipped is returned by a command that did its work but had to leave some of it out.
var errSkipped = errors.New("some of it was left out")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // from here on a second Ctrl-C ends the process at once
	}()
	os.Exit(run(ctx, os.Args, os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	app := newApp(stdout, stderr)
	if last := len(args) - 1; last > 0 && args[last] == completionFlag {
		if complete(stdout, app, args[1:last]) != nil {
			return exitFailed
		}
		return exitOK
	}
	args = flagsFirst(app, args)
	err := app.RunContext(ctx, args)
	code := exitCode(ctx, err)
	logOf(app).end(stderr, code, err)
	if done(code) {
		return code
	}
	text := err.Error() + afterDeviceFailure(err, args)
	if code == exitInterrupted {
		text = "interrupted; no half-written file is left, finished ones are kept"
	}
	var goesOn *resumableError
	if errors.As(err, &goesOn) {
		text += "; " + goesOn.advice
	}
	if asked, _ := app.Metadata[jsonAsked].(bool); asked || wantsJSON(args) {
		line, _ := json.Marshal(map[string]any{"event": "error", "message": text, "code": code})
		fmt.Fprintf(stdout, "%s\n", line)
	} else {
		fmt.Fprintf(stderr, "musc: %s\n", visible(text))
	}
	return code
}

// done says that an exit code is of a command that did its work.
func done(code int) bool {
	return code == exitOK || code == exitSkipped || code == exitDecided || code == exitDiffers
}

// exitCode maps an error to the code that exitCodesHelp documents for it.
func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errSkipped):
		return exitSkipped
	case errors.Is(err, errDecided):
		return exitDecided
	case errors.Is(err, errDiffers):
		return exitDiffers
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return exitInterrupted
	}
	switch fault.KindOf(err) {
	case fault.Usage:
		return exitUsage
	case fault.Input:
		return exitInput
	case fault.Setup:
		return exitSetup
	case fault.Output:
		return exitOutput
	}
	return exitFailed
}

func newApp(stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:  "musc",
		Usage: "find the defective products in a folder of unlabeled photos, and where the defects are",
		Description: `No training, no labels: every photo is scored by how far each of its patches is from the
nearest patch in the other photos (MuSc, ICLR 2024).

Start with:
   musc setup                          # once: fetches ONNX Runtime and the default model
   musc score PHOTOS -o OUT            # scores.csv, anomaly maps and overlays in OUT
   musc doctor                         # when something does not work

` + exitCodesHelp,
		Version:                version(),
		Writer:                 stdout,
		ErrWriter:              stderr,
		Suggest:                true,
		HideHelpCommand:        true,
		UseShortOptionHandling: false,
		ExitErrHandler:         func(*cli.Context, error) {}, // run prints and maps errors
		OnUsageError:           usageError,
		Before:                 func(*cli.Context) error { return cpu.LevelError() },
		Action:                 noCommand,
		Commands: withoutFalse([]*cli.Command{
			scoreCommand(), planCommand(), clusterCommand(), taskCommand(), mergeCommand(), statusCommand(),
			viewCommand(), bankCommand(), watchCommand(), serveCommand(),
			evalCommand(), datasetCommand(), paperCommand(), mutualCommand(),
			rescoreCommand(), reproduceCommand(), modelsCommand(),
			setupCommand(), doctorCommand(), configCommand(), completionCommand(), referenceCommand(), selfTestCommand(),
		}),
	}
	withSettings(app.Commands, app.Commands, "")
	return app
}

// noCommand answers a bare "musc" with the help text and a mistyped command with an error.
func noCommand(c *cli.Context) error {
	if c.NArg() > 0 {
		return fault.New(fault.Usage, "there is no command %q; see musc --help", c.Args().First())
	}
	return cli.ShowAppHelp(c)
}

func usageError(c *cli.Context, err error, _ bool) error {
	name := "musc"
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != name {
		name += " " + c.Command.Name
	}
	return fault.New(fault.Usage, "%w; see %s --help", err, name)
}

func wantsJSON(args []string) bool {
	for _, arg := range args {
		if arg == "--" {
			return false
		}
		if strings.TrimLeft(arg, "-") == "json" && strings.HasPrefix(arg, "-") {
			return true
		}
	}
	return false
}
