package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"musc/engine/fault"
)

func platform() Kubernetes {
	return Kubernetes{Image: "registry.example/musc:1", Queue: "gpu-queue", Parallel: 64,
		GPUResource: "nvidia.com/gpu", CPUs: 8, Memory: "32Gi",
		Mounts: []Mount{{Claim: "musc-out", Path: "/data"}, {Path: "/photos", ReadOnly: true}},
		Env:    []string{"MUSC_CACHE=/data/cache", "EMPTY="}}
}

func TestKubernetesPrintsJobs(t *testing.T) {
	plain := Kubernetes{Image: "musc", Mounts: []Mount{{Path: "/data"}}}
	for name, c := range map[string]struct {
		kubernetes Kubernetes
		phase      string
		jobs       int
	}{
		"kubernetes_all.yaml":    {platform(), "", 4},
		"kubernetes_score.yaml":  {plain, "score", 1},
		"kubernetes_finish.yaml": {plain, Finish, 1},
		"kubernetes_depth.yaml":  {plain, "depth", 0},
	} {
		run := halfDone()
		run.Musc = "musc"
		var text strings.Builder
		n, err := c.kubernetes.Write(&text, run, c.phase)
		if err != nil || n != c.jobs {
			t.Errorf("%s: %d Jobs, %v; want %d", name, n, err, c.jobs)
		}
		golden(t, name, text.String())
	}
}

func TestWhatKubernetesWouldRefuse(t *testing.T) {
	for name, change := range map[string]func(*Kubernetes){
		"no image":         func(k *Kubernetes) { k.Image = "" },
		"no volume":        func(k *Kubernetes) { k.Mounts = nil },
		"volume elsewhere": func(k *Kubernetes) { k.Mounts = []Mount{{Path: "/dat"}} },
		"volume read only": func(k *Kubernetes) { k.Mounts[0].ReadOnly = true },
		"volume twice":     func(k *Kubernetes) { k.Mounts = append(k.Mounts, k.Mounts[0]) },
		"name of a queue":  func(k *Kubernetes) { k.Queue = "gpu queue" },
		"resource":         func(k *Kubernetes) { k.GPUResource = "gpu" },
		"memory":           func(k *Kubernetes) { k.Memory = "16GB" },
		"variable":         func(k *Kubernetes) { k.Env = []string{"MUSC_CACHE"} },
		"no UTF-8":         func(k *Kubernetes) { k.Env = []string{"MUSC_CACHE=/\xff"} },
	} {
		k := platform()
		change(&k)
		if _, err := k.Write(&strings.Builder{}, halfDone(), ""); fault.KindOf(err) != fault.Usage {
			t.Errorf("%s: %v, want an error of usage", name, err)
		}
	}
	k := platform()
	if _, err := k.Write(&strings.Builder{}, halfDone(), "scores"); fault.KindOf(err) != fault.Usage {
		t.Errorf("phase scores: %v, want an error of usage", err)
	}
	run := halfDone()
	run.Phases[1].Missing = []Range{{0, mostTasks}}
	if _, err := k.Write(&strings.Builder{}, run, ""); fault.KindOf(err) != fault.Usage {
		t.Errorf("%d tasks: %v, want an error of usage", mostTasks+1, err)
	}
}

func TestClaimsAndMounts(t *testing.T) {
	for text, want := range map[string]Mount{
		"photos:/data/photos":    {"photos", "/data/photos", false},
		"photos:/data/photos/":   {"photos", "/data/photos", false},
		"my.photos-1:/photos:ro": {"my.photos-1", "/photos", true},
	} {
		if got, err := ParseClaim(text); got != want || err != nil {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
	if got, err := ParseMount("/data:ro"); got != (Mount{"", "/data", true}) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "photos", "photos:", "photos:data", "Photos:/data", ":/data",
		"photos:/data:rw", "/data"} {
		if _, err := ParseClaim(text); fault.KindOf(err) != fault.Usage {
			t.Errorf("claim %q: %v, want an error of usage", text, err)
		}
	}
	for _, text := range []string{"", "data", "/data:rw"} {
		if _, err := ParseMount(text); fault.KindOf(err) != fault.Usage {
			t.Errorf("mount %q: %v, want an error of usage", text, err)
		}
	}
}

// pod runs the script of a pod, with a script in the place of musc.
func pod(t *testing.T, missing []Range, index int, musc string) *exec.Cmd {
	t.Helper()
	path := program(t, t.TempDir(), "mu sc", musc)
	command := exec.Command("sh", "-c", podScript, "musc", path, "task", "/o ut", "score")
	command.Env = append(os.Environ(), fmt.Sprint("JOB_COMPLETION_INDEX=", index))
	if missing != nil {
		command.Env = append(command.Env, "MUSC_TASKS="+join(missing, " "))
	}
	return command
}

func TestIndicesOfAJobAreTheMissingTasks(t *testing.T) {
	for _, missing := range [][]Range{{{0, 4}}, {{3, 3}, {17, 20}, {99, 99}}, {{1000, 1001}}} {
		var want []string
		for _, r := range missing {
			for task := r.First; task <= r.Last; task++ {
				want = append(want, fmt.Sprintf("task|/o ut|score|%d|", task))
			}
		}
		for index, call := range want {
			got, err := pod(t, missing, index, `printf '%s|' "$@"`).CombinedOutput()
			if err != nil || string(got) != call {
				t.Errorf("index %d of %v: %q, %v; want %q", index, missing, got, err, call)
			}
		}
	}
	got, err := pod(t, nil, 0, `printf '%s|' "$@"`).CombinedOutput()
	if string(got) != "task|/o ut|score|" {
		t.Errorf("a command without a number: %q, %v", got, err)
	}
}

func TestExitCodesOfAPod(t *testing.T) {
	for code, want := range map[int]int{0: 0, 1: 1, 2: 2, 3: 0, 4: 4, 5: 5, 6: 6, 130: 130} {
		command := pod(t, nil, 0, fmt.Sprint("exit ", code))
		err := command.Run()
		if got := command.ProcessState.ExitCode(); got != want {
			t.Errorf("musc's %d becomes %d (%v), want %d", code, got, err, want)
		}
	}
}

// A pod that is to end tells musc so: the first process of a container gets the signal alone.
func TestEvictedPodEndsMusc(t *testing.T) {
	told := filepath.Join(t.TempDir(), "told")
	command := pod(t, nil, 0, "trap 'echo > "+told+"; exit 130' TERM\necho ready\n"+
		"while :; do sleep 0.01; done")
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	watch := time.AfterFunc(time.Minute, func() { command.Process.Kill() })
	defer watch.Stop()
	if _, err := output.Read(make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var failed *exec.ExitError
	if err := command.Wait(); !errors.As(err, &failed) || failed.ExitCode() != 143 {
		t.Errorf("%v, want exit code 143", err)
	}
	if _, err := os.Stat(told); err != nil {
		t.Error("musc was not told")
	}
}
