package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"musc/engine/assets"
	"musc/engine/fault"
)

//go:embed peers
var peerFiles embed.FS

// howToInstall is what a run without peers says.
const howToInstall = "the peers (PyTorch, torchvision, faiss-cpu) are not installed: nothing to" +
	" compare with; to install them into the cache (560 MB to download, 1.6 GB to keep): make bench-peers"

// peersFolder is the virtual environment, in the cache that musc's own downloads are kept in.
func peersFolder() (string, error) {
	cache, err := assets.Cache()
	return filepath.Join(cache, "bench-peers"), err
}

// pythonOf is the interpreter of a virtual environment.
func pythonOf(environment string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(environment, "Scripts", "python.exe")
	}
	return filepath.Join(environment, "bin", "python")
}

// unpackPeers writes the peers' files into folder.
func unpackPeers(folder string) error {
	files, err := fs.Sub(peerFiles, "peers")
	if err != nil {
		return err
	}
	if err := os.CopyFS(folder, files); err != nil {
		return fault.New(fault.Output, "cannot write the peers' program to %s: %w", folder, err)
	}
	return nil
}

// startPeers starts the installed peers; nil without an error if there are none.
func startPeers(ctx context.Context, scratch string) (*server, error) {
	environment, err := peersFolder()
	if err != nil {
		return nil, err
	}
	python := pythonOf(environment)
	if _, err := os.Stat(python); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	program := filepath.Join(scratch, "peers")
	if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
		if err := unpackPeers(program); err != nil {
			return nil, err
		}
	}
	return startServer(ctx, python, filepath.Join(program, "peers.py"))
}

// setupPeersAction makes the virtual environment, or brings it up to the pinned versions.
func setupPeersAction(c *cli.Context) error {
	environment, err := peersFolder()
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "musc-bench-*")
	if err != nil {
		return fault.New(fault.Output, "cannot make a temporary folder: %w", err)
	}
	defer os.RemoveAll(scratch)
	if err := unpackPeers(filepath.Join(scratch, "peers")); err != nil {
		return err
	}
	python := pythonOf(environment)
	for _, step := range [][]string{
		{c.String("python"), "-m", "venv", environment},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
			"--only-binary=:all:", "-r", filepath.Join(scratch, "peers", "requirements.txt")},
		{python, filepath.Join(scratch, "peers", "standins.py")},
	} {
		if err := c.Context.Err(); err != nil {
			return err
		}
		if err := runStep(c.Context, c.App.ErrWriter, step); err != nil {
			return err
		}
	}
	server, err := startPeers(c.Context, scratch)
	if err != nil {
		return fault.New(fault.Setup, "the peers were installed into %s but do not start: %w; remove"+
			" that folder and try again", environment, err)
	}
	defer server.close()
	fmt.Fprintf(c.App.Writer, "peers: %s\n", listVersions(server.versions))
	return nil
}

func runStep(ctx context.Context, told io.Writer, step []string) error {
	command := exec.CommandContext(ctx, step[0], step[1:]...)
	command.Stdout, command.Stderr, command.WaitDelay = told, told, patience
	if err := command.Run(); err != nil {
		return fault.New(fault.Setup, "installing the peers: %s: %w; see above for what it said",
			filepath.Base(step[0]), err)
	}
	return nil
}
