package main

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	washers   = "../../testdata/washer"
	builtHere = "../../musc" // by the C compiler of this machine: make build

	// tolerance of a score: that of engine's test of the whole job.
	tolerance = 1e-3
)

// artefact is the only file of out/dist that a pattern fits.
func artefact(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("../../out/dist", pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("out/dist holds %q as %s, %v (make dist)", found, pattern, err)
	}
	return found[0]
}

// testRoot is an empty root's archive; without the means to make or to enter one the test is skipped.
func testRoot(t *testing.T) string {
	t.Helper()
	if os.Getenv("MUSC_TEST_DIST") == "" {
		t.Skip("set MUSC_TEST_DIST=1 (make test-dist)")
	}
	if os.Getuid() != 0 {
		t.Skip("only root can enter another root")
	}
	empty, err := emptyRoot(t.Context())
	if err != nil {
		t.Skip("no empty root: ", err)
	}
	return empty
}

// What is handed out is installed in an empty root: no network, no Python, no compiler, no other program
// than the least Debian has. Each scores the washers.
func TestEmptyRoot(t *testing.T) {
	empty := testRoot(t)
	var scores [][]byte
	for _, kind := range []struct {
		name    string
		install func(t *testing.T, r root) (program string)
		remove  string // the command, if there is one
	}{
		{"deb", installDeb, "dpkg --remove musc"},
		{"rpm", installRPM, ""},
		{"tar.gz", installArchive, ""},
	} {
		t.Run(kind.name, func(t *testing.T) {
			r := newRoot(t, empty)
			for _, name := range []string{"musc", "python3", "pip", "gcc", "cc", "curl"} {
				if _, _, code := r.run(t, "command -v "+name); code == 0 {
					t.Fatalf("there is %s in the empty root", name)
				}
			}
			program := kind.install(t, r)
			scores = append(scores, scoreWashers(t, r, program))
			if kind.name == "tar.gz" { // the paper's settings, by a program that shares no code with musc
				r.must(t, program+" score /washer -o /paper --preset paper --no-report --maps none")
				paper, err := os.ReadFile(filepath.Join(string(r), "paper/scores.csv"))
				if err != nil {
					t.Fatal(err)
				}
				compareScores(t, paper, "scores_224.csv", "score_before_rscin")
			}
			if kind.name == "rpm" {
				removeRPM(t, r)
			} else if kind.remove != "" {
				r.must(t, kind.remove)
				r.lacks(t, program, "usr/share/man/man1/musc.1.gz", "usr/share/doc/musc")
			}
		})
	}
	for _, other := range scores[min(1, len(scores)):] {
		if !bytes.Equal(other, scores[0]) {
			t.Error("the packages do not give the same bytes")
		}
	}
	if len(scores) > 0 {
		compareWithBuiltHere(t, scores[0])
	}
}

func installDeb(t *testing.T, r root) (program string) {
	r.put(t, artefact(t, "musc_*_amd64.deb"), "tmp/musc.deb")
	r.put(t, artefact(t, "musc-*-bundle-linux-amd64.tar"), "tmp/bundle.tar")
	r.must(t, "dpkg --install /tmp/musc.deb")
	r.holds(t, "usr/share/doc/musc/copyright")
	checkFiles(t, r, "usr")
	return "/usr/bin/musc"
}

// installRPM uses rpm of this machine: the root has none. Nor has it packages of rpm that glibc could be
// one of, hence --nodeps.
func installRPM(t *testing.T, r root) (program string) {
	r.put(t, artefact(t, "musc-*-bundle-linux-amd64.tar"), "tmp/bundle.tar")
	packed, err := filepath.Abs(artefact(t, "musc-*.x86_64.rpm"))
	if err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("rpm", "--root", string(r), "--install", "--nodeps",
		packed).CombinedOutput(); err != nil {
		t.Fatalf("rpm --install: %v: %s", err, said)
	}
	if said, err := exec.Command("rpm", "--root", string(r), "--verify", "--nodeps",
		"musc").CombinedOutput(); err != nil {
		t.Errorf("rpm --verify: %v: %s", err, said)
	}
	r.holds(t, "usr/share/licenses/musc/LICENSE", "usr/share/licenses/musc/THIRD-PARTY.txt")
	checkFiles(t, r, "usr")
	return "/usr/bin/musc"
}

func removeRPM(t *testing.T, r root) {
	if said, err := exec.Command("rpm", "--root", string(r), "--erase", "musc").CombinedOutput(); err != nil {
		t.Fatalf("rpm --erase: %v: %s", err, said)
	}
	r.lacks(t, "usr/bin/musc", "usr/share/man/man1/musc.1.gz", "usr/share/doc/musc", "usr/share/licenses/musc")
}

