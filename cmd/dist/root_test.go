package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/assets"
	"musc/engine/atomicfile"
	"musc/engine/fault"
)

// emptyRoot is a tar archive of the least Debian that there is (minbase), of this machine's release or of
// the one that $MUSC_TEST_RELEASE names, from the mirror that apt knows. It is made once, in a minute or
// two, and kept in the cache.
func emptyRoot(ctx context.Context) (string, error) {
	for _, tool := range []string{"mmdebstrap", "unshare", "rpm", "dpkg-deb", "apt-get"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", errors.New("there is no " + tool + " here")
		}
	}
	cache, err := assets.Cache()
	if err != nil {
		return "", err
	}
	own, err := firstLine(ctx, "sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME")
	if err != nil {
		return "", err
	}
	release := cmp.Or(os.Getenv("MUSC_TEST_RELEASE"), own)
	path := filepath.Join(cache, "empty-root-"+release+".tar")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	mirror, err := firstLine(ctx, "apt-get", "indextargets", "--format", "$(SITE)",
		"Created-By: Packages", "Codename: "+own)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	return path, atomicfile.Save(path, func(w io.Writer) error {
		var said bytes.Buffer
		bootstrap := exec.CommandContext(ctx, "mmdebstrap", "--mode=root", "--variant=minbase", "--format=tar",
			release, "-", mirror)
		bootstrap.Stdout, bootstrap.Stderr = w, &said
		if err := bootstrap.Run(); err != nil {
			return fault.New(fault.Setup, "mmdebstrap of %s: %w: %s", release, err, said.String())
		}
		return nil
	})
}

// firstLine is what a command prints first.
func firstLine(ctx context.Context, name string, arguments ...string) (string, error) {
	printed, err := exec.CommandContext(ctx, name, arguments...).Output()
	line, _, _ := strings.Cut(string(printed), "\n")
	if err == nil && line == "" {
		err = errors.New("nothing was printed")
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(arguments, " "), err)
	}
	return line, nil
}

// root is a folder with a system of its own. Commands in it have no network and see no process or mount
// of this machine's; what they mount goes with them.
type root string

// newRoot unpacks an empty one.
func newRoot(t *testing.T, archive string) root {
	t.Helper()
	folder := t.TempDir()
	if said, err := exec.Command("tar", "-xf", archive, "--numeric-owner", "-C",
		folder).CombinedOutput(); err != nil {
		t.Fatalf("unpacking %s: %v: %s", archive, err, said)
	}
	return root(folder)
}

// run executes a line of shell, in HOME, and returns what it prints and how it exits.
func (r root) run(t *testing.T, line string) (stdout, stderr string, code int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "unshare", "--net", "--mount", "--pid", "--ipc", "--uts",
		"--fork", "--kill-child", "--root="+string(r), "--mount-proc", "--wd=/root", "--", "/usr/bin/env", "-i",
		"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/root", "/bin/sh", "-ec", line)
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", line, err)
	}
	return out.String(), said.String(), command.ProcessState.ExitCode()
}

// must is run of what has to succeed.
func (r root) must(t *testing.T, line string) (stdout string) {
	t.Helper()
	stdout, stderr, code := r.run(t, line)
	if code != 0 {
		t.Fatalf("%s: exit %d\n%s%s", line, code, stdout, stderr)
	}
	return stdout
}

// put brings a file or a folder into the root, by a hard link where that can be.
func (r root) put(t *testing.T, source, target string) {
	t.Helper()
	target = filepath.Join(string(r), target)
	if os.Link(source, target) == nil {
		return
	}
	if said, err := exec.Command("cp", "-r", source, target).CombinedOutput(); err != nil {
		t.Fatalf("copying %s: %v: %s", source, err, said)
	}
}

// lacks fails if one of the paths is there.
func (r root) lacks(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := os.Lstat(filepath.Join(string(r), path)); err == nil {
			t.Errorf("there is still %s", path)
		}
	}
}

// holds fails if one of the files is missing or empty.
func (r root) holds(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if info, err := os.Stat(filepath.Join(string(r), path)); err != nil || info.Size() == 0 {
			t.Errorf("no %s: %v", path, err)
		}
	}
}
