//go:build cuda && linux

package gpubench

import (
	"bytes"
	"context"
	_ "embed" // for the peers' program
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"time"
)

//go:embed peers.py
var peersProgram string

// noCUDA is the status of peers.py where PyTorch is missing or finds no CUDA device.
const noCUDA = 3

// peers measures PyTorch by the first of the interpreters that has it with CUDA.
func (p Plan) peers(ctx context.Context, ordinal int, result *Result) error {
	arguments := []string{"-", fmt.Sprint(ordinal), fmt.Sprint(p.Images)}
	for _, s := range p.Shapes {
		arguments = append(arguments, s.Name, fmt.Sprint(s.patches()), fmt.Sprint(s.Channels))
	}
	for _, python := range p.Pythons {
		command := exec.CommandContext(ctx, python, arguments...)
		command.Stdin = strings.NewReader(peersProgram)
		var told bytes.Buffer
		command.Stderr, command.WaitDelay = &told, 5*time.Second
		answer, err := command.Output()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var status *exec.ExitError
		switch {
		case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist),
			errors.As(err, &status) && status.ExitCode() == noCUDA:
			continue
		case err != nil:
			lines := strings.Split(strings.TrimSpace(told.String()), "\n")
			p.note(result, "PyTorch left out: %v: %s", err, lines[len(lines)-1])
			return nil
		}
		var said struct {
			Version string
			Peers   []Peer
		}
		if err := json.Unmarshal(answer, &said); err != nil {
			p.note(result, "PyTorch left out: its answer is no JSON: %v", err)
			return nil
		}
		p.say("beside it: %s", said.Version)
		result.PyTorch, result.Peers = said.Version, said.Peers
		return nil
	}
	p.note(result, "PyTorch left out: none with CUDA is installed")
	return nil
}
