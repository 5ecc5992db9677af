package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"musc/engine/fault"
)

// item is a file that is installed.
type item struct {
	Path    string // below the prefix, as "bin/musc"; the packages' prefix is /usr
	Mode    fs.FileMode
	Content []byte
}

// completions are where shells look for those of a package.
var completions = map[string]string{
	"bash": "share/bash-completion/completions/musc",
	"zsh":  "share/zsh/site-functions/_musc",
	"fish": "share/fish/vendor_completions.d/musc.fish",
}

// items are what every package installs, sorted by path: the program, what it says of itself, and
// the licences.
func items(ctx context.Context, s *source, program string, parts []part) ([]item, error) {
	binary, err := os.ReadFile(program)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read the program: %w", err)
	}
	list := []item{{"bin/musc", 0o755, binary}}
	add := func(path string, content []byte) { list = append(list, item{path, 0o644, content}) }

	manual, err := output(ctx, s.root, nil, program, "reference", "man")
	if err != nil {
		return nil, err
	}
	packed, err := compressed([]byte(manual + "\n"))
	if err != nil {
		return nil, err
	}
	add("share/man/man1/musc.1.gz", packed)
	for shell, path := range completions {
		script, err := output(ctx, s.root, nil, program, "completion", shell)
		if err != nil {
			return nil, err
		}
		add(path, []byte(script+"\n"))
	}
	// The pages, so that README's links lead somewhere on a machine without a network, too.
	pages, err := output(ctx, s.root, nil, "git", "ls-files", "LICENSE", "README.md", "docs")
	if err != nil {
		return nil, err
	}
	for _, name := range strings.Fields(pages) {
		content, err := os.ReadFile(filepath.Join(s.root, name))
		if err != nil {
			return nil, fault.New(fault.Input, "cannot read what goes into the packages: %w", err)
		}
		add("share/doc/musc/"+name, content)
	}
	add("share/doc/musc/THIRD-PARTY.txt", []byte(thirdParty(s, parts)))
	slices.SortFunc(list, func(a, b item) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

// thirdParty is one text of all parts: a table, then the words of their licences.
func thirdParty(s *source, parts []part) string {
	var b strings.Builder
	fmt.Fprintf(&b, "musc %s holds parts by others. They are, with their licences, whose words follow:\n\n",
		s.version)
	for _, p := range parts {
		fmt.Fprintf(&b, "  %s %s: %s\n", p.Name, p.Version, strings.Join(p.Licences, ", "))
	}
	said := map[string]string{} // where words stand, by the words
	for _, p := range parts {
		for _, text := range p.Texts {
			title, words := fmt.Sprintf("%s %s: %s", p.Name, p.Version, text.Name), strings.TrimSpace(text.Content)
			if before, ok := said[words]; ok {
				words = "The same words as those of " + before
			} else {
				said[words] = title
			}
			fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), title, words)
		}
	}
	return b.String()
}

// compressed is gzip's, without a name or a time.
func compressed(content []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}

// writeArchive writes a tar of the items, in their order, below one folder, all of root and of one
// time.
func writeArchive(w io.Writer, folder string, items []item, at time.Time) error {
	archive := tar.NewWriter(w)
	made := map[string]bool{}
	for _, item := range items {
		name := path.Join(folder, item.Path)
		for _, parent := range parents(name) {
			if made[parent] {
				continue
			}
			made[parent] = true
			if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: parent + "/",
				Mode: 0o755, ModTime: at, Uname: "root", Gname: "root"}); err != nil {
				return err
			}
		}
		if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name,
			Mode: int64(item.Mode.Perm()), Size: int64(len(item.Content)), ModTime: at, Uname: "root",
			Gname: "root"}); err != nil {
			return err
		}
		if _, err := archive.Write(item.Content); err != nil {
			return err
		}
	}
	return archive.Close()
}

// parents are the folders above a path, the outermost first.
func parents(name string) (list []string) {
	for folder := path.Dir(name); folder != "." && folder != "/"; folder = path.Dir(folder) {
		list = append(list, folder)
	}
	slices.Reverse(list)
	return list
}
