package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"musc/engine/fault"
)

// goPackage is what go says of a package that is linked into musc.
type goPackage struct {
	ImportPath, Dir string
	Module          *struct{ Path, Version, Dir string } // nil: Go's own library

	CgoFiles, CFiles, CXXFiles, HFiles []string // names in Dir
}

// linkedPackages lists the packages of musc for Linux with CUDA, those that they import before them.
func linkedPackages(ctx context.Context, root string) ([]goPackage, error) {
	printed, err := output(ctx, root, []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1", "GOFLAGS="},
		"go", "list", "-deps", "-tags=cuda", "-json=ImportPath,Dir,Module,CgoFiles,CFiles,CXXFiles,HFiles",
		"./cmd/musc")
	if err != nil {
		return nil, err
	}
	var list []goPackage
	for decoder := json.NewDecoder(strings.NewReader(printed)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, fault.New(fault.Internal, "cannot understand what go says of musc's packages: %w", err)
		}
		list = append(list, p)
	}
}

// readNested adds the licences that lie beside a module's linked packages or above them, in the module:
// code that it took from elsewhere.
func (p *part) readNested(folder string, packages []goPackage) error {
	visited := map[string]bool{folder: true}
	for _, linked := range packages {
		if linked.Module == nil || linked.Module.Path != p.Name {
			continue
		}
		for at := linked.Dir; strings.HasPrefix(at, folder) && !visited[at]; at = filepath.Dir(at) {
			visited[at] = true
			nested := part{Name: p.Name + "/" + filepath.Base(at), Version: p.Version}
			if err := nested.read(at); err != nil {
				return err
			}
			relative, _ := filepath.Rel(folder, at) // at is below it
			for _, words := range nested.Texts {
				p.Texts = append(p.Texts, text{filepath.ToSlash(relative) + "/" + words.Name, words.Content})
			}
			p.Licences = append(p.Licences, nested.Licences...)
		}
	}
	slices.Sort(p.Licences)
	p.Licences = slices.Compact(p.Licences)
	return nil
}

// vendoredLine names a module in Go's own list: "# golang.org/x/net v0.47.1".
var vendoredLine = regexp.MustCompile(`(?m)^# (\S+) (v\S+)$`)

// vendoredParts are the modules that Go's own library brings a copy of, those that are linked in.
func vendoredParts(goroot, release string, packages []goPackage) (parts []part, err error) {
	folder := filepath.Join(goroot, "src", "vendor")
	list, err := os.ReadFile(filepath.Join(folder, "modules.txt"))
	if err != nil {
		return nil, fault.New(fault.Setup, "cannot read what Go's library holds: %w", err)
	}
	for _, match := range vendoredLine.FindAllStringSubmatch(string(list), -1) {
		if !slices.ContainsFunc(packages, func(linked goPackage) bool {
			return strings.HasPrefix(linked.ImportPath, "vendor/"+match[1]+"/")
		}) {
			continue
		}
		p := part{Name: match[1] + " in Go's library", Version: match[2],
			Package: "pkg:golang/std@" + release + "#vendor/" + match[1]}
		if err := p.read(filepath.Join(folder, filepath.FromSlash(match[1]))); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// include is a line of C that takes in a file, in a C file or in the comment before import "C".
var include = regexp.MustCompile(`(?m)^\s*(?://)?\s*#\s*include\s*["<]([^">]+)[">]`)

// notHere are headers that are not compiled into musc: of Windows, and of a sanitizer.
var notHere = []string{"specstrings.h", "sanitizer/msan_interface.h"}

// checkHeaders fails for a header of C that is neither of the package that includes it nor in one of the
// folders, which are those of parts: then a part is missing.
func checkHeaders(packages []goPackage, folders []string) error {
	var wrong []string
	for _, linked := range packages {
		if len(linked.CgoFiles) == 0 {
			continue
		}
		places := append([]string{linked.Dir}, folders...)
		for _, name := range slices.Concat(linked.CgoFiles, linked.CFiles, linked.CXXFiles, linked.HFiles) {
			content, err := os.ReadFile(filepath.Join(linked.Dir, name))
			if err != nil {
				return fault.New(fault.Input, "cannot read a source of musc: %w", err)
			}
			for _, match := range include.FindAllStringSubmatch(string(content), -1) {
				header := match[1]
				if header != "_cgo_export.h" && !slices.Contains(notHere, header) &&
					!slices.ContainsFunc(places, func(place string) bool {
						_, err := os.Stat(filepath.Join(place, filepath.FromSlash(header)))
						return err == nil
					}) {
					wrong = append(wrong, header+" in "+linked.ImportPath+"/"+name)
				}
			}
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fault.New(fault.Input, "headers that belong to no part in the list of parts:\n  %s\nname whose they "+
		"are in cmd/dist/foreign.go", strings.Join(wrong, "\n  "))
}
