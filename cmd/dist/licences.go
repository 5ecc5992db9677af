package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/licensecheck"

	"musc/engine/assets"
	"musc/engine/fault"
)

// startLicence is the LGPL with the exception that a linked program is under no restriction by it.
const startLicence = "LGPL-2.1-or-later with an exception for programs"

// allowed are the licences of what musc may link in: they ask for no more than to be handed on with
// their notices, which the packages do.
var allowed = []string{
	"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "Unlicense", "Zlib",
	"CC-BY-4.0",  // of github.com/ajstarks/svgo: to name the author
	"FTL",        // of github.com/golang/freetype, which one may choose instead of the GPL
	"OFL-1.1",    // of fonts
	startLicence, // of glibc's start of a program
	llvmLicence,  // of clang's headers
	// of cuda.h and NVRTC. It lets programs with a purpose of their own be handed on with what of NVIDIA's is
	// compiled in, asks for its notice, and forbids to take that out again.
	assets.CUDAHeaders.Licence,
}

// chosen are modules whose licence is a choice, and the file of the one that musc takes.
var chosen = map[string]struct{ licence, file string }{
	"github.com/golang/freetype": {"FTL", "licenses/ftl.txt"},
}

// threshold is the part of a text in percent that must be a known licence, as on pkg.go.dev; the
// rest is titles and names.
const threshold = 75

var (
	licenceName = regexp.MustCompile(`(?i)^(un)?licen[cs]e|^copying`)
	noticeName  = regexp.MustCompile(`(?i)^(notice|patents|copyright|third_party_licen[cs]es)`)
)

// read takes the texts of licences in a part's folder, and tells which licences they are.
func (p *part) read(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fault.New(fault.Setup, "cannot read the licence of %s: %w; run make dist-setup", p.Name,
			err)
	}
	choice, isChoice := chosen[p.Name]
	var unknown []string
	for _, entry := range entries {
		licence := licenceName.MatchString(entry.Name())
		if !licence && !noticeName.MatchString(entry.Name()) {
			continue
		}
		texts, err := readTexts(folder, entry.Name())
		if err != nil {
			return fault.New(fault.Input, "cannot read the licence of %s: %w", p.Name, err)
		}
		for _, text := range texts {
			if isChoice {
				if text.Name == choice.file {
					p.Licences = []string{choice.licence}
				}
			} else if licence {
				found := recognise(text.Content)
				if found == nil {
					unknown = append(unknown, text.Name)
				}
				p.Licences = append(p.Licences, found...)
			}
		}
		p.Texts = append(p.Texts, texts...)
	}
	slices.Sort(p.Licences)
	p.Licences = slices.Compact(p.Licences)
	for _, name := range unknown {
		p.Licences = append(p.Licences, "unknown ("+name+")")
	}
	return nil
}

// readTexts reads a file, or the files of a folder of licences and those below it.
func readTexts(folder, name string) (texts []text, err error) {
	visit := func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		relative, _ := filepath.Rel(folder, path) // both are of the same walk
		texts = append(texts, text{filepath.ToSlash(relative), inUTF8(content)})
		return err
	}
	err = filepath.WalkDir(filepath.Join(folder, name), visit)
	return texts, err
}

// inUTF8 takes what is not UTF-8 for Latin-1, of which FreeType's licence is: its bytes are code points.
func inUTF8(content []byte) string {
	if utf8.Valid(content) {
		return string(content)
	}
	runes := make([]rune, len(content))
	for i, b := range content {
		runes[i] = rune(b)
	}
	return string(runes)
}

// recognise names the licences of a text, nil where too much of it is of none. A text that only links
// to a licence counts as that.
func recognise(content string) (licences []string) {
	coverage := licensecheck.Scan([]byte(content))
	links := true
	for _, match := range coverage.Match {
		links = links && match.IsURL
		licences = append(licences, match.ID)
	}
	if !links && coverage.Percent < threshold {
		return nil
	}
	return licences
}

// checkLicences fails for a part without a licence, or with one that is not allowed.
func checkLicences(parts []part) error {
	var wrong []string
	for _, p := range parts {
		if len(p.Licences) == 0 {
			wrong = append(wrong, fmt.Sprintf("%s %s: no licence is found", p.Name, p.Version))
		}
		for _, licence := range p.Licences {
			if !slices.Contains(allowed, licence) {
				wrong = append(wrong, fmt.Sprintf("%s %s: %s", p.Name, p.Version, licence))
			}
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fault.New(fault.Input, "licences that are not among the allowed ones:\n  %s\nread them, then "+
		"leave the part out or allow the licence in cmd/dist/licences.go", strings.Join(wrong, "\n  "))
}

// licences is the command: it builds musc as `go build` does, by the system's compiler, and holds
// what is linked in against the allowed licences.
func licences(ctx context.Context, options options) error {
	s, err := readSource(ctx, options.root)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "musc-licences-")
	if err != nil {
		return fault.New(fault.Output, "cannot make a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	program := filepath.Join(folder, "musc")
	if _, err := output(ctx, s.root, nil, "go", "build", "-o", program, "./cmd/musc"); err != nil {
		return err
	}
	info, err := readInfo(program)
	if err != nil {
		return err
	}
	packages, err := linkedPackages(ctx, s.root)
	if err != nil {
		return err
	}
	parts, err := partsOf(ctx, s, info, packages)
	if err != nil {
		return err
	}
	if err := checkLicences(parts); err != nil {
		return err
	}
	for _, p := range parts {
		fmt.Printf("%-45s %-20s %s\n", p.Name, p.Version, strings.Join(p.Licences, ", "))
	}
	return nil
}
