package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
)

// The database of the day when musc's dependencies were last looked through. `-latest` is for whoever
// does that again, and then writes version and sum here.
const (
	databaseModule = "golang.org/x/vulndb"
	pinnedVersion  = "v0.0.0-20261105234957-e22db6528018"
	pinnedSum      = "h1:mfngRv0Yoh0VApsXKEN82CjD99kl7mtparN3bs3JnqI="
)

// fetch downloads a version of module (25 MB, once: it stays in the module cache) and returns its folder
// of OSV files and the version that it is. A sum, if given, must be that of its files, as go.sum has it.
func fetch(ctx context.Context, module, version, sum string) (osv, is string, err error) {
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", module+"@"+version)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	text, runErr := command.Output()
	var download struct{ Version, Dir, Sum, Error string }
	if err := json.Unmarshal(text, &download); err != nil && runErr == nil {
		return "", "", fmt.Errorf("what go mod download says of %s: %w", module, err)
	}
	switch {
	case download.Error != "":
		return "", "", fmt.Errorf("downloading %s: %s", module, download.Error)
	case runErr != nil:
		return "", "", fmt.Errorf("downloading %s: %w: %s", module, runErr, stderr.Bytes())
	case sum != "" && download.Sum != sum:
		return "", "", fmt.Errorf("%s %s has the checksum %s, not the pinned %s", module, download.Version,
			download.Sum, sum)
	}
	return filepath.Join(download.Dir, "data", "osv"), download.Version, nil
}
