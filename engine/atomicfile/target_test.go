//go:build unix

package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"musc/engine/fault"
)

// place is a new folder, which becomes the working folder, with some of each kind of file.
func place(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{"file": "former", "real/file": "former"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": "file", "far": "real/link", "real/link": "../link",
		"dangling": "real/new", "nowhere": "absent/new", "circle": "elcric", "elcric": "circle",
		"folder-link": "real", "full": "/dev/full", "null": "/dev/null"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func TestLinksAreFollowedAndStay(t *testing.T) {
	for link, file := range map[string]string{"link": "file", "far": "file", "dangling": "real/new",
		"folder-link/file": "real/file", "folder-link/../file": "file"} {
		place(t)
		before := isLink(link)
		if err := WriteFile(link, []byte("now")); err != nil {
			t.Errorf("%s: %v", link, err)
		}
		if isLink(link) != before || content(t, file) != "now" {
			t.Errorf("%s: link %v, %s holds %q", link, isLink(link), file, content(t, file))
		}
		for _, folder := range []string{".", "real"} {
			if left, _ := filepath.Glob(folder + "/" + temporary); len(left) > 0 {
				t.Errorf("%s: left %v", link, left)
			}
		}
	}
}

func TestPermissions(t *testing.T) {
	place(t)
	for name, want := range map[string]fs.FileMode{"file": 0o640, "link": 0o640, "new": 0o644} {
		if err := WriteFile(name, nil); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
}

func TestOtherNamesKeepTheFormerContent(t *testing.T) {
	place(t)
	if err := os.Link("file", "other"); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile("file", []byte("now")); err != nil {
		t.Fatal(err)
	}
	if content(t, "file") != "now" || content(t, "other") != "former" {
		t.Errorf("file %q, other %q", content(t, "file"), content(t, "other"))
	}
}

func TestPipeIsWrittenThrough(t *testing.T) {
	place(t)
	if err := unix.Mkfifo("pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("pipe", "to-pipe"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pipe", "to-pipe"} {
		got := make(chan string)
		go func() {
			text, _ := os.ReadFile("pipe")
			got <- string(text)
		}()
		if err := Check(name, false); err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(name, []byte("through")); err != nil {
			t.Fatal(err)
		}
		if text := <-got; text != "through" {
			t.Errorf("%s: %q", name, text)
		}
	}
	if info, err := os.Lstat("pipe"); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the pipe is gone: %v, %v", info, err)
	}
}

func TestDevicesAreWrittenThrough(t *testing.T) {
	place(t)
	if err := WriteFile("null", []byte("away")); err != nil {
		t.Error(err)
	}
	if err := Check("null", false, "null"); err != nil {
		t.Error(err)
	}
	err := WriteFile("full", []byte("too much"))
	if !errors.Is(err, syscall.ENOSPC) || fault.KindOf(err) != fault.Output ||
		!strings.Contains(err.Error(), "cannot write full: ") || !strings.Contains(err.Error(), "free some") {
		t.Errorf("full: %v", err)
	}
	if !isLink("null") || !isLink("full") {
		t.Error("the links are gone")
	}
}

// To a descriptor content is added where it stands, as when the program prints.
func TestDescriptorsAreWrittenWhereTheyStand(t *testing.T) {
	place(t)
	file, err := os.OpenFile("file", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	number := string(appendInt(nil, int(file.Fd())))
	if err := os.Symlink("/dev/fd/"+number, "to-descriptor"); err != nil {
		t.Fatal(err)
	}
	names := []string{"/dev/fd/" + number, "/proc/self/fd/" + number, "/proc/thread-self/fd/" + number,
		"to-descriptor"}
	want := "former"
	for _, name := range names {
		if err := WriteFile(name, []byte(", more")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want += ", more"
		if err := Check(name, false, "real/file"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := Check(name, true, "link"); err == nil {
			t.Errorf("%s is the input link", name)
		}
		if folder, ok := InPlace(name); ok {
			t.Errorf("%s would be in %s", name, folder)
		}
	}
	if got := content(t, "file"); got != want {
		t.Errorf("file holds %q", got)
	}
	if _, err := file.WriteString("!"); err != nil {
		t.Errorf("the descriptor is closed: %v", err)
	}
	if err := WriteFile("/dev/fd/987654", nil); !errors.Is(err, syscall.EBADF) ||
		fault.KindOf(err) != fault.Output {
		t.Errorf("no such descriptor: %v", err)
	}
}

func appendInt(text []byte, n int) []byte {
	if n >= 10 {
		text = appendInt(text, n/10)
	}
	return append(text, byte('0'+n%10))
}

func TestReaderThatStopped(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	read.Close()
	err = WriteFile("/dev/fd/"+string(appendInt(nil, int(write.Fd()))), []byte("x"))
	if !errors.Is(err, syscall.EPIPE) || !strings.Contains(err.Error(), "stopped reading") {
		t.Error(err)
	}
}

func TestWhatCannotBeWrittenIsExplained(t *testing.T) {
	place(t)
	if err := os.WriteFile("read-only", []byte("former"), 0o444); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for name, want := range map[string]string{
		"real":                   "cannot write real: it is a folder; name a file in it",
		"folder-link":            "it is a folder",
		"read-only":              "the file is read-only; make it writable",
		"socket":                 "it is a socket; name a file or a pipe",
		"circle":                 "its links lead in a circle",
		"nowhere":                "no such file or directory; choose another place with -o",
		"absent/file":            "no such file or directory; choose another place with -o",
		"file/below":             "not a directory; choose another place with -o",
		strings.Repeat("x", 256): "file name too long; choose a shorter name",
	} {
		err := WriteFile(name, []byte("now"))
		check := Check(name, true)
		for _, err := range []error{err, check} {
			if err == nil || fault.KindOf(err) != fault.Output || !strings.Contains(err.Error(), want) ||
				!strings.Contains(err.Error(), "cannot write "+name) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
		if _, ok := InPlace(name); ok {
			t.Errorf("%s can be written in place", name)
		}
	}
	if content(t, "read-only") != "former" {
		t.Error("the read-only file changed")
	}
}

// A name may be as long as the file system allows: the temporary file's is of its own.
func TestLongestName(t *testing.T) {
	place(t)
	for _, name := range []string{strings.Repeat("x", 255), strings.Repeat("写", 85)} {
		if err := errors.Join(Check(name, false), WriteFile(name, []byte("now"))); err != nil {
			t.Error(err)
		} else if content(t, name) != "now" {
			t.Error(content(t, name))
		}
	}
}

func TestCheck(t *testing.T) {
	place(t)
	if err := os.Link("file", "other"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("empty", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path      string
		overwrite bool
		inputs    []string
		want      string // "": no error
	}{
		"new":            {"new", false, []string{"file", "absent"}, ""},
		"there":          {"file", false, nil, "file is there already; give --overwrite to replace it"},
		"empty":          {"empty", false, []string{"file"}, ""},
		"there by link":  {"link", false, nil, "link is there already"},
		"dangling":       {"dangling", false, []string{"file"}, ""},
		"overwrite":      {"file", true, []string{"real/file"}, ""},
		"input":          {"file", true, []string{"real/file", "./file"}, "it is the input ./file"},
		"input by links": {"link", true, []string{"far"}, "it is the input far"},
		"hard link":      {"other", true, []string{"file"}, "it is the input file"},
	} {
		err := Check(c.path, c.overwrite, c.inputs...)
		if c.want == "" && err != nil ||
			c.want != "" && (fault.KindOf(err) != fault.Output || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if entries, _ := os.ReadDir("."); len(entries) != 13 {
		t.Errorf("Check left something: %v", entries)
	}
	if folder, ok := InPlace("far"); !ok || !sameFile(t, folder, ".") {
		t.Errorf("far is in %s, %v", folder, ok)
	}
}

func sameFile(t *testing.T, a, b string) bool {
	t.Helper()
	one, errOne := os.Stat(a)
	other, errOther := os.Stat(b)
	if errOne != nil || errOther != nil {
		t.Fatal(errOne, errOther)
	}
	return os.SameFile(one, other)
}

// What is being written is left alone, what a killed process left goes.
func TestRemoveLeftovers(t *testing.T) {
	place(t)
	for _, name := range []string{".musc-tmp-123", ".musc-temp", "real/.musc-tmp-4"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(".musc-tmp-folder", 0o755); err != nil {
		t.Fatal(err)
	}
	err := Save("new", func(w io.Writer) error {
		RemoveLeftovers(".")
		if left, _ := filepath.Glob(temporary); len(left) != 2 { // the folder, and our own
			t.Errorf("while writing: %v", left)
		}
		_, err := w.Write([]byte("now"))
		return err
	})
	if err != nil || content(t, "new") != "now" {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{".musc-tmp-123": false, ".musc-temp": true,
		"real/.musc-tmp-4": true, ".musc-tmp-folder": true, "file": true} {
		if _, err := os.Lstat(name); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	RemoveLeftovers("no such folder")
}

// As many links as the system follows are followed.
func TestManyLinks(t *testing.T) {
	place(t)
	last := "file"
	for k := range maxLinks + 1 {
		name := "link" + string(appendInt(nil, k))
		if err := os.Symlink(last, name); err != nil {
			t.Fatal(err)
		}
		last = name
	}
	if err := WriteFile("link39", []byte("now")); err != nil || content(t, "file") != "now" {
		t.Errorf("%d links: %v", maxLinks, err)
	}
	if err := WriteFile(last, nil); err == nil || !strings.Contains(err.Error(), "in a circle") {
		t.Errorf("%d links: %v", maxLinks+1, err)
	}
	if folder, ok := InPlace("null"); ok {
		t.Errorf("a device would be in %s", folder)
	}
}

func TestBlockDevicesAreRefused(t *testing.T) {
	place(t)
	if err := unix.Mknod("disk", unix.S_IFBLK|0o600, int(unix.Mkdev(7, 200))); err != nil {
		t.Skip("only root makes devices: ", err)
	}
	if err := WriteFile("disk", nil); err == nil || !strings.Contains(err.Error(), "it is a disk") {
		t.Errorf("got %v", err)
	}
	if err := unix.Mknod("nothing", unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile("nothing", []byte("away")); err != nil {
		t.Skip("devices are not opened here: ", err)
	}
	if info, err := os.Lstat("nothing"); err != nil || info.Mode()&fs.ModeCharDevice == 0 {
		t.Errorf("the device is gone: %v, %v", info, err)
	}
}
