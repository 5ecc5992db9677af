package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// childName is the hidden command that this program starts itself with: a process of its own has a
// peak of memory of its own.
const childName = "child"

// patience is how long an interrupted child may take to end before it is killed.
const patience = 2 * time.Second

func childCommand() *cli.Command {
	return &cli.Command{Name: childName, Hidden: true, Subcommands: []*cli.Command{
		{Name: "memory", Action: childMemory, Flags: []cli.Flag{
			&cli.IntFlag{Name: "height"}, &cli.IntFlag{Name: "width"},
			&cli.IntFlag{Name: "channels"}, &cli.IntFlag{Name: "images"},
			&cli.IntSliceFlag{Name: "degree"}, &cli.IntFlag{Name: "threads"},
			&cli.BoolFlag{Name: "least", Usage: "by the smallest plan"},
		}},
	}}
}

// runChild runs a child command and reads the JSON value that it prints.
func runChild(ctx context.Context, answer any, arguments ...string) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	command := exec.CommandContext(ctx, program, append([]string{childName}, arguments...)...)
	command.WaitDelay = patience
	var trouble strings.Builder
	command.Stderr = &trouble
	output, err := command.Output()
	if err != nil {
		return fmt.Errorf("%w: %s", err, lastLine(trouble.String()))
	}
	if err := json.Unmarshal(output, answer); err != nil {
		return fmt.Errorf("reading what the child process measured: %w", err)
	}
	return nil
}

// lastLine is where a traceback, or a message, says what was wrong.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
