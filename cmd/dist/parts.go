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

	"musc/engine/assets"
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

// partsOf lists all that is linked into a program, by name: the modules that its build info names,
// Go's own library, and the scripts in the report's page.
func partsOf(ctx context.Context, s *source, info *debug.BuildInfo) ([]part, error) {
	folders, err := output(ctx, s.root, nil, "go", "env", "GOMODCACHE", "GOROOT")
	if err != nil {
		return nil, err
	}
	modules, goroot, _ := strings.Cut(folders, "\n")
	parts := []part{{Name: "Go standard library", Version: strings.TrimPrefix(info.GoVersion, "go"),
		Package: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go")}}
	if err := parts[0].read(goroot); err != nil {
		return nil, err
	}
	for _, dependency := range info.Deps {
		p, err := modulePart(modules, dependency)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
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
func modulePart(cache string, of *debug.Module) (part, error) {
	if of.Replace != nil {
		of = of.Replace
	}
	path, err := module.EscapePath(of.Path)
	if err != nil {
		return part{}, fault.New(fault.Input, "the module %s of musc: %w; one that is replaced by a folder "+
			"cannot be handed out", of.Path, err)
	}
	version, err := module.EscapeVersion(of.Version)
	if err != nil {
		return part{}, fault.New(fault.Input, "the module %s of musc: %w", of.Path, err)
	}
	p := part{Name: of.Path, Version: of.Version, Package: "pkg:golang/" + of.Path + "@" + of.Version}
	return p, p.read(filepath.Join(cache, filepath.FromSlash(path)+"@"+version))
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

// compilerParts are what Zig links in: its helpers of compiled C, and the code by which a program of
// glibc starts.
func compilerParts() ([]part, error) {
	zig, err := assets.ZigPath()
	if err != nil {
		return nil, err
	}
	folder := filepath.Dir(zig)
	helpers := part{Name: "compiler-rt of Zig", Version: assets.Zig.Version,
		Package: "pkg:pypi/" + assets.Zig.Project + "@" + assets.Zig.Version}
	if err := helpers.read(folder); err != nil {
		return nil, err
	}
	start := filepath.Join(folder, "lib", "libc", "glibc", "sysdeps", "x86_64", "start-2.33.S")
	source, err := os.ReadFile(start)
	if err != nil {
		return nil, fault.New(fault.Setup, "cannot read the licence of glibc's start: %w", err)
	}
	comment, _, _ := strings.Cut(strings.TrimPrefix(string(source), "/*"), "*/")
	return []part{helpers, {Name: "glibc's start of a program", Version: glibc,
		Package: "pkg:generic/glibc@" + glibc, Licences: []string{startLicence},
		Texts: []text{{"start-2.33.S", strings.TrimSpace(comment) + "\n"}}}}, nil
}
