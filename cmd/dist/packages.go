package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // registers itself
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm" // registers itself

	"musc/engine/fault"
)

const summary = "finds defective products in a folder of unlabeled photos"

// overrides are what lintian is told to leave, each with its reason.
const overrides = `# The words of all licences are handed on whole, beside those of parts that only this file has.
musc: copyright-file-contains-full-apache-2-license
musc: copyright-file-contains-full-gpl-license
musc: copyright-not-using-common-license-for-lgpl
# Debian itself does not have musc.
musc: initial-upload-closes-no-bugs *
`

// packagers has an address since both kinds ask for one; none is read there: weaknesses and questions have
// other ways (docs/security.md, docs/contributing.md), and .invalid says so (RFC 2606).
const packagers = "The maintainers of musc <maintainers@musc.invalid>"

const description = summary + `
No training, no labels: every photo is scored by how far each of its patches is
from the nearest patch in the other photos (MuSc, ICLR 2024). musc setup then
fetches ONNX Runtime and a model, or takes them from the offline bundle.`

// writePackage writes a package of the kind "deb" or "rpm" to w: the items below /usr, with the
// licences where that kind has them.
func writePackage(w io.Writer, kind string, s *source, items []item) error {
	stage, err := os.MkdirTemp("", "musc-package-")
	if err != nil {
		return fault.New(fault.Output, "cannot make a folder: %w", err)
	}
	defer os.RemoveAll(stage)
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "musc", Arch: "amd64", Platform: "linux", Version: s.version, VersionSchema: "none",
		Release: "1", Section: "science", Priority: "optional", License: "Apache-2.0",
		Maintainer: packagers, Description: description, MTime: s.time,
		Changelog: filepath.Join(stage, "changelog.yaml"),
	})
	info.RPM.BuildHost, info.RPM.Group, info.RPM.Packager = "localhost", "Unspecified", packagers
	info.RPM.Summary = strings.ToUpper(summary[:1]) + summary[1:] // as rpm has it; a deb's begins small
	if err := os.WriteFile(info.Changelog, changelogOf(s), 0o644); err != nil {
		return fault.New(fault.Output, "cannot write %w", err)
	}
	// The last two are what ONNX Runtime and the decoders need, which musc setup brings.
	info.Depends = map[string][]string{
		"deb": {"libc6 (>= " + glibc + ")", "libstdc++6", "zlib1g"},
		"rpm": {"glibc >= " + glibc, "libstdc++.so.6()(64bit)", "libz.so.1()(64bit)"}}[kind]
	if kind == "deb" { // musc setup downloads with pip; the bundle does not need it
		info.Suggests = []string{"python3-pip"}
	}
	for i, item := range placed(kind, items) {
		path := filepath.Join(stage, strconv.Itoa(i))
		if err := os.WriteFile(path, item.Content, 0o644); err != nil {
			return fault.New(fault.Output, "cannot write %w", err)
		}
		info.Contents = append(info.Contents, &files.Content{Source: path, Type: typeOf(kind, item.Path),
			Destination: "/usr/" + item.Path, FileInfo: &files.ContentFileInfo{
				Owner: "root", Group: "root", Mode: item.Mode, MTime: s.time}})
	}
	if kind == "rpm" { // which removes only folders that are its own
		for _, folder := range ownFolders(placed(kind, items)) {
			info.Contents = append(info.Contents, &files.Content{Destination: "/usr/" + folder,
				Type: files.TypeDir, FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root",
					Mode: 0o755, MTime: s.time}})
		}
	}
	if err := nfpm.PrepareForPackager(info, kind); err != nil {
		return err
	}
	packager, err := nfpm.Get(kind)
	if err != nil {
		return err
	}
	return packager.Package(info, w)
}

// changelogOf is the one entry of a package's changelog, in the form of nfpm; what has changed is on a page.
func changelogOf(s *source) []byte {
	return fmt.Appendf(nil, "- semver: %q\n  date: %q\n  packager: %q\n  deb: {urgency: medium, distributions: "+
		"[unstable]}\n  changes: [{note: %q}]\n", s.version+"-1", s.time.Format(time.RFC3339), packagers,
		"What is new is told in /usr/share/doc/musc/docs/changelog.md.")
}

// typeOf marks what rpm can leave out (--nodocs), and licences; a deb has no such marks.
func typeOf(kind, path string) string {
	switch {
	case kind != "rpm":
		return files.TypeFile
	case strings.HasPrefix(path, "share/licenses/"):
		return files.TypeRPMLicence
	case strings.HasPrefix(path, "share/doc/") || strings.HasPrefix(path, "share/man/"):
		return files.TypeRPMDoc
	}
	return files.TypeFile
}

// ownFolders are the folders of the items that no other package has, the outermost first.
func ownFolders(items []item) (list []string) {
	for _, item := range items {
		for _, folder := range parents(item.Path) {
			if strings.Contains(folder+"/", "/musc/") {
				list = append(list, folder)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// placed moves the licences to where a kind of package has them: one file named copyright in a deb,
// a folder of their own in an rpm.
func placed(kind string, items []item) (list []item) {
	var copyright []byte
	for _, item := range items {
		name := strings.TrimPrefix(item.Path, "share/doc/musc/")
		switch {
		case name != "LICENSE" && name != "THIRD-PARTY.txt":
		case kind == "deb":
			copyright = append(append(copyright, item.Content...), '\n')
			continue
		default:
			item.Path = "share/licenses/musc/" + name
		}
		list = append(list, item)
	}
	if copyright != nil {
		list = append(list, item{"share/doc/musc/copyright", 0o644, copyright},
			item{"share/lintian/overrides/musc", 0o644, []byte(overrides)})
	}
	slices.SortFunc(list, func(a, b item) int { return strings.Compare(a.Path, b.Path) })
	return list
}
