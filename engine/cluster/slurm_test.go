package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestSlurmPrintsWhatItSubmits(t *testing.T) {
	for name, c := range map[string]struct {
		slurm Slurm
		run   func(*Run)
	}{
		"slurm_half_done.sh": {Slurm{Options: []string{"-p", "gpu", "--gres=gpu:1", "-c8"},
			CPUOptions: []string{"--partition=cpu"}, Parallel: 64}, func(*Run) {}},
		"slurm_only_finish.sh": {Slurm{}, func(r *Run) { r.Phases = nil }},
	} {
		run := halfDone()
		c.run(&run)
		jobs, err := c.slurm.Jobs(run)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := PrintSlurm(&text, run, jobs); err != nil {
			t.Fatal(err)
		}
		golden(t, name, text.String())
	}
}

func TestArraysHoldEachTaskOnce(t *testing.T) {
	for _, c := range []struct {
		limit  int
		ranges []Range
		arrays int
	}{
		{0, []Range{{0, 1000}}, 1},
		{0, []Range{{0, 1001}}, 2},
		{0, []Range{{1001, 1001}}, 1},
		{0, []Range{{5, 7}, {998, 1002}, {4999, 7000}}, 6},
		{100001, []Range{{0, 9999}}, 1},
		{100001, []Range{{0, 10000}}, 2},
		{100001, []Range{{7, 7}, {99990, 100000}}, 1},
		{500, []Range{{499, 501}}, 2},
		{11, []Range{{0, 99}}, 10},
	} {
		s := Slurm{MaxArraySize: c.limit}
		arrays := s.arrays(c.ranges)
		var got, want []string
		for _, array := range arrays {
			for _, r := range array.indices {
				if r.Last >= c.limit && c.limit > 0 || c.limit == 0 && r.Last > 1000 {
					t.Errorf("%v: index %d of an array of at most %d", c.ranges, r.Last, c.limit)
				}
				for index := r.First; index <= r.Last; index++ {
					got = append(got, fmt.Sprintf("%d /log/score-%d.txt", array.offset+index,
						array.offset+index))
					log := array.log("/log", "score")
					if named := slurmName(log, array.digits, index); named !=
						fmt.Sprintf("/log/score-%d.txt", array.offset+index) {
						t.Fatalf("%v: %s with %d gives %s", c.ranges, log, index, named)
					}
				}
			}
		}
		for _, r := range c.ranges {
			for task := r.First; task <= r.Last; task++ {
				want = append(want, fmt.Sprintf("%d /log/score-%d.txt", task, task))
			}
		}
		if !slices.Equal(got, want) || len(arrays) != c.arrays {
			t.Errorf("limit %d, %v: %d arrays, want %d; tasks %.80q", c.limit, c.ranges, len(arrays),
				c.arrays, got)
		}
	}
}

// slurmName puts an index into a name as Slurm does.
func slurmName(pattern string, digits, index int) string {
	pattern = strings.ReplaceAll(pattern, fmt.Sprintf("%%%da", digits),
		fmt.Sprintf("%0*d", digits, index))
	return strings.ReplaceAll(pattern, "%a", fmt.Sprint(index))
}

func TestPhasesWithoutGPUsAskForNone(t *testing.T) {
	for _, c := range []struct{ given, left string }{
		{"-p gpu --gres=gpu:1 -t 2:00:00", "-p gpu -t 2:00:00"},
		{"--gres gpu:a100:2 --mem=8G", "--mem=8G"},
		{"--gres=gpu,scratch:100 -c 4", "--gres=scratch:100 -c 4"},
		{"--gres scratch:100", "--gres=scratch:100"},
		{"--tres-per-task=gres/gpu:1,cpu:4", "--tres-per-task=cpu:4"},
		{"--gres=shard:4,mps:50", ""},
		{"-G1 -G 2 --gpus=1 --gpus-per-node 1 --mem-per-gpu=4G --gpu-bind=closest", ""},
		{"-pgpu --exclusive --nice -A lab", "-pgpu --exclusive --nice -A lab"},
		{"--gres=gpu=1,gpus:3", "--gres=gpus:3"},
	} {
		options, err := parseSbatch(strings.Fields(c.given))
		if err != nil {
			t.Errorf("%s: %v", c.given, err)
		}
		if all := strings.Join(sbatchWords(options), " "); all != c.given {
			t.Errorf("%s becomes %s", c.given, all)
		}
		if left := strings.Join(sbatchWords(withoutGPUs(options)), " "); left != c.left {
			t.Errorf("%s: without GPUs %q, want %q", c.given, left, c.left)
		}
	}
}

func TestWhatMuscSetsItselfIsRefused(t *testing.T) {
	for _, given := range []string{"run.sh", "-p gpu run.sh", "--exclusive run.sh", "--mem=4G x", "-",
		"--", "--array=0-3", "-a 1", "-a1", "--dependency afterok:1", "-J name", "-o log", "--wait", "-W",
		"--no-requeue", "--wrap=true", "--test-only", "--help"} {
		for _, s := range []Slurm{{Options: strings.Fields(given)}, {GPUOptions: strings.Fields(given)},
			{CPUOptions: strings.Fields(given)}} {
			if _, err := s.Jobs(halfDone()); fault.KindOf(err) != fault.Usage {
				t.Errorf("%s: %v, want an error of usage", given, err)
			}
		}
	}
}

func TestFoldersWhoseLogsSlurmCannotName(t *testing.T) {
	run := halfDone()
	run.Folder = `/data/a\b`
	_, err := (&Slurm{}).Jobs(run)
	if fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), "backslash") {
		t.Errorf("got %v", err)
	}
}

func TestArraysOfAPhaseShareItsLimit(t *testing.T) {
	run := halfDone()
	for _, parallel := range []int{0, 5} {
		s := Slurm{Parallel: parallel}
		jobs, err := s.Jobs(run)
		if err != nil {
			t.Fatal(err)
		}
		ids := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
		var got []string
		for _, job := range jobs {
			options := job.dependency(ids)
			if len(options) > 0 && options[0] != "--kill-on-invalid-dep=yes" {
				t.Errorf("phase %s would wait for ever behind a failed task", job.Phase)
			}
			got = append(got, job.Phase+" "+strings.TrimPrefix(strings.Join(options[min(1, len(options)):],
				""), "--dependency="))
		}
		want := []string{"score ", "score ", "score ", "nearest afterok:a:b:c", "merge afterok:d",
			"finish afterok:e"}
		if parallel > 0 {
			want[1], want[2] = "score afterany:a", "score afterany:b"
		}
		if !slices.Equal(got, want) {
			t.Errorf("at most %d at once: %q, want %q", parallel, got, want)
		}
	}
}