// installArchive has nothing but the bundle, and goes the way that its README says.
func installArchive(t *testing.T, r root) (program string) {
	r.put(t, artefact(t, "musc-*-bundle-linux-amd64.tar"), "tmp/bundle.tar")
	r.must(t, "cd /tmp; tar xf bundle.tar --wildcards 'musc-*.tar.gz' SHA256SUMS README.txt; "+
		"sha256sum --check --ignore-missing SHA256SUMS; tar xf musc-*.tar.gz")
	found, err := filepath.Glob(filepath.Join(string(r), "tmp/musc-*/bin/musc"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the archive in the bundle holds %q, %v", found, err)
	}
	top := strings.TrimSuffix(strings.TrimPrefix(found[0], string(r)), "/bin/musc")
	readme, err := os.ReadFile(filepath.Join(string(r), "tmp/README.txt"))
	if command := strings.TrimPrefix(top, "/tmp/") + "/bin/musc setup --bundle BUNDLE.tar"; err != nil ||
		!strings.Contains(string(readme), command) {
		t.Errorf("the bundle's README does not say %q, %v", command, err)
	}
	r.holds(t, top+"/share/doc/musc/LICENSE", top+"/share/doc/musc/THIRD-PARTY.txt")
	checkFiles(t, r, top)
	return top + "/bin/musc"
}

// checkFiles looks for the manual page and the completions below the prefix.
func checkFiles(t *testing.T, r root, prefix string) {
	t.Helper()
	const manual = "share/man/man1/musc.1.gz"
	for _, path := range []string{manual, "share/bash-completion/completions/musc",
		"share/zsh/site-functions/_musc", "share/fish/vendor_completions.d/musc.fish"} {
		r.holds(t, filepath.Join(prefix, path))
	}
	if text := r.must(t, "gzip -dc /"+filepath.Join(prefix, manual)); !strings.Contains(text, ".TH") {
		t.Error("musc.1.gz is no manual page")
	}
}

// scoreWashers sets up from the bundle, scores the washers, compares the scores with the golden ones, and
// returns scores.csv.
func scoreWashers(t *testing.T, r root, program string) []byte {
	t.Helper()
	r.put(t, filepath.Join(washers, "images"), "washer")
	if said := r.must(t, program+" --version"); !strings.Contains(said, "musc") {
		t.Errorf("--version says %q", said)
	}
	_, stderr, code := r.run(t, "mkdir /tmp/full; mount -t tmpfs -o size=1m none /tmp/full; "+
		"MUSC_CACHE=/tmp/full "+program+" setup --bundle /tmp/bundle.tar")
	if code == 0 || !strings.Contains(stderr, "free some space") {
		t.Errorf("set up on a full disk: exit %d, %s", code, stderr)
	}
	r.must(t, program+" setup --bundle /tmp/bundle.tar")
	if said := r.must(t, program+" doctor --verify"); !strings.Contains(said, "Ready: ") {
		t.Errorf("doctor says %s", said)
	}
	r.must(t, program+" score /washer -o /out")
	r.holds(t, "out/report.html", "out/overview.png")
	scores, err := os.ReadFile(filepath.Join(string(r), "out/scores.csv"))
	if err != nil {
		t.Fatal(err)
	}
	compareWithGolden(t, scores)
	return scores
}

// compareWithGolden compares scores.csv of the default settings with what musc gave when its tests held
// it against the definition of the method.
func compareWithGolden(t *testing.T, scores []byte) {
	t.Helper()
	compareScores(t, scores, "scores_default.csv", "score")
}

// compareScores compares a column of scores.csv with that of a golden file.
func compareScores(t *testing.T, scores []byte, golden, column string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(washers, golden))
	if err != nil {
		t.Fatal(err)
	}
	got, want := scoresByName(t, scores, column), scoresByName(t, content, column)
	worst := 0.0
	for name, score := range want {
		value, ok := got[name]
		if !ok {
			t.Errorf("no score of %s", name)
			continue
		}
		worst = max(worst, math.Abs(value-score))
	}
	if len(got) != len(want) || !(worst < tolerance) {
		t.Errorf("%d scores, want %d; they differ from %s by up to %g", len(got), len(want), golden, worst)
	}
	t.Logf("largest difference to %s: %.2g", golden, worst)
}

// scoresByName reads the column image and another; names count without their folder.
func scoresByName(t *testing.T, content []byte, column string) map[string]float64 {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	columns := map[string]int{}
	for i, name := range rows[0] {
		columns[name] = i
	}
	scores := map[string]float64{}
	for _, row := range rows[1:] {
		value, err := strconv.ParseFloat(row[columns[column]], 64)
		if err != nil {
			t.Fatal(err)
		}
		scores[filepath.Base(row[columns["image"]])] = value
	}
	return scores
}

// compareWithBuiltHere says whether this machine's C compiler makes a musc of the same scores.
func compareWithBuiltHere(t *testing.T, scores []byte) {
	t.Helper()
	if _, err := os.Stat(builtHere); err != nil {
		t.Log("not compared with a musc of this machine's C compiler: ", err)
		return
	}
	out := filepath.Join(t.TempDir(), "out")
	command := exec.CommandContext(t.Context(), builtHere, "score", filepath.Join(washers, "images"), "-o", out,
		"--device", "cpu")
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	own, err := os.ReadFile(filepath.Join(out, "scores.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(own, scores) {
		t.Log("scores.csv has the same bytes as that of a musc of this machine's C compiler")
		return
	}
	compareWithGolden(t, own)
	t.Log("scores.csv has other bytes than that of a musc of this machine's C compiler")
}
