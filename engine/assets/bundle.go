package assets

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"musc/engine/fault"
	"musc/engine/sha256sum"
)

// A bundle is an uncompressed tar archive of README.txt, SHA256SUMS, musc's own archive if it was given,
// and the folder wheels.
const (
	bundleReadme = "README.txt"
	bundleSums   = "SHA256SUMS"

	maxEntries = 100     // of a bundle; one of everything that is pinned has about 30
	maxSums    = 1 << 20 // bytes of SHA256SUMS
)

// MakeBundle is the command that makes a bundle.
const MakeBundle = "musc setup --make-bundle"

// Bundle is an open bundle. Wheels are read at their place in it, so that nothing is unpacked twice; no
// name in it decides where a file is written.
type Bundle struct {
	path   string
	file   *os.File
	wheels map[string]*io.SectionReader // by the wheel's file name
}

// OpenBundle reads what a bundle holds. The checksums of wheels are compared when Ensure takes them.
// Errors are of kind fault.Setup: the file cannot be read, is no bundle, was cut off, or holds what no
// bundle holds.
func OpenBundle(name string) (*Bundle, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fault.New(fault.Setup, "cannot read the bundle: %w", err)
	}
	b := &Bundle{path: name, file: file, wheels: map[string]*io.SectionReader{}}
	if err := b.index(); err != nil {
		file.Close()
		return nil, err
	}
	return b, nil
}

// Close closes the file.
func (b *Bundle) Close() error { return b.file.Close() }

// Has says whether the bundle holds the artifact's wheel.
func (b *Bundle) Has(a *Artifact) bool { return b.wheels[a.Wheel] != nil }

// Packs are those packs that the bundle holds whole, the newest first.
func (b *Bundle) Packs() (whole []*Pack) {
	for _, pack := range Packs {
		if !slices.ContainsFunc(pack.Artifacts, func(a Artifact) bool { return !b.Has(&a) }) {
			whole = append(whole, pack)
		}
	}
	return whole
}

// index reads the headers of all entries.
func (b *Bundle) index() error {
	info, err := b.file.Stat()
	switch {
	case err != nil:
		return fault.New(fault.Setup, "cannot read the bundle: %w", err)
	case info.IsDir():
		return fault.New(fault.Setup, "%s is a folder, no bundle; name the .tar file, or with --wheels a "+
			"folder that holds wheels", b.path)
	case !info.Mode().IsRegular():
		return fault.New(fault.Setup, "%s is no regular file: a bundle is read at several places at once; "+
			"copy it to a disk first", b.path)
	}
	if err := b.refuseCompressed(); err != nil {
		return err
	}
	archive := tar.NewReader(b.file)
	seen := map[string]bool{}
	var sums []byte
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return b.complete(sums, seen)
		}
		if err != nil && len(seen) == 0 {
			return b.foreign("it is no tar archive")
		}
		if err != nil {
			return b.damaged(err.Error())
		}
		if len(seen) >= maxEntries {
			return b.foreign(fmt.Sprintf("it holds more than %d files", maxEntries))
		}
		name := path.Clean(header.Name)
		if header.Typeflag == tar.TypeDir {
			continue // of a bundle that was packed anew
		}
		if header.Typeflag != tar.TypeReg || !fs.ValidPath(name) {
			return b.foreign(fmt.Sprintf("it holds %q, which is no plain file in it", header.Name))
		}
		if seen[name] {
			return b.foreign(fmt.Sprintf("it holds %q twice", name))
		}
		seen[name] = true
		at, err := b.file.Seek(0, io.SeekCurrent)
		if err != nil {
			return fault.New(fault.Setup, "cannot read the bundle %s: %w", b.path, err)
		}
		if header.Size > info.Size()-at {
			return b.damaged(fmt.Sprintf("%s should end at byte %d, the file ends at %d", name,
				at+header.Size, info.Size()))
		}
		if folder, wheel := path.Split(name); folder == wheelFolder+"/" {
			b.wheels[wheel] = io.NewSectionReader(b.file, at, header.Size)
		}
		if name == bundleSums {
			if sums, err = io.ReadAll(io.LimitReader(archive, maxSums)); err != nil {
				return b.damaged(err.Error())
			}
		}
	}
}

// complete compares what was found with what the bundle says that it holds: one that was cut off between
// two files looks whole otherwise.
func (b *Bundle) complete(sums []byte, seen map[string]bool) error {
	if sums == nil {
		return b.foreign("it holds no " + bundleSums)
	}
	for line := range strings.Lines(string(sums)) {
		_, name, err := sha256sum.Parse(line)
		if err != nil {
			return b.damaged(fmt.Sprintf("its %s has the line %q, which is %v", bundleSums, strings.TrimSpace(line), err))
		}
		if !seen[name] {
			return b.damaged(fmt.Sprintf("it lacks %s, which its %s lists", name, bundleSums))
		}
	}
	return nil
}

// refuseCompressed knows what a bundle is mistaken for, or made of by well-meaning programs.
func (b *Bundle) refuseCompressed() error {
	start := make([]byte, 6)
	n, err := b.file.ReadAt(start, 0)
	if err != nil && err != io.EOF {
		return fault.New(fault.Setup, "cannot read the bundle %s: %w", b.path, err)
	}
	for _, magic := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "\xfd7zXZ", "BZh", "PK\x03\x04"} {
		if strings.HasPrefix(string(start[:n]), magic) {
			return b.foreign("it is compressed, a bundle is a plain tar archive")
		}
	}
	return nil
}

// lacks says which of the artifacts are not in the bundle. A nil bundle lacks nothing.
func (b *Bundle) lacks(artifacts []Artifact) error {
	if b == nil {
		return nil
	}
	var lacking []string
	for i := range artifacts {
		a := &artifacts[i]
		if b.Has(a) {
			continue
		}
		lack := fmt.Sprintf("%s (%s", a.Title, a.Wheel)
		project, _, _ := strings.Cut(a.Wheel, "-")
		for _, other := range slices.Sorted(maps.Keys(b.wheels)) {
			if strings.HasPrefix(other, project+"-") {
				lack += "; it holds " + other + ": another release of musc made it"
			}
		}
		lacking = append(lacking, lack+")")
	}
	if len(lacking) == 0 {
		return nil
	}
	return fault.New(fault.Setup, "the bundle %s lacks %s; make another with this musc where there is a "+
		"network: %s FILE", b.path, strings.Join(lacking, ", "), MakeBundle)
}

// wheel opens the artifact's wheel, which the bundle holds.
func (b *Bundle) wheel(a *Artifact) *wheel {
	at := *b.wheels[a.Wheel]
	return &wheel{&at, b.path + ": " + path.Join(wheelFolder, a.Wheel),
		"copy the bundle again, or make another: " + MakeBundle + " FILE", true, func() {}}
}

func (b *Bundle) foreign(why string) error {
	return fault.New(fault.Setup, "%s is no bundle of musc: %s; one is made by: %s FILE", b.path, why,
		MakeBundle)
}

func (b *Bundle) damaged(why string) error {
	return fault.New(fault.Setup, "the bundle %s is damaged or cut off: %s; copy it again, or make "+
		"another: %s FILE", b.path, why, MakeBundle)
}
