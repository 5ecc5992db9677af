package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// submitTo submits what is missing of phases whose tasks a shell script does in the place of musc.
// It finds its task as $1: PHASE-K.
func submitTo(t *testing.T, c *testCluster, id, script string, phases ...Phase) (run Run) {
	t.Helper()
	run = Run{Folder: filepath.Join(c.folder, "o'ut 5% "+id), ID: id, Phases: phases}
	run.Musc = program(t, t.TempDir(), "mu sc", `command=$1
while [ "$1" != `+quote([]string{run.Folder})+` ]; do shift; done
cd "$1" || exit 9
set -- "${2:-$command}-$3"
echo "$1" >> started
`+script)
	size, err := SlurmMaxArraySize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slurm := Slurm{Options: []string{"--gres=gpu:1"}, MaxArraySize: size}
	jobs, err := slurm.Jobs(run)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := SubmitSlurm(t.Context(), run, jobs)
	if err != nil {
		t.Fatal(err)
	}
	c.say("submitted %s: jobs %v", id, ids)
	return run
}

// started are the tasks that were, sorted, each as often as it was.
func started(t *testing.T, run Run) []string {
	t.Helper()
	list := strings.Fields(read(t, filepath.Join(run.Folder, "started")))
	slices.Sort(list)
	return list
}

func TestSlurmObeysExitCodes(t *testing.T) {
	c := startCluster(t)
	two := []Range{{0, 1}}
	score, draw := Phase{Name: "score", Tasks: 2, Missing: two, GPU: true},
		Phase{Name: "draw", Tasks: 2, Missing: two}
	all := []string{"draw-0", "draw-1", "merge-", "score-0", "score-1"}
	for _, q := range []struct {
		id, script string
		want       []string
	}{
		{"done", `[ "$1" != score-1 ] || exit 3`, all},
		{"input", `[ "$1" != score-0 ] || exit 4`, []string{"score-0", "score-1"}},
		{"setup", `[ "$1" != score-0 ] || exit 5`, []string{"score-0", "score-0", "score-0", "score-0",
			"score-1"}},
		{"killed", `[ "$1" != draw-1 ] || [ -e killed ] || { touch killed; kill -9 $$; }`,
			[]string{"draw-0", "draw-1", "draw-1", "merge-", "score-0", "score-1"}},
		{"usage", `[ "$1" != score-0 ] || exit 2; sleep 600`, nil},
	} {
		run := submitTo(t, c, q.id, q.script, score, draw)
		c.drain()
		got := started(t, run)
		c.say("%s: tasks started were %v", q.id, got)
		if q.want != nil && !slices.Equal(got, q.want) ||
			q.want == nil && !strings.HasPrefix(got[0], "score-") {
			t.Errorf("%s: tasks started were %v, want %v", q.id, got, q.want)
		}
	}
}

func TestSlurmSplitsLongPhases(t *testing.T) {
	c := startCluster(t)
	phase := Phase{Name: "score", Tasks: 1300, GPU: true,
		Missing: []Range{{97, 101}, {205, 205}, {1299, 1299}}}
	run := submitTo(t, c, "long", `echo "GPU $CUDA_VISIBLE_DEVICES"`, phase)
	c.drain()
	want := []string{"merge-"}
	for _, r := range phase.Missing {
		for task := r.First; task <= r.Last; task++ {
			want = append(want, fmt.Sprint("score-", task))
			log := read(t, filepath.Join(run.logFolder(), fmt.Sprintf("score-%d.txt", task)))
			if !strings.Contains(log, "GPU 0\n") || !strings.Contains(log, "exit code 0") {
				t.Errorf("the log of task %d is\n%s", task, log)
			}
		}
	}
	slices.Sort(want)
	if got := started(t, run); !slices.Equal(got, want) {
		t.Errorf("tasks started were %v, want %v", got, want)
	}
	if logs, _ := os.ReadDir(run.logFolder()); len(logs) != len(want) {
		t.Errorf("%d logs of %d tasks", len(logs), len(want))
	}
}
