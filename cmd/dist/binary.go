package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"musc/engine/assets"
	"musc/engine/fault"
)

// buildBinary compiles musc for Linux x64 into the file path. No path of this machine, no link
// command and no build number of Go's cache is in it, so that equal sources give equal bytes. CUDA
// is in it and is loaded when asked for: it runs with and without a GPU. It is independent of its
// position: each start has its code at other addresses, since it decodes files of strangers.
func buildBinary(ctx context.Context, s *source, path string) error {
	zig, err := assets.ZigPath()
	if err != nil {
		return err
	}
	headers, err := assets.CUDAInclude()
	if err != nil {
		return fmt.Errorf("%w, or make dist-setup", err)
	}
	caches, err := zigCaches()
	if err != nil {
		return err
	}
	tools, err := compilerFolder(filepath.Dir(path))
	if err != nil {
		return err
	}
	environment := append(caches, "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "GOFLAGS=", "GOEXPERIMENT=",
		"PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"), "CGO_ENABLED=1",
		fmt.Sprintf("CC=%s cc '%s'", compilerName, zig),
		fmt.Sprintf("CXX=%s c++ '%s'", compilerName, zig),
		fmt.Sprintf("CGO_CFLAGS=-O2 '-I%s'", headers), "CGO_CXXFLAGS=-O2", "CGO_CPPFLAGS=", "CGO_LDFLAGS=")
	if _, err := output(ctx, s.root, environment, "go", "build", "-trimpath", "-buildmode=pie",
		"-buildvcs=true", "-tags=cuda", "-ldflags=-s -w -buildid= -extldflags=-Wl,--strip-all", "-o", path,
		"./cmd/musc"); err != nil {
		return err
	}
	return checkNeeds(path)
}

// compilerName is what Go calls this program as its compiler: a name to be found in $PATH, since Go's
// cache takes the same compiler at another path, as `go run` has it each time, for another one.
const compilerName = "musc-dist-zig"

// compilerFolder makes a folder for $PATH below another, where the compiler is this program.
func compilerFolder(below string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fault.New(fault.Internal, "cannot find this program: %w", err)
	}
	folder := filepath.Join(below, "tools")
	err = os.MkdirAll(folder, 0o755)
	if err == nil {
		err = os.Symlink(self, filepath.Join(folder, compilerName))
	}
	if err != nil {
		return "", fault.New(fault.Output, "cannot make the compiler's folder: %w", err)
	}
	return folder, nil
}

// revisionIs tells the setting of a program that names the commit.
func revisionIs(commit string) func(debug.BuildSetting) bool {
	return func(setting debug.BuildSetting) bool {
		return setting.Key == "vcs.revision" && setting.Value == commit
	}
}

// zigCaches are the variables that keep what Zig makes for itself out of the tree: they may be set,
// otherwise it is in musc's cache.
func zigCaches() ([]string, error) {
	cache, err := assets.Cache()
	if err != nil {
		return nil, err
	}
	var set []string
	for _, variable := range []string{"ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"} {
		folder := os.Getenv(variable)
		if folder == "" {
			folder = filepath.Join(cache, "zig-cache")
		}
		set = append(set, variable+"="+folder)
	}
	return set, nil
}
