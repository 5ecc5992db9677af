package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine/assets"
	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/engine/sha256sum"
)

const sumsName = "SHA256SUMS"

// build is the command that makes everything.
func build(ctx context.Context, options options) error {
	s, err := readSource(ctx, options.root)
	if err != nil {
		return err
	}
	if s.changed {
		fmt.Fprintln(os.Stderr, "dist: the tree differs from its last commit: this is no release")
	}
	if err := useToolchain(ctx, s.root); err != nil {
		return err
	}
	wheels, err := bundled(options.cuda)
	if err != nil {
		return err
	}
	kept, err := openWheels(options.cuda, wheels)
	if err != nil {
		return err
	}
	defer kept.Close()
	work, err := os.MkdirTemp("", "musc-dist-")
	if err != nil {
		return fault.New(fault.Output, "cannot make a folder: %w", err)
	}
	defer os.RemoveAll(work)
	program := filepath.Join(work, "musc")
	if err := buildBinary(ctx, s, program); err != nil {
		return err
	}
	info, err := readInfo(program)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(info.Settings, revisionIs(s.commit)) {
		fmt.Fprintln(os.Stderr, "dist: musc does not know its commit, for Go finds none in a linked work "+
			"tree: this is no release")
	}
	packages, err := linkedPackages(ctx, s.root)
	if err != nil {
		return err
	}
	parts, err := partsOf(ctx, s, info, packages)
	if err != nil {
		return err
	}
	foreign, err := foreignParts()
	if err != nil {
		return err
	}
	folders, err := headerFolders()
	if err != nil {
		return err
	}
	if err := checkHeaders(packages, folders); err != nil {
		return err
	}
	parts = sorted(append(parts, foreign...))
	if err := checkLicences(parts); err != nil {
		return err
	}
	items, err := items(ctx, s, program, parts)
	if err != nil {
		return err
	}
	bom, err := writeBOM(s, info.Deps, parts, wheels)
	if err != nil {
		return err
	}
	if err := clear(options.out); err != nil {
		return err
	}
	names, err := writeFiles(s, options.out, items, bom)
	if err != nil {
		return err
	}
	bundle := "musc-" + s.version + "-bundle-linux-amd64.tar"
	if err := assets.WriteBundle(ctx, filepath.Join(options.out, bundle), assets.BundleContent{
		Artifacts: wheels, Program: filepath.Join(options.out, archiveOf(s)+".tar.gz"), Time: s.time,
	}, assets.Options{Bundle: kept, Offline: true}); err != nil {
		return err
	}
	return writeSums(options.out, append(names, bundle))
}

// archiveOf is the name of musc's archive and of the folder in it.
func archiveOf(s *source) string { return "musc-" + s.version + "-linux-amd64" }

// writeFiles writes what is made of the items alone, and returns the files' names.
func writeFiles(s *source, folder string, items []item, bom []byte) (names []string, err error) {
	name := archiveOf(s)
	files := map[string]func(w io.Writer) error{
		name + ".tar.gz": func(w io.Writer) error {
			var archive bytes.Buffer
			if err := writeArchive(&archive, name, items, s.time); err != nil {
				return err
			}
			packed, err := compressed(archive.Bytes())
			if err != nil {
				return err
			}
			_, err = w.Write(packed)
			return err
		},
		"musc_" + s.version + "-1_amd64.deb": func(w io.Writer) error {
			return writePackage(w, "deb", s, items)
		},
		"musc-" + s.version + "-1.x86_64.rpm": func(w io.Writer) error {
			return writePackage(w, "rpm", s, items)
		},
		"musc-" + s.version + ".cdx.json": func(w io.Writer) error {
			_, err := w.Write(bom)
			return err
		},
		"Containerfile": func(w io.Writer) error {
			recipe, err := os.ReadFile(filepath.Join(s.root, "cmd", "dist", "Containerfile"))
			if err != nil {
				return fault.New(fault.Input, "cannot read the recipe of the images: %w", err)
			}
			_, err = w.Write(recipe)
			return err
		},
	}
	for name, write := range files {
		if err := atomicfile.Save(filepath.Join(folder, name), write); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

// clear deletes what an earlier build left in the folder, by its list, and nothing else.
func clear(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fault.New(fault.Output, "cannot make the folder %s: %w", folder, err)
	}
	sums, err := readSums(folder)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fault.New(fault.Output, "cannot read what an earlier build left: %w", err)
	}
	for name := range sums {
		if err := os.Remove(filepath.Join(folder, filepath.Base(name))); err != nil && !os.IsNotExist(err) {
			return fault.New(fault.Output, "cannot delete what an earlier build left: %w", err)
		}
	}
	return os.Remove(filepath.Join(folder, sumsName))
}

// writeSums writes and prints the checksums of the named files, as sha256sum does.
func writeSums(folder string, names []string) error {
	slices.Sort(names)
	var list strings.Builder
	for _, name := range names {
		file, err := os.Open(filepath.Join(folder, name))
		if err != nil {
			return fault.New(fault.Output, "cannot read back %w", err)
		}
		digest := sha256.New()
		size, err := io.Copy(digest, file)
		file.Close()
		if err != nil {
			return fault.New(fault.Output, "cannot read back %w", err)
		}
		list.WriteString(sha256sum.Line(hex.EncodeToString(digest.Sum(nil)), name))
		fmt.Printf("%x  %7.1f MB  %s\n", digest.Sum(nil), float64(size)/1e6, name)
	}
	return atomicfile.WriteFile(filepath.Join(folder, sumsName), []byte(list.String()))
}

// readSums reads the checksums, by the files' names.
func readSums(folder string) (map[string]string, error) {
	content, err := os.ReadFile(filepath.Join(folder, sumsName))
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(content)) {
		sum, name, err := sha256sum.Parse(line)
		if err != nil {
			return nil, fault.New(fault.Input, "%s: %w: %q", filepath.Join(folder, sumsName), err, line)
		}
		sums[name] = hex.EncodeToString(sum[:])
	}
	return sums, nil
}
