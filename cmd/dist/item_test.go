package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func testItems() []item {
	return []item{{"bin/musc", 0o755, []byte("program")}, {"share/doc/musc/LICENSE", 0o644, []byte("ours")},
		{"share/doc/musc/README.md", 0o644, []byte("read")},
		{"share/doc/musc/THIRD-PARTY.txt", 0o644, []byte("theirs")},
		{"share/doc/musc/docs/a.md", 0o644, []byte("page")},
		{"share/man/man1/musc.1.gz", 0o644, []byte("manual")}}
}

// listing is a tar as lines of type, mode, owner, time, name and content.
func listing(t *testing.T, content []byte) (lines []string) {
	t.Helper()
	archive := tar.NewReader(bytes.NewReader(content))
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%c %o %s:%s %d:%d %d %s %s", header.Typeflag,
			header.Mode, header.Uname, header.Gname, header.Uid, header.Gid, header.ModTime.Unix(),
			header.Name, text)))
	}
}

func TestArchive(t *testing.T) {
	var archive bytes.Buffer
	if err := writeArchive(&archive, "musc-1.2.3", testItems(), time.Unix(1700000000, 5)); err != nil {
		t.Fatal(err)
	}
	root := " root:root 0:0 1700000000 musc-1.2.3/"
	want := []string{
		"5 755" + root, "5 755" + root + "bin/", "0 755" + root + "bin/musc program",
		"5 755" + root + "share/", "5 755" + root + "share/doc/", "5 755" + root + "share/doc/musc/",
		"0 644" + root + "share/doc/musc/LICENSE ours", "0 644" + root + "share/doc/musc/README.md read",
		"0 644" + root + "share/doc/musc/THIRD-PARTY.txt theirs",
		"5 755" + root + "share/doc/musc/docs/", "0 644" + root + "share/doc/musc/docs/a.md page",
		"5 755" + root + "share/man/", "5 755" + root + "share/man/man1/",
		"0 644" + root + "share/man/man1/musc.1.gz manual",
	}
	if got := listing(t, archive.Bytes()); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Nothing of the moment is in a compressed file.
func TestCompressed(t *testing.T) {
	packed, err := compressed([]byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil || string(content) != "text" || !r.ModTime.IsZero() || r.Name != "" {
		t.Errorf("%q, %v, %+v", content, err, r.Header)
	}
}

func TestThirdPartyText(t *testing.T) {
	parts := testParts()
	parts = append(parts, part{Name: "twin", Version: "3", Texts: []text{{"COPYING", "words of b\n"}}})
	text := thirdParty(testSource(), parts)
	for _, says := range []string{"musc 1.2.3 holds", "  a.org/b v1.0.0: MIT, OFL-1.1\n",
		"  start 2: LGPL", "a.org/b v1.0.0: LICENSE\n\nwords of b\n", "start 2: start.S\n\nwords of start\n",
		"twin 3: COPYING\n\nThe same words as those of a.org/b v1.0.0: LICENSE\n"} {
		if !strings.Contains(text, says) {
			t.Errorf("it does not say %q:\n%s", says, text)
		}
	}
}
