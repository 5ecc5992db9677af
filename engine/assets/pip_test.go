package assets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
)

// onPath leaves nothing to be found but these scripts of the shell, by name.
func onPath(t *testing.T, scripts map[string]string) {
	t.Helper()
	folder := t.TempDir()
	for name, script := range scripts {
		path := filepath.Join(folder, name)
		write(t, path, []byte("#!/bin/sh\n"+script+"\n"))
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
}

// What is passed over does not run; what is made below the folder goes with it.
func TestPipIsTriedBeforeItIsTaken(t *testing.T) {
	const no, yes = "exit 1", "exit 0"
	const onlyVenv = `[ "$2" = venv ]`
	for _, test := range []struct {
		name    string
		scripts map[string]string
		want    string
	}{
		{"the first", map[string]string{"python3": yes, "pip3": yes}, "python3 -m pip"},
		{"Python without pip", map[string]string{"python3": no, "pip3": yes}, "pip3"},
		{"uv", map[string]string{"python3": no, "uv": yes, "pipx": yes}, "uv tool run pip"},
		{"uv without a network", map[string]string{"python3": no, "uv": no, "pipx": yes}, "pipx run pip"},
		{"an environment's", map[string]string{"python3": onlyVenv}, "FOLDER/environment/bin/python3 -m pip"},
		{"none", map[string]string{"python3": no}, ""},
		{"nothing at all", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			onPath(t, test.scripts)
			if got := strings.Join(findPip(t.Context(), "FOLDER"), " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Without pip there is a way out for every download; a bundle holds what musc setup fetches but for the
// photos of the demonstration, and nothing that builds need.
func TestNoPip(t *testing.T) {
	newCache(t)
	onPath(t, nil)
	for _, test := range []struct {
		command, says, silent string
	}{
		{"", "; install pip (", "pip download"},
		{"musc setup model", "), or gather all where there is one: musc setup --make-bundle FILE; and here: musc " +
			"setup --bundle FILE", "pip download"},
		{"make build", "on a machine with a network run: pip download", "--bundle"},
	} {
		artifact, _ := photos(t)
		artifact.Command = test.command
		err := Ensure(t.Context(), []Artifact{artifact}, Options{})
		if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "no pip runs here (python3 -m pip, ") ||
			!strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), test.silent) {
			t.Errorf("%q: got %v", test.command, err)
		}
	}
	if way := Demo.withoutPip("cache"); strings.Contains(way, "bundle") {
		t.Errorf("the photos of the demonstration are in no bundle: %s", way)
	}
}

func TestPackageOfPip(t *testing.T) {
	const all = "apt-get install python3-pip, dnf install python3-pip, zypper install python3-pip, apk add py3-pip"
	for text, want := range map[string]string{
		"NAME=\"Debian GNU/Linux\"\nID=debian\n":       "apt-get install python3-pip",
		"ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n":    "apt-get install python3-pip",
		"ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"": "dnf install python3-pip",
		"ID=fedora\r\n": "dnf install python3-pip",
		"ID=\"opensuse-leap\"\nID_LIKE='suse opensuse'\n": "zypper install python3-pip",
		"ID=alpine\n": "apk add py3-pip",
		"ID=arch\n":   all,
		"nonsense":    all,
		"":            all,
	} {
		path := filepath.Join(t.TempDir(), "os-release")
		write(t, path, []byte(text))
		if got := pipPackage(path); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := pipPackage("/nowhere/os-release"); got != all {
		t.Errorf("without the file: %q", got)
	}
}
