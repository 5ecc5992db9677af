package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/vuln/scan"
)

// modules are the folders beneath root that hold a go.mod, root first.
func modules(root string) ([]string, error) {
	var folders []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && path != root &&
			(strings.HasPrefix(name, ".") || name == "testdata" || name == "out"):
			return filepath.SkipDir
		case !entry.IsDir() && name == "go.mod":
			folders = append(folders, filepath.Dir(path))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(folders, func(a, b string) int { return len(a) - len(b) })
	if len(folders) == 0 || filepath.Clean(folders[0]) != filepath.Clean(root) {
		return nil, fmt.Errorf("%s holds no go.mod", root)
	}
	return folders, nil
}

// toolchain is the Go that the go.mod in folder recommends; "" if none.
func toolchain(folder string) (string, error) {
	path := filepath.Join(folder, "go.mod")
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	file, err := modfile.Parse(path, text, nil)
	if err != nil || file.Toolchain == nil {
		return "", err
	}
	return file.Toolchain.Name, nil
}

// use has go be that toolchain from here on, which it downloads if need be. GOROOT may be left from `go run`.
func use(toolchain string) error {
	return errors.Join(os.Setenv("GOTOOLCHAIN", toolchain), os.Unsetenv("GOROOT"))
}

// What govulncheck says as JSON, one value after the other; it documents the fields in its package
// internal/govulncheck.
type message struct {
	OSV *struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	} `json:"osv"`
	Finding *struct {
		OSV          string  `json:"osv"`
		FixedVersion string  `json:"fixed_version"`
		Trace        []frame `json:"trace"`
	} `json:"finding"`
}

// frame is a step on the way from ours to the vulnerable function, which comes first.
type frame struct {
	Module   string `json:"module"`
	Version  string `json:"version"`
	Package  string `json:"package"`
	Receiver string `json:"receiver"`
	Function string `json:"function"`
	Position *struct {
		Filename string `json:"filename"`
		Line     int    `json:"line"`
	} `json:"position"`
}

// scanModule returns what is known about the module in folder, sorted: most serious first, then by ID. Build
// tags are those of GOFLAGS.
func scanModule(ctx context.Context, database, folder string, tests bool) ([]vulnerability, error) {
	osv, err := filepath.Abs(database)
	if err != nil {
		return nil, err
	}
	address := url.URL{Scheme: "file", Path: osv}
	arguments := []string{"-format=json", "-C", folder, "-db", address.String()}
	if tests {
		arguments = append(arguments, "-test")
	}
	var stdout, stderr bytes.Buffer
	command := scan.Command(ctx, append(arguments, "./...")...)
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("scanning %s: %w", folder, err)
	}
	if err := command.Wait(); err != nil {
		return nil, fmt.Errorf("scanning %s: %w: %s", folder, err, stderr.Bytes())
	}
	return read(&stdout)
}

// read keeps of every vulnerability its most serious finding.
func read(messages io.Reader) ([]vulnerability, error) {
	summaries, found := map[string]string{}, map[string]vulnerability{}
	for decoder := json.NewDecoder(messages); ; {
		var next message
		if err := decoder.Decode(&next); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("what govulncheck says: %w", err)
		}
		if next.OSV != nil {
			summaries[next.OSV.ID] = next.OSV.Summary
		}
		if f := next.Finding; f != nil && len(f.Trace) > 0 {
			v := vulnerability{ID: f.OSV, Fixed: f.FixedVersion, Trace: f.Trace}
			if old, ok := found[v.ID]; !ok || v.reach() > old.reach() {
				found[v.ID] = v
			}
		}
	}
	list := make([]vulnerability, 0, len(found))
	for id, v := range found {
		v.Summary = summaries[id]
		list = append(list, v)
	}
	slices.SortFunc(list, vulnerability.compare)
	return list, nil
}
