package engine_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imported are the packages that a program which imports musc meets, as docs/embed.md has them.
var imported = []string{"engine", "engine/anomalymap", "engine/backbone", "engine/bank", "engine/dataset",
	"engine/device", "engine/evidence", "engine/fault", "engine/features", "engine/frame", "engine/health",
	"engine/imageio", "engine/lnamd", "engine/mutual", "engine/npy", "engine/report", "engine/results",
	"engine/rscin", "engine/verdict", "models", "models/resolve"}

// What `go doc` shows: every package says what it is for, and those that others import what each of their
// names is.
func TestPackagesAreDocumented(t *testing.T) {
	met := 0
	for _, folder := range packages(t) {
		p := documentation(t, folder)
		path := strings.TrimPrefix(filepath.ToSlash(folder), "../")
		start := "Package " + p.Name + " "
		if p.Name == "main" {
			start = "Command " + filepath.Base(folder) + " "
		}
		if !strings.HasPrefix(p.Doc, start) {
			t.Errorf("%s has no comment that begins with %q", path, start)
		}
		if !slices.Contains(imported, path) {
			continue
		}
		met++
		for _, name := range undocumented(p) {
			t.Errorf("%s: %s has no comment", path, name)
		}
	}
	if met != len(imported) {
		t.Errorf("%d of %d packages are there", met, len(imported))
	}
}

// packages are the folders of this module that have Go files besides tests.
func packages(t *testing.T) (folders []string) {
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		_, nested := os.Stat(filepath.Join(path, "go.mod"))
		hidden := strings.HasPrefix(entry.Name(), ".") && path != ".."
		if path != ".." && (nested == nil || hidden || entry.Name() == "testdata" || entry.Name() == "out") {
			return filepath.SkipDir
		}
		if len(sources(path)) > 0 {
			folders = append(folders, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return folders
}

func sources(folder string) []string {
	all, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	return slices.DeleteFunc(all, func(path string) bool { return strings.HasSuffix(path, "_test.go") })
}

func documentation(t *testing.T, folder string) *doc.Package {
	set := token.NewFileSet()
	var files []*ast.File
	for _, path := range sources(folder) {
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	p, err := doc.NewFromFiles(set, files, folder)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// undocumented are the exported names without a comment of their own or of their group. Methods that an
// interface of the standard library asks for need none.
func undocumented(p *doc.Package) (names []string) {
	values := func(groups []*doc.Value) {
		for _, group := range groups {
			for _, spec := range group.Decl.Specs {
				value := spec.(*ast.ValueSpec)
				if group.Doc == "" && value.Doc == nil && value.Comment == nil {
					names = append(names, value.Names[0].Name)
				}
			}
		}
	}
	functions := func(of string, all []*doc.Func) {
		for _, f := range all {
			if f.Doc == "" && !slices.Contains([]string{"Error", "Unwrap", "String"}, f.Name) {
				names = append(names, of+f.Name)
			}
		}
	}
	values(p.Consts)
	values(p.Vars)
	functions("", p.Funcs)
	for _, kind := range p.Types {
		if kind.Doc == "" {
			names = append(names, kind.Name)
		}
		values(kind.Consts)
		values(kind.Vars)
		functions("", kind.Funcs)
		functions(kind.Name+".", kind.Methods)
	}
	return names
}
