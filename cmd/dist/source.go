package main

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"musc/engine/fault"
)

// source is the tree that is built.
type source struct {
	root    string // absolute
	version string // musc's release, as "0.9.0"
	commit  string // 40 hexadecimal digits
	changed bool   // files differ from the commit
	time    time.Time
}

// readSource looks at the tree and at the commit that it is of.
func readSource(ctx context.Context, root string) (*source, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	s := &source{root: root}
	if s.version, err = releaseOf(filepath.Join(root, "cmd", "musc", "version.go")); err != nil {
		return nil, err
	}
	if s.commit, err = git(ctx, root, "rev-parse", "HEAD"); err != nil {
		return nil, err
	}
	status, err := git(ctx, root, "status", "--porcelain")
	if err != nil {
		return nil, err
	}
	s.changed = status != ""
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		if seconds, err = git(ctx, root, "log", "-1", "--format=%ct"); err != nil {
			return nil, err
		}
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return nil, fault.New(fault.Usage, "$SOURCE_DATE_EPOCH %q is not a number of seconds", seconds)
	}
	s.time = time.Unix(unix, 0).UTC()
	return s, nil
}

// releaseOf is the constant release of a Go file.
func releaseOf(path string) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return "", fault.New(fault.Input, "cannot read the version of musc: %w; is -root its tree?", err)
	}
	release := ""
	ast.Inspect(file, func(node ast.Node) bool {
		constant, ok := node.(*ast.ValueSpec)
		if ok && len(constant.Values) == 1 && constant.Names[0].Name == "release" {
			if value, ok := constant.Values[0].(*ast.BasicLit); ok {
				release, _ = strconv.Unquote(value.Value) // a literal of another kind is no version
			}
		}
		return true
	})
	if release == "" {
		return "", fault.New(fault.Input, "%s has no constant string release", path)
	}
	return release, nil
}

// git is what git says of a tree, without the line's end.
func git(ctx context.Context, root string, arguments ...string) (string, error) {
	return output(ctx, root, nil, "git", arguments...)
}

// output runs a program in a folder, its environment completed by more, and returns what it prints;
// the error has what it says on standard error.
func output(ctx context.Context, folder string, more []string, name string,
	arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Dir, command.Env = folder, append(os.Environ(), more...)
	var printed, said bytes.Buffer
	command.Stdout, command.Stderr = &printed, &said
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fault.New(fault.Setup, "cannot run %s %s in %s: %w%s", filepath.Base(name),
			strings.Join(arguments, " "), folder, err, indented(said.String()))
	}
	return strings.TrimRight(printed.String(), "\n"), nil
}

// indented is a program's own words, below the line that they explain.
func indented(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return fmt.Sprintf(":\n  %s", strings.ReplaceAll(text, "\n", "\n  "))
}
