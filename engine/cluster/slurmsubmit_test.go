package cluster

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

// slurmStandIn puts programs in the place of Slurm's: sbatch numbers jobs from 1. The file that is
// returned gets its options, whether its script is the phase score's, and the calls of scancel.
func slurmStandIn(t *testing.T, queued, failing string) string {
	t.Helper()
	folder := t.TempDir()
	log := filepath.Join(folder, "calls")
	program(t, folder, "squeue", "echo "+queued)
	program(t, folder, "scontrol", "echo 'MaxArraySize            = 5001'")
	program(t, folder, "scancel", "echo scancel \"$@\" >> "+log)
	program(t, folder, "sbatch", "cd "+folder+`
echo >> submitted
n=$(wc -l < submitted)
if [ "$n" = "`+failing+`" ]; then echo "invalid partition" >&2; exit 1; fi
for word; do
  case $word in (--parsable | --dep* | --kill* | --array*) printf '%s ' "$word" >> calls ;; esac
done
grep -c 'phase score' >> calls
echo "$n;other"`)
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	return log
}

func submit(t *testing.T) (ids []string, run Run, err error) {
	t.Helper()
	run = halfDone()
	run.Folder = filepath.Join(t.TempDir(), "o ut")
	jobs, err := (&Slurm{}).Jobs(run)
	if err != nil {
		t.Fatal(err)
	}
	ids, err = SubmitSlurm(t.Context(), run, jobs)
	return ids, run, err
}

func TestSubmittedInOrderWithTheirNumbers(t *testing.T) {
	log := slurmStandIn(t, "", "")
	ids, run, err := submit(t)
	if err != nil || !slices.Equal(ids, []string{"1", "2", "3", "4", "5", "6"}) {
		t.Fatalf("jobs %v, %v", ids, err)
	}
	golden(t, "slurm_calls.txt", read(t, log))
	if _, err := os.Stat(run.logFolder()); err != nil {
		t.Errorf("Slurm makes no folder for the tasks' logs: %v", err)
	}
}

func TestNothingStaysSubmittedOfWhatSlurmRefuses(t *testing.T) {
	log := slurmStandIn(t, "", "4")
	_, _, err := submit(t)
	if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "nearest") ||
		!strings.Contains(err.Error(), "invalid partition") {
		t.Errorf("%v; want an error of the set-up with the phase and what sbatch said", err)
	}
	if text := read(t, log); !strings.HasSuffix(text, "scancel 1 2 3\n") {
		t.Errorf("calls were\n%s", text)
	}
}

func TestJobsOfThePlanInTheQueueAreNotDoubled(t *testing.T) {
	log := slurmStandIn(t, "'12_[3-40]' 13", "")
	_, _, err := submit(t)
	if fault.KindOf(err) != fault.Usage || !strings.Contains(err.Error(), "scancel 12_[3-40] 13") {
		t.Errorf("%v; want an error of usage that names the jobs", err)
	}
	if _, err := os.Stat(log); err == nil {
		t.Errorf("submitted all the same: %s", read(t, log))
	}
}

func TestMaxArraySizeIsTheClusters(t *testing.T) {
	slurmStandIn(t, "", "")
	if size, err := SlurmMaxArraySize(t.Context()); size != 5001 || err != nil {
		t.Errorf("%d, %v", size, err)
	}
	folder := t.TempDir()
	program(t, folder, "scontrol", "echo 'MaxArraySize            = 0'")
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	if _, err := SlurmMaxArraySize(t.Context()); fault.KindOf(err) != fault.Setup {
		t.Errorf("a cluster without job arrays: %v", err)
	}
}

func TestWithoutSlurm(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if size, err := SlurmMaxArraySize(t.Context()); size != 0 || err != nil {
		t.Errorf("%d, %v; want no answer and no error, for --print", size, err)
	}
	if _, _, err := submit(t); fault.KindOf(err) != fault.Setup ||
		!strings.Contains(err.Error(), "--print") {
		t.Errorf("%v; want an error of the set-up with a way out", err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
