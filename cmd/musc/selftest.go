package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"musc/engine/mutual/trust"
)

const selfTestName = "self-test-kernel"

// selfTestCommand is what a child process runs to test a GPU, for package trust.
func selfTestCommand() *cli.Command {
	return &cli.Command{
		Name:         selfTestName,
		Usage:        "test a kernel on a GPU, for musc doctor --self-test",
		ArgsUsage:    "N KERNEL LIMIT",
		Description:  "As in: musc " + selfTestName + " 0 search 60s",
		Hidden:       true,
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			return trust.Serve(c.Context, c.Args().Slice(), c.App.Writer)
		},
	}
}

// selfTestChild is the command that runs selfTestCommand; nil, and so no child, if the program's
// own file is not known.
func selfTestChild() []string {
	program, err := os.Executable()
	if err != nil {
		return nil
	}
	return []string{program, selfTestName}
}
