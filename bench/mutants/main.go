// Command mutants tests the tests: go-gremlins changes one operator of a package at a time, runs the
// package's own tests, and counts the changes that no test notices. A survivor that changes nothing
// anyone could see is listed in equivalent.csv with the reason; any other fails the run.
//
//	go run ./bench/mutants                     every package under engine/ and models/
//	go run ./bench/mutants ./engine/dataset    one
//
// Tests run with -short: what takes a minute there is left to `make test`.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// What a package must reach, in per cent: of its mutants, those that its tests run, and of these,
// those that they notice.
const (
	leastRun    = 90
	leastKilled = 95
)

// tool is go-gremlins, run from the module proxy so that go.mod does not carry what it needs.
const tool = "github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0"

//go:embed equivalent.csv
var equivalents string

func main() {
	packages := os.Args[1:]
	if err := run(packages); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(packages []string) error {
	known, err := readEquivalents(equivalents)
	if err != nil {
		return err
	}
	if len(packages) == 0 {
		if packages, err = list(); err != nil {
			return err
		}
	}
	scratch, err := os.MkdirTemp("", "musc-mutants-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	failed := 0
	for _, name := range packages {
		folder := "./" + filepath.ToSlash(filepath.Clean(name))
		found, err := unleash(folder, filepath.Join(scratch, "mutants.json"))
		if err != nil {
			return fmt.Errorf("%s: %w", folder, err)
		}
		t := count(folder, found, known)
		fmt.Println(t)
		for _, survivor := range t.unlisted {
			fmt.Println("    lived:", survivor)
		}
		for _, line := range t.unseen {
			fmt.Println("    not run:", line)
		}
		if !t.passes() {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d packages are below %d %% run or %d %% killed", failed,
			len(packages), leastRun, leastKilled)
	}
	return nil
}

// list names the packages that have code and tests of their own.
func list() ([]string, error) {
	text, err := exec.Command("go", "list", "-f", "{{if .TestGoFiles}}{{.Dir}}{{end}}",
		"./engine/...", "./models/...").Output()
	if err != nil {
		return nil, fmt.Errorf("listing the packages: %w", err)
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, folder := range strings.Fields(string(text)) {
		relative, err := filepath.Rel(here, folder)
		if err != nil {
			return nil, err
		}
		folders = append(folders, relative)
	}
	slices.Sort(folders)
	return folders, nil
}

// unleash runs the tool on one package and reads what it found. Packages beneath it are left out,
// and files that are not built here, for other systems or a GPU: the tool would take both along.
func unleash(folder, output string) ([]mutant, error) {
	arguments := []string{"run", tool, "unleash", "--output", output}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			arguments = append(arguments, "--exclude-files", "^"+entry.Name()+"/")
		}
	}
	ignored, err := exec.Command("go", "list", "-f", `{{join .IgnoredGoFiles "\n"}}`, folder).Output()
	if err != nil {
		return nil, fmt.Errorf("listing the files: %w", err)
	}
	for _, name := range strings.Fields(string(ignored)) {
		arguments = append(arguments, "--exclude-files", "^"+regexp.QuoteMeta(name)+"$")
	}
	_ = os.Remove(output) // the tool writes none about a package without mutants
	command := exec.Command("go", append(arguments, folder)...)
	command.Env = append(os.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -short"))
	if text, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	return readMutants(folder, output)
}
