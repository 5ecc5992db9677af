package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"musc/engine/assets"
)

// What is in musc and is no module of Go. One that comes or goes is to be thought about: is it in this list
// with its version, its licence and their words?
func TestPartsThatAreNoModules(t *testing.T) {
	folders, err := headerFolders()
	if err != nil {
		t.Skip(err, " (make dist-setup)")
	}
	t.Setenv("GOTOOLCHAIN", os.Getenv("GOTOOLCHAIN")) // so that both are set back
	t.Setenv("GOROOT", os.Getenv("GOROOT"))
	s := &source{root: "../.."}
	if err := useToolchain(t.Context(), s.root); err != nil {
		t.Fatal(err)
	}
	packages, err := linkedPackages(t.Context(), s.root)
	if err != nil {
		t.Fatal(err)
	}
	info := &debug.BuildInfo{GoVersion: os.Getenv("GOTOOLCHAIN")}
	modules := map[string]bool{"musc": true}
	for _, linked := range packages {
		if m := linked.Module; m != nil && !modules[m.Path] {
			modules[m.Path] = true
			info.Deps = append(info.Deps, goModule(m.Path, m.Version))
		}
	}
	parts, err := partsOf(t.Context(), s, info, packages)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := foreignParts()
	if err != nil {
		t.Fatal(err)
	}
	parts = sorted(append(parts, foreign...))
	if err := checkLicences(parts); err != nil {
		t.Error(err)
	}
	var names []string
	packagesOf := map[string]string{}
	for _, p := range parts {
		if other := packagesOf[p.Package]; other != "" || p.Version == "" || len(p.Texts) == 0 {
			t.Errorf("%s %q has %d texts, its package is that of %q", p.Name, p.Version, len(p.Texts), other)
		}
		packagesOf[p.Package] = p.Name
		if !modules[p.Name] {
			names = append(names, p.Name)
		}
	}
	want := []string{"Go standard library", "NVIDIA's NVRTC, in the code of kernels", "NVIDIA's cuda.h",
		"ONNX Runtime's onnxruntime_c_api.h", "clang's headers, as in Zig", "compiler-rt of Zig",
		"glibc's start of a program and headers", "golang.org/x/crypto in Go's library",
		"golang.org/x/net in Go's library", "golang.org/x/sys in Go's library",
		"golang.org/x/text in Go's library", "htm", "preact", "uplot"}
	if !slices.Equal(names, want) {
		t.Errorf("got\n%q\nwant\n%q", names, want)
	}
	// Each header that a source of C takes in is of a package or of one of those.
	if err := checkHeaders(packages, folders); err != nil {
		t.Error(err)
	}
}

// Besides objects of musc's packages, the linker takes what foreignParts are of, and no more.
func TestWhatTheLinkerAdds(t *testing.T) {
	zig, err := assets.ZigPath()
	if err != nil {
		t.Skip(err)
	}
	caches, err := zigCaches()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	put(t, folder, map[string]string{"x.c": "int main(void) { return 0; }\n"})
	line := compilation(zig, "cc", []string{"-O2", "-pie", "-v", "x.c", "-o", "x", "-ldl", "-lpthread", "-lm"})
	command := exec.CommandContext(t.Context(), line[0], line[1:]...)
	command.Dir, command.Env = folder, append(os.Environ(), caches...)
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	var added []string
	for line := range strings.Lines(string(said)) {
		if !strings.HasPrefix(line, "ld.lld ") {
			continue
		}
		added = nil // before the last one, Zig links what it does not have in its cache yet
		for _, word := range strings.Fields(line) {
			if name := filepath.Base(word); name != "x.o" && slices.Contains([]string{".o", ".a"},
				filepath.Ext(name)) {
				added = append(added, name)
			}
		}
	}
	if want := []string{"Scrt1.o", "libc_nonshared.a", "libcompiler_rt.a"}; !slices.Equal(added, want) {
		t.Errorf("the linker adds %q, want %q", added, want)
	}
}

func TestHeadersOfNoPart(t *testing.T) {
	own, known := t.TempDir(), t.TempDir()
	put(t, own, map[string]string{"own.h": "#include <known.h>\n",
		"a.c":  "#include \"own.h\"\n  # include <known.h>\n",
		"a.go": "package a\n\n// #include \"_cgo_export.h\"\n/*\n#include <known.h>\n*/\nimport \"C\"\n"})
	put(t, known, map[string]string{"known.h": ""})
	packages := []goPackage{{ImportPath: "a", Dir: own, CgoFiles: []string{"a.go"}, CFiles: []string{"a.c"},
		HFiles: []string{"own.h"}}}
	if err := checkHeaders(packages, []string{known}); err != nil {
		t.Error(err)
	}
	put(t, own, map[string]string{"a.c": "#include <zlib.h>\n"})
	err := checkHeaders(packages, []string{known})
	if err == nil || !strings.Contains(err.Error(), "zlib.h in a/a.c\n") ||
		!strings.Contains(err.Error(), "foreign.go") {
		t.Errorf("got %v", err)
	}
}

// Code that a module has taken from elsewhere has a licence beside it.
func TestNestedLicences(t *testing.T) {
	folder := t.TempDir()
	linked, other := filepath.Join(folder, "internal", "b", "c"), filepath.Join(folder, "internal", "d")
	for _, at := range []string{linked, other} {
		if err := os.MkdirAll(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Dir(linked), map[string]string{"LICENSE": isc})
	put(t, other, map[string]string{"LICENSE": ours(t)})
	p := part{Name: "a", Licences: []string{"MIT"}}
	of := &struct{ Path, Version, Dir string }{Path: "a"}
	if err := p.readNested(folder, []goPackage{{Dir: folder, Module: of}, {Dir: linked, Module: of},
		{Dir: linked, Module: of}, {Dir: other}}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Licences, []string{"ISC", "MIT"}) || len(p.Texts) != 1 ||
		p.Texts[0] != (text{"internal/b/LICENSE", isc}) {
		t.Errorf("%q, %+v", p.Licences, p.Texts)
	}
}
