package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The image for CPUs is built with the empty root as its base, and scores the washers as a user of no name who
// may write nothing but the results. Images for a GPU need a bundle of another size: they are not built here.
func TestContainerfile(t *testing.T) {
	empty := testRoot(t)
	if _, err := exec.LookPath("buildah"); err != nil {
		t.Skip("no container image: ", err)
	}
	store := t.TempDir()
	buildah := func(arguments ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "buildah", append([]string{"--storage-driver", "vfs",
			"--root", filepath.Join(store, "root"), "--runroot", filepath.Join(store, "run")}, arguments...)...)
		var out, said bytes.Buffer
		command.Stdout, command.Stderr = &out, &said
		if err := command.Run(); err != nil {
			t.Fatalf("buildah %s: %v\n%s%s", strings.Join(arguments, " "), err, out.String(), said.String())
		}
		return strings.TrimSpace(out.String())
	}
	scratch := buildah("from", "scratch")
	buildah("add", "--quiet", scratch, empty, "/")
	buildah("commit", "--quiet", "--rm", scratch, "base")

	folder := filepath.Dir(artefact(t, "Containerfile"))
	buildah("bud", "--isolation", "chroot", "--build-arg", "BASE=localhost/base", "--build-arg",
		"CUDA_BASE=localhost/base", "--target", "cpu", "-t", "musc", folder)
	container := buildah("from", "--pull-never", "localhost/musc")
	defer buildah("rm", container)
	for field, want := range map[string]string{"User": "65532:0", "Entrypoint": "[/opt/musc/bin/musc]"} {
		if got := buildah("inspect", "--format", "{{.OCIv1.Config."+field+"}}", container); got != want {
			t.Errorf("the image's %s is %s, want %s", field, got, want)
		}
	}
	r := root(buildah("mount", container))
	r.put(t, filepath.Join(washers, "images"), "washer")
	if err := os.Mkdir(filepath.Join(string(r), "out"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(string(r), "out"), 4711, 4711); err != nil {
		t.Fatal(err)
	}
	const run = "exec setpriv --reuid 4711 --regid 4711 --clear-groups env --ignore-environment " +
		"MUSC_CACHE=/var/cache/musc /opt/musc/bin/musc "
	r.must(t, run+"score /washer -o /out/run")
	scores, err := os.ReadFile(filepath.Join(string(r), "out/run/scores.csv"))
	if err != nil {
		t.Fatal(err)
	}
	compareWithGolden(t, scores)
}
