package assets

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"

	"musc/engine/atomicfile"
	"musc/engine/fault"
)

// unpack verifies the wheel and writes its members, our own files and, last, the stamp.
func (a *Artifact) unpack(ctx context.Context, cache string, w *wheel) error {
	sum, size, err := hash(ctx, io.NewSectionReader(w, 0, w.Size()), w.name)
	if err != nil {
		return err
	}
	if sum != a.SHA256 {
		return a.notPinned(cache, w, sum, size)
	}
	archive, err := zip.NewReader(w, w.Size())
	if err != nil {
		return fault.New(fault.Setup, "cannot unpack %s: %w; %s", w.name, err, w.again)
	}
	if a.Whole {
		return a.unpackWhole(ctx, cache, w, archive.File)
	}
	files := map[string]*zip.File{}
	for _, file := range archive.File {
		files[file.Name] = file
	}
	for _, m := range a.Members {
		file := files[m.Name]
		if file == nil {
			return fault.New(fault.Setup, "%s holds no %s", w.name, m.Name)
		}
		if err := a.save(ctx, cache, m.Path, func(to io.Writer) error {
			return m.extract(ctx, to, file, w)
		}); err != nil {
			return err
		}
	}
	for _, own := range append(a.Written, Written{stampName, a.stamp()}) {
		if err := a.save(ctx, cache, own.Path, func(w io.Writer) error {
			_, err := io.WriteString(w, own.Content)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// save writes one file of the artifact, whole or not at all.
func (a *Artifact) save(ctx context.Context, cache, name string,
	write func(io.Writer) error) error {
	path := a.file(cache, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return unwritable(path, err)
	}
	err := atomicfile.Save(path, write)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if fault.KindOf(err) == fault.Output {
		return unwritable(path, err)
	}
	return err
}

// extract copies a member of a wheel and fails if it is not the pinned one.
func (m *Member) extract(ctx context.Context, to io.Writer, file *zip.File, w *wheel) error {
	content, err := file.Open()
	if err != nil {
		return fault.New(fault.Setup, "cannot unpack %s of %s: %w; %s", m.Name, w.name, err, w.again)
	}
	defer content.Close()
	// One byte more than pinned is enough to know; a bomb is not unpacked to its end.
	source := &reader{ctx: ctx, from: io.LimitReader(content, m.Size+1)}
	sum, size, err := source.copyTo(to)
	if source.failed() {
		return fault.New(fault.Setup, "cannot unpack %s of %s: %w; %s", m.Name, w.name,
			source.err, w.again)
	}
	if err != nil {
		return err // of the file that is written
	}
	if size != m.Size || sum != m.SHA256 {
		return fault.New(fault.Setup, "%s of %s is not the pinned file: sha256 %s instead of %s",
			m.Name, w.name, sum, m.SHA256)
	}
	return nil
}

// reader remembers its own error, to tell it from the writer's, and stops when ctx is done.
type reader struct {
	ctx  context.Context
	from io.Reader
	err  error
}

func (r *reader) Read(into []byte) (n int, err error) {
	if err = r.ctx.Err(); err == nil {
		n, err = r.from.Read(into)
	}
	r.err = err
	return n, err
}

// failed says whether reading did, as writing what was read may have.
func (r *reader) failed() bool { return r.err != nil && r.err != io.EOF }

// copyTo copies all there is, and returns its sha256 and size.
func (r *reader) copyTo(to io.Writer) (sum string, size int64, err error) {
	digest := sha256.New()
	size, err = io.Copy(io.MultiWriter(to, digest), r)
	return hex.EncodeToString(digest.Sum(nil)), size, err
}

// hashFile returns the sha256 and size of a file; errors are of kind fault.Setup, or ctx.Err().
func hashFile(ctx context.Context, path string) (sum string, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", 0, fault.New(fault.Setup, "cannot read %w", err)
	}
	defer file.Close()
	return hash(ctx, file, path)
}

// hash is hashFile for an open file of that name.
func hash(ctx context.Context, from io.Reader, name string) (sum string, size int64, err error) {
	source := &reader{ctx: ctx, from: from}
	sum, size, err = source.copyTo(io.Discard)
	if ctx.Err() != nil {
		return "", 0, ctx.Err()
	}
	if err != nil {
		return "", 0, fault.New(fault.Setup, "cannot read %s: %w", name, err)
	}
	return sum, size, nil
}

// Verify reads every file of an artifact in the cache and compares its checksum. What is wrong is
// of kind fault.Setup and names the file; the next Ensure then fetches the artifact again.
func Verify(ctx context.Context, a *Artifact) error {
	cache, err := Cache()
	if err != nil {
		return err
	}
	if _, err := Path(a, ""); err != nil {
		return err
	}
	damaged := func(path string) error {
		if err := os.Remove(a.file(cache, stampName)); err != nil {
			return unwritable(path, err)
		}
		return fault.New(fault.Setup, "%s is damaged (sha256 differs); fetch it again: %s", path,
			a.command())
	}
	members, ok := a.kept(cache)
	if !ok {
		return damaged(a.file(cache, stampName))
	}
	for _, m := range members {
		path := a.file(cache, m.Path)
		sum, _, err := hashFile(ctx, path)
		if err != nil {
			return err
		}
		if sum != m.SHA256 {
			return damaged(path)
		}
	}
	for _, w := range a.Written {
		path := a.file(cache, w.Path)
		content, err := os.ReadFile(path)
		if err != nil {
			return fault.New(fault.Setup, "cannot read %w", err)
		}
		if string(content) != w.Content {
			return damaged(path)
		}
	}
	return nil
}
