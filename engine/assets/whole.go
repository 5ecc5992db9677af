package assets

import (
	"archive/zip"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"musc/engine/fault"
)

// unpackWhole writes all files of a verified wheel into a folder beside the artifact's, which it
// becomes by one rename: to sync thousands of files one by one would take minutes. The stamp ends
// with the files' list, by which complete and Verify know them.
func (a *Artifact) unpackWhole(ctx context.Context, cache string, w *wheel, files []*zip.File) error {
	beside, err := os.MkdirTemp(cache, downloadPrefix+"*")
	if err != nil {
		return unwritable(cache, err)
	}
	defer os.RemoveAll(beside)
	if err := os.Chmod(beside, 0o755); err != nil {
		return unwritable(beside, err)
	}
	var list strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file.Name, "/") {
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(file.Name)) || strings.Contains(file.Name, "\n") {
			return fault.New(fault.Setup, "%s holds a file of the name %q, which leads out of the cache; "+
				"%s", w.name, file.Name, w.again)
		}
		if path.Clean(file.Name) == stampName {
			return fault.New(fault.Setup, "%s holds a file of the name %q, which is musc's own there; %s", w.name,
				file.Name, w.again)
		}
		mode := os.FileMode(0o644)
		if slices.Contains(a.Programs, file.Name) {
			mode = 0o755
		}
		sum, size, err := unpackFile(ctx, beside, w, file, mode)
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%s %d %s\n", sum, size, file.Name)
	}
	stamp := filepath.Join(beside, stampName)
	if err := os.WriteFile(stamp, []byte(a.stamp()+list.String()), 0o644); err != nil {
		return unwritable(stamp, err)
	}
	folder := a.file(cache, "")
	err = os.MkdirAll(filepath.Dir(folder), 0o755)
	if err == nil {
		err = os.RemoveAll(folder) // of another pin, or damaged
	}
	if err == nil {
		err = os.Rename(beside, folder)
	}
	if err != nil {
		return unwritable(folder, err)
	}
	return nil
}

// unpackFile writes one file below folder and returns its checksum and size.
func unpackFile(ctx context.Context, folder string, w *wheel, file *zip.File,
	mode os.FileMode) (sum string, size int64, err error) {
	content, err := file.Open()
	if err != nil {
		return "", 0, fault.New(fault.Setup, "cannot unpack %s of %s: %w; %s", file.Name, w.name, err,
			w.again)
	}
	defer content.Close()
	path := filepath.Join(folder, filepath.FromSlash(file.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", 0, unwritable(path, err)
	}
	target, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return "", 0, unwritable(path, err)
	}
	source := &reader{ctx: ctx, from: content}
	sum, size, err = source.copyTo(target)
	if closed := target.Close(); err == nil {
		err = closed
	}
	switch {
	case ctx.Err() != nil:
		return "", 0, ctx.Err()
	case source.failed():
		return "", 0, fault.New(fault.Setup, "cannot unpack %s of %s: %w; %s", file.Name, w.name,
			source.err, w.again)
	case err != nil:
		return "", 0, unwritable(path, err)
	}
	return sum, size, nil
}

// listed reads the list of files that a stamp ends with; ok is false where it is cut off.
func listed(list string) (members []Member, ok bool) {
	for line := range strings.Lines(list) {
		fields := strings.SplitN(line, " ", 3)
		if len(fields) != 3 || !strings.HasSuffix(line, "\n") {
			return nil, false
		}
		size, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			return nil, false
		}
		name := strings.TrimSuffix(fields[2], "\n")
		members = append(members, Member{Name: name, Path: name, Size: size, SHA256: fields[0]})
	}
	return members, len(members) > 0
}
