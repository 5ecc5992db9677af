package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// systemd understands the unit in docs/security.md, and counts its exposure as low: "OK" up to 4.9, of 10.
func TestUnitOfThePage(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip(err)
	}
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```\n(\\[Unit\\].*?)```").FindSubmatch(page)
	if found == nil {
		t.Fatal("docs/security.md has no unit")
	}
	folder := t.TempDir()
	unit := strings.ReplaceAll(string(found[1]), "/usr/bin/musc ", "/bin/true ") // which is everywhere
	put(t, folder, map[string]string{"musc.service": unit})
	path := filepath.Join(folder, "musc.service")
	said, _ := exec.Command(analyze, "verify", path).CombinedOutput() // of the system's other units, too
	for line := range strings.Lines(string(said)) {
		if strings.Contains(line, "musc.service") {
			t.Errorf("verify: %s", line)
		}
	}
	if help, _ := exec.Command(analyze, "--help").CombinedOutput(); !strings.Contains(string(help), "--offline") {
		t.Skip("this systemd rates only the units that it runs")
	}
	if said, err := exec.Command(analyze, "security", "--offline=true", "--threshold=20", "--no-pager",
		path).CombinedOutput(); err != nil {
		t.Errorf("security: %v: %s", err, said)
	}
}
