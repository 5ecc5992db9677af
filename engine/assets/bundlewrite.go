package assets

import (
	"archive/tar"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/engine/sha256sum"
)

// BundleContent is what a bundle is made of.
type BundleContent struct {
	Artifacts []Artifact // in any order; one that is named twice is there once
	Program   string     // musc's own archive, musc-VERSION-linux-amd64.tar.gz; "": none
	Time      time.Time  // of every file in it
}

// WriteBundle makes a bundle. The same content makes the same bytes. Wheels are found as by Ensure and
// those that are downloaded are deleted one by one: beside the bundle itself it takes the space of the
// largest. A bundle for another platform can be made.
//
// Errors are those of Ensure; fault.Usage for artifacts that may not be handed on; fault.Output for a
// bundle that cannot be written, which then is not there.
func WriteBundle(ctx context.Context, name string, content BundleContent, options Options) error {
	cache, err := Cache()
	if err != nil {
		return err
	}
	if options.Progress == nil {
		options.Progress = func(string) {}
	}
	artifacts := slices.SortedFunc(slices.Values(content.Artifacts), func(a, b Artifact) int {
		return cmp.Compare(a.Wheel, b.Wheel)
	})
	artifacts = slices.CompactFunc(artifacts, func(a, b Artifact) bool { return a.Wheel == b.Wheel })
	for i := range artifacts {
		if artifacts[i].Wheel == Demo.Wheel {
			return fault.New(fault.Usage, "%s may not be handed on for commercial use (%s): no bundle "+
				"holds them", Demo.Title, Demo.Licence)
		}
	}
	if err := options.Bundle.lacks(artifacts); err != nil {
		return err
	}
	if err := atomicfile.Check(name, true); err != nil {
		return bundleUnwritable(name, err)
	}
	program, err := openProgram(ctx, content.Program, name)
	if err != nil {
		return err
	}
	defer program.close()
	unlock, err := openCache(ctx, cache, options.Progress)
	if err != nil {
		return err
	}
	defer unlock()
	var size int64
	for i := range artifacts {
		size += artifacts[i].Size
	}
	options.Progress(fmt.Sprintf("%s: %d packages, %.1f MB", name, len(artifacts), float64(size)/1e6))
	w := bundleWriter{ctx: ctx, cache: cache, options: options, time: content.Time}
	err = atomicfile.Save(name, func(to io.Writer) error {
		w.archive = tar.NewWriter(to)
		return w.write(program, artifacts)
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case w.failed != nil:
		return w.failed
	}
	return bundleUnwritable(name, err)
}

// program is musc's own archive, open; without one all is zero.
type program struct {
	*os.File
	sum  string
	size int64
}

func openProgram(ctx context.Context, name, bundle string) (program, error) {
	if name == "" {
		return program{}, nil
	}
	base := filepath.Base(name)
	if !strings.HasPrefix(base, "musc-") || !strings.HasSuffix(base, ".tar.gz") {
		return program{}, fault.New(fault.Usage, "%s is not named as musc's own archive is, "+
			"musc-VERSION-linux-amd64.tar.gz", name)
	}
	own, ownErr := os.Stat(name)
	if there, err := os.Stat(bundle); err == nil && ownErr == nil && os.SameFile(own, there) {
		return program{}, fault.New(fault.Output, "cannot write the bundle %s: it is musc's own archive, "+
			"which goes into it; name another file", bundle)
	}
	sum, size, err := hashFile(ctx, name)
	if err != nil {
		return program{}, err
	}
	file, err := os.Open(name)
	if err != nil {
		return program{}, fault.New(fault.Setup, "cannot read %w", err)
	}
	return program{file, sum, size}, nil
}

func (p program) close() {
	if p.File != nil {
		p.File.Close()
	}
}

// bundleWriter writes the entries of a bundle, sorted by name.
type bundleWriter struct {
	ctx     context.Context
	cache   string
	options Options
	time    time.Time
	archive *tar.Writer
	failed  error // of what goes into the bundle, not of the bundle
}

func (w *bundleWriter) write(program program, artifacts []Artifact) error {
	readme, sums := bundleTexts(program, artifacts)
	if err := w.text(bundleReadme, readme); err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(readme))
	sums = sha256sum.Line(hex.EncodeToString(digest[:]), bundleReadme) + sums
	if err := w.text(bundleSums, sums); err != nil {
		return err
	}
	if program.File != nil {
		name := filepath.Base(program.Name())
		if err := w.header(name, program.size); err != nil {
			return err
		}
		sum, _, err := w.copy(program, name)
		if err == nil && sum != program.sum {
			w.failed = fault.New(fault.Setup, "%s changed while it was read; try again", program.Name())
			err = w.failed
		}
		if err != nil {
			return err
		}
	}
	for i := range artifacts {
		if err := w.artifact(&artifacts[i]); err != nil {
			return err
		}
	}
	return w.archive.Close()
}

// artifact finds a wheel and adds it; its checksum is compared on the way.
func (w *bundleWriter) artifact(a *Artifact) error {
	wheel, err := a.find(w.ctx, w.cache, "taking", w.options)
	if err != nil {
		w.failed = err
		return err
	}
	defer wheel.close()
	if err := w.header(path.Join(wheelFolder, a.Wheel), wheel.Size()); err != nil {
		return err
	}
	sum, size, err := w.copy(wheel, wheel.name)
	if err == nil && sum != a.SHA256 {
		w.failed = a.notPinned(w.cache, wheel, sum, size)
		err = w.failed
	}
	return err
}

// copy adds the content of the entry that was begun.
func (w *bundleWriter) copy(from io.Reader, name string) (sum string, size int64, err error) {
	source := &reader{ctx: w.ctx, from: from}
	sum, size, err = source.copyTo(w.archive)
	if source.failed() {
		w.failed = fault.New(fault.Setup, "cannot read %s: %w", name, source.err)
	}
	return sum, size, err
}

func (w *bundleWriter) text(name, content string) error {
	if err := w.header(name, int64(len(content))); err != nil {
		return err
	}
	_, err := io.WriteString(w.archive, content)
	return err
}

func (w *bundleWriter) header(name string, size int64) error {
	return w.archive.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o644, ModTime: w.time,
		Typeflag: tar.TypeReg})
}
