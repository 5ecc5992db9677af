package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/blakesmith/ar"
	"github.com/cavaliergopher/rpm"
)

// debParts are the files of a deb, which is an ar archive, unpacked where they are compressed.
func debParts(t *testing.T, deb []byte) map[string][]byte {
	t.Helper()
	parts := map[string][]byte{}
	archive := ar.NewReader(bytes.NewReader(deb))
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err == nil && strings.HasSuffix(header.Name, ".gz") {
			var r *gzip.Reader
			if r, err = gzip.NewReader(bytes.NewReader(content)); err == nil {
				content, err = io.ReadAll(r)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		parts[header.Name] = content
	}
}

func testPackage(t *testing.T, kind string) []byte {
	t.Helper()
	var first, second bytes.Buffer
	for _, to := range []*bytes.Buffer{&first, &second} {
		if err := writePackage(to, kind, testSource(), testItems()); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("made twice, it differs")
	}
	return first.Bytes()
}

// unpacked is a gzip's content, without empty lines.
func unpacked(t *testing.T, packed string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimSpace(string(content)), "\n\n", "\n")
}

func TestDeb(t *testing.T) {
	parts := debParts(t, testPackage(t, "deb"))
	if string(parts["debian-binary"]) != "2.0\n" {
		t.Fatalf("parts %v", len(parts))
	}
	var files []string
	for _, line := range listing(t, parts["data.tar.gz"]) {
		if path, packed, ok := strings.Cut(line, "/changelog.Debian.gz "); ok {
			line = path + "/changelog.Debian.gz " + unpacked(t, packed)
		}
		if strings.HasPrefix(line, "0 ") {
			files = append(files, line)
		}
	}
	root := " root:root 0:0 1700000000 ./usr/"
	want := []string{"0 755" + root + "bin/musc program",
		"0 644" + root + "share/doc/musc/README.md read",
		"0 644 : 0:0 1700000000 ./usr/share/doc/musc/changelog.Debian.gz musc (1.2.3-1) unstable; urgency=medium\n" +
			"  * What is new is told in /usr/share/doc/musc/docs/changelog.md.\n" +
			" -- The maintainers of musc <maintainers@musc.invalid>  Tue, 14 Nov 2023 22:13:20 +0000",
		"0 644" + root + "share/doc/musc/copyright ours\ntheirs",
		"0 644" + root + "share/doc/musc/docs/a.md page",
		"0 644" + root + "share/lintian/overrides/musc " + strings.TrimSpace(overrides),
		"0 644" + root + "share/man/man1/musc.1.gz manual"}
	if !slices.Equal(files, want) {
		t.Errorf("got\n%q\nwant\n%q", files, want)
	}
	control := strings.Join(listing(t, parts["control.tar.gz"]), "\n")
	for _, says := range []string{"Package: musc\n", "Version: 1.2.3-1\n", "Architecture: amd64\n",
		"Depends: libc6 (>= 2.28), libstdc++6, zlib1g\n", "Suggests: python3-pip\n", "Description: finds defective",
		"./md5sums "} {
		if !strings.Contains(control, says) {
			t.Errorf("control does not say %q:\n%s", says, control)
		}
	}
}

func TestRPM(t *testing.T) {
	content := testPackage(t, "rpm")
	p, err := rpm.Read(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, file := range p.Files() {
		files = append(files, strings.Join([]string{file.Name(), file.Mode().String(), file.Owner(),
			file.Group(), strconv.FormatInt(file.ModTime().Unix(), 10)}, " "))
	}
	const root = " root root 1700000000"
	want := []string{"/usr/bin/musc -rwxr-xr-x" + root,
		"/usr/share/doc/musc drwxr-xr-x" + root,
		"/usr/share/doc/musc/README.md -rw-r--r--" + root,
		"/usr/share/doc/musc/docs drwxr-xr-x" + root,
		"/usr/share/doc/musc/docs/a.md -rw-r--r--" + root,
		"/usr/share/licenses/musc drwxr-xr-x" + root,
		"/usr/share/licenses/musc/LICENSE -rw-r--r--" + root,
		"/usr/share/licenses/musc/THIRD-PARTY.txt -rw-r--r--" + root,
		"/usr/share/man/man1/musc.1.gz -rw-r--r--" + root}
	if !slices.Equal(files, want) {
		t.Errorf("got\n%q\nwant\n%q", files, want)
	}
	marked := map[string][]string{} // by rpm's flags of a file
	for _, file := range p.Files() {
		switch {
		case file.Flags()&rpm.FileFlagDoc != 0:
			marked["doc"] = append(marked["doc"], file.Name())
		case file.Flags()&rpm.FileFlagLicense != 0:
			marked["licence"] = append(marked["licence"], file.Name())
		}
	}
	if len(marked["doc"]) != 3 || len(marked["licence"]) != 2 {
		t.Errorf("pages and licences are marked as %v", marked)
	}
	if p.Summary() != "Finds defective products in a folder of unlabeled photos" {
		t.Errorf("its summary is %q", p.Summary())
	}
	if p.Name() != "musc" || p.Version() != "1.2.3" || p.Architecture() != "x86_64" ||
		p.License() != "Apache-2.0" || p.BuildHost() != "localhost" || p.BuildTime().Unix() != 1700000000 {
		t.Errorf("%s by %s at %v, licence %s", p, p.BuildHost(), p.BuildTime(), p.License())
	}
	if !slices.ContainsFunc(p.Requires(), func(needs rpm.Dependency) bool {
		return needs.Name() == "glibc" && needs.Version() == "2.28"
	}) {
		t.Errorf("it requires %v", p.Requires())
	}
}
