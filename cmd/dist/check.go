package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/fault"
)

// check builds the last commit in two clean clones in different folders, or in one where there is a
// build to compare with, and fails where a byte differs. The clones share nothing but downloads: each
// has caches of its own, unless options.shared.
func check(ctx context.Context, options options) error {
	s, err := readSource(ctx, options.root)
	if err != nil {
		return err
	}
	if s.changed {
		fmt.Fprintln(os.Stderr, "dist: the tree differs from its last commit, which alone is checked")
	}
	work, err := os.MkdirTemp("", "musc-check-")
	if err != nil {
		return fault.New(fault.Output, "cannot make a folder: %w", err)
	}
	defer os.RemoveAll(work)
	var first map[string]string
	if options.with != "" {
		if first, err = readSums(options.with); err != nil {
			return fault.New(fault.Input, "cannot read the build to compare with: %w; run make dist", err)
		}
	} else if first, err = buildClone(ctx, s, filepath.Join(work, "first"), options); err != nil {
		return err
	}
	second, err := buildClone(ctx, s, filepath.Join(work, "second, with a longer name"), options)
	if err != nil {
		return err
	}
	return compareSums(first, second)
}

// buildClone builds in a clone below the folder and returns the checksums.
func buildClone(ctx context.Context, s *source, folder string, options options) (map[string]string,
	error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	clone := filepath.Join(folder, "musc")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fault.New(fault.Output, "cannot make the folder %s: %w", folder, err)
	}
	if _, err := git(ctx, s.root, "clone", "--quiet", "--no-checkout", s.root, clone); err != nil {
		return nil, err
	}
	if _, err := git(ctx, clone, "checkout", "--quiet", "--detach", s.commit); err != nil {
		return nil, err
	}
	out := filepath.Join(clone, "out", "dist")
	command := exec.CommandContext(ctx, self, "build", "-root", clone, "-o", out, "-cuda", options.cuda)
	command.Env = os.Environ()
	if !options.shared {
		for _, variable := range []string{"GOCACHE", "ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"} {
			command.Env = append(command.Env, variable+"="+filepath.Join(folder, strings.ToLower(variable)))
		}
	}
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return nil, fault.New(fault.Internal, "cannot build in the clone %s: %w", clone, err)
	}
	sums, err := readSums(out)
	if err != nil {
		return nil, fault.New(fault.Internal, "the clone %s has no checksums: %w", clone, err)
	}
	return sums, os.RemoveAll(folder) // a bundle is large
}

// compareSums fails where two builds differ, and says so where they do not.
func compareSums(first, second map[string]string) error {
	var differ []string
	for _, name := range slices.Sorted(maps.Keys(first)) {
		if first[name] != second[name] {
			differ = append(differ, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(second)) {
		if _, ok := first[name]; !ok {
			differ = append(differ, name)
		}
	}
	if len(differ) > 0 {
		return fault.New(fault.Internal, "two builds of one commit differ in %s", strings.Join(differ, ", "))
	}
	fmt.Printf("two builds in two folders: the same bytes of %d files\n", len(first))
	return nil
}
