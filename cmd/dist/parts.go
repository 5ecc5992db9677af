package main

import (
	"context"
	"debug/buildinfo"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"musc/engine/fault"
)

// part is something by others that is linked into musc.
type part struct {
	Name     string
	Version  string
	Package  string   // package URL, as "pkg:golang/gonum.org/v1/gonum@v0.17.0"
	Licences []string // SPDX identifiers, sorted: all hold
	Texts    []text
}

// text is a file with the words of a licence.
type text struct {
	Name    string // in its part, slash-separated
	Content string
}

// readInfo reads of what a program was built.
func readInfo(program string) (*debug.BuildInfo, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read of what %s was built: %w", program, err)
	}
	return info, nil
}

// partsOf lists what is linked into a program of those packages and comes as source, by name: the modules that
// its build info names, Go's own library, and the scripts in the report's page. foreignParts are the rest.
func partsOf(ctx context.Context, s *source, info *debug.BuildInfo, packages []goPackage) ([]part, error) {
	folders, err := output(ctx, s.root, nil, "go", "env", "GOMODCACHE", "GOROOT")
	if err != nil {
		return nil, err
	}
	modules, goroot, _ := strings.Cut(folders, "\n")
	release := strings.TrimPrefix(info.GoVersion, "go")
	parts := []part{{Name: "Go standard library", Version: release, Package: "pkg:golang/std@" + release}}
	if err := parts[0].read(goroot); err != nil {
		return nil, err
	}
	vendored, err := vendoredParts(goroot, release, packages)
	if err != nil {
		return nil, err
	}
	parts = append(parts, vendored...)
	for _, dependency := range info.Deps {
		p, folder, err := modulePart(modules, dependency)
		if err == nil {
			err = p.readNested(folder, packages)
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
		if p.Name == onnxruntimeGo {
			header, err := runtimeHeader(&p, folder)
			if err != nil {
				return nil, err
			}
			parts = append(parts, header)
		}
	}
	scripts, err := scriptParts(filepath.Join(s.root, "engine", "report", "page", "vendored"))
	if err != nil {
		return nil, err
	}
	return sorted(append(parts, scripts...)), nil
}

func sorted(parts []part) []part {
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.Name, b.Name) })
	return parts
}

// modulePart is a module of Go, with the licences in its folder of the module cache.
func modulePart(cache string, of *debug.Module) (p part, folder string, err error) {
	if of.Replace != nil {
		of = of.Replace
	}
	path, err := module.EscapePath(of.Path)
	if err != nil {
		return part{}, "", fault.New(fault.Input, "the module %s of musc: %w; one that is replaced by a folder "+
			"cannot be handed out", of.Path, err)
	}
	version, err := module.EscapeVersion(of.Version)
	if err != nil {
		return part{}, "", fault.New(fault.Input, "the module %s of musc: %w", of.Path, err)
	}
	folder = filepath.Join(cache, filepath.FromSlash(path)+"@"+version)
	p = part{Name: of.Path, Version: of.Version, Package: "pkg:golang/" + of.Path + "@" + of.Version}
	return p, folder, p.read(folder)
}

// row is a line of the table in vendored/README.md: library, version.
var row = regexp.MustCompile(`(?m)^\| ([a-z][A-Za-z]*) \| ([0-9][0-9.]*) \|`)

// scriptParts are the libraries of the report's page, one a folder.
func scriptParts(folder string) (parts []part, err error) {
	table, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read what the report's page holds: %w", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read what the report's page holds: %w", err)
	}
	versions := map[string]string{}
	for _, match := range row.FindAllStringSubmatch(string(table), -1) {
		versions[strings.ToLower(match[1])] = match[2]
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		version := versions[entry.Name()]
		if version == "" {
			return nil, fault.New(fault.Input, "the table in %s has no version of %s",
				filepath.Join(folder, "README.md"), entry.Name())
		}
		p := part{Name: entry.Name(), Version: version,
			Package: "pkg:npm/" + entry.Name() + "@" + version}
		if err := p.read(filepath.Join(folder, entry.Name())); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}
