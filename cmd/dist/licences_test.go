package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ours is a real text: the repository's own licence.
func ours(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

const isc = `Permission to use, copy, modify, and/or distribute this software for any purpose with or
without fee is hereby granted, provided that the above copyright notice and this permission notice appear
in all copies. THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO
THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE
AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER
RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER
TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`

func TestLicencesOfFolder(t *testing.T) {
	apache := ours(t)
	const freetype = "github.com/golang/freetype"
	type files = map[string]string
	for name, test := range map[string]struct {
		module string
		files  files
		want   []string
		texts  []string
	}{
		"one": {"a", files{"LICENSE": apache, "main.go": "package a"}, []string{"Apache-2.0"},
			[]string{"LICENSE"}},
		"two": {"a", files{"LICENSE": apache, "LICENSE-SIL": isc}, []string{"Apache-2.0", "ISC"},
			[]string{"LICENSE", "LICENSE-SIL"}},
		"another name": {"a", files{"COPYING.md": isc}, []string{"ISC"}, []string{"COPYING.md"}},
		"notice": {"a", files{"LICENSE": isc, "NOTICE": "Thanks to B.", "PATENTS": "None."},
			[]string{"ISC"}, []string{"LICENSE", "NOTICE", "PATENTS"}},
		"folder": {"a", files{"licenses/b.txt": isc, "licenses/c/d.txt": apache},
			[]string{"Apache-2.0", "ISC"}, []string{"licenses/b.txt", "licenses/c/d.txt"}},
		"none": {"a", files{"README": isc}, nil, nil},
		"unknown": {"a", files{"LICENSE": "All rights reserved."}, []string{"unknown (LICENSE)"},
			[]string{"LICENSE"}},
		"half unknown": {"a", files{"LICENSE": isc + strings.Repeat("But you may not sell it. ", 20)},
			[]string{"unknown (LICENSE)"}, []string{"LICENSE"}},
		"link": {"a", files{"LICENSE": "https://creativecommons.org/licenses/by-nc-sa/4.0/"},
			[]string{"CC-BY-NC-SA-4.0"}, []string{"LICENSE"}},
		"chosen": {freetype, files{"LICENSE": "Choose.", "licenses/ftl.txt": "F", "licenses/gpl.txt": "G"},
			[]string{"FTL"}, []string{"LICENSE", "licenses/ftl.txt", "licenses/gpl.txt"}},
		"chosen, but gone": {freetype, files{"LICENSE": "Choose."}, nil, []string{"LICENSE"}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for file, content := range test.files {
				path := filepath.Join(folder, filepath.FromSlash(file))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			p := part{Name: test.module}
			if err := p.read(folder); err != nil {
				t.Fatal(err)
			}
			var texts []string
			for _, text := range p.Texts {
				texts = append(texts, text.Name)
				if text.Content != test.files[text.Name] {
					t.Errorf("the text of %s is %q", text.Name, text.Content)
				}
			}
			if !slices.Equal(p.Licences, test.want) || !slices.Equal(texts, test.texts) {
				t.Errorf("got %q of %q, want %q of %q", p.Licences, texts, test.want, test.texts)
			}
		})
	}
}

func TestAllowedLicences(t *testing.T) {
	under := func(name string, licences ...string) part {
		return part{Name: name, Version: "v1", Licences: licences}
	}
	for name, test := range map[string]struct {
		parts []part
		says  []string // nothing: allowed
	}{
		"nothing":    {nil, nil},
		"allowed":    {[]part{under("a", "MIT"), under("b", "BSD-3-Clause", "OFL-1.1")}, nil},
		"copyleft":   {[]part{under("a", "MIT"), under("b", "GPL-3.0")}, []string{"b v1: GPL-3.0"}},
		"one of two": {[]part{under("a", "MIT", "AGPL-3.0")}, []string{"a v1: AGPL-3.0"}},
		"none":       {[]part{under("a")}, []string{"a v1: no licence is found"}},
		"several": {[]part{under("a"), under("b", "unknown (LICENSE)")}, []string{"a v1: no licence is found",
			"b v1: unknown (LICENSE)"}},
	} {
		err := checkLicences(test.parts)
		if (err == nil) != (test.says == nil) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		for _, says := range test.says {
			if !strings.Contains(err.Error(), says+"\n") || !strings.Contains(err.Error(), "licences.go") {
				t.Errorf("%s: %q does not say %q", name, err, says)
			}
		}
	}
}

// Each folder of scripts has a version in the table and a licence.
func TestScriptsOfPage(t *testing.T) {
	parts, err := scriptParts("../../engine/report/page/vendored")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range parts {
		names = append(names, p.Name)
		if p.Version == "" || len(p.Texts) == 0 {
			t.Errorf("%+v", p)
		}
	}
	if err := checkLicences(parts); err != nil || len(names) == 0 {
		t.Errorf("%q, %v", names, err)
	}
}

func TestModuleThatIsAFolder(t *testing.T) {
	info := goModule("musc/local", "")
	if _, _, err := modulePart(t.TempDir(), info); err == nil {
		t.Error("no error")
	}
	_, _, err := modulePart(t.TempDir(), goModule("github.com/BurntSushi/toml", "v1.6.0"))
	if err == nil || !strings.Contains(err.Error(), "make dist-setup") {
		t.Errorf("not downloaded: %v", err)
	}
}
