package cluster

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"musc/engine/fault"
)

// Kubernetes says how the phases become Jobs.
type Kubernetes struct {
	Image       string
	Queue       string // Kueue's local queue; empty where there is no Kueue
	Parallel    int    // tasks of a phase at once; 0 for all of them
	GPUResource string // what a GPU is called, such as nvidia.com/gpu; empty for no GPU
	CPUs        int    // of each task; 0 for no request
	Memory      string // of each task, as Kubernetes writes it: 16Gi; empty for no request
	Mounts      []Mount
	Env         []string // NAME=VALUE
}

// Mount is where a pod finds files. Paths are those of the plan, which names photos by them.
type Mount struct {
	Claim    string // a PersistentVolumeClaim; empty for the node's own folder at Path
	Path     string
	ReadOnly bool
}

// mostTasks is where Kubernetes begins to ask more of a Job.
const mostTasks = 100000

//go:embed kubernetes.sh
var podScript string

// Write prints a Job for each phase of which tasks are missing and one for Finish, or only that of
// one phase. Jobs do not wait for each other: each is to be created when the one before is done. n
// is how many were printed: none if nothing is missing of the phase. Errors are of kind fault.Usage,
// but for those of w.
func (k *Kubernetes) Write(w io.Writer, run Run, phase string) (n int, err error) {
	if err := errors.Join(run.knows(phase), k.check(&run)); err != nil {
		return 0, err
	}
	steps, err := run.steps()
	if err != nil {
		return 0, err
	}
	for _, step := range steps {
		if phase != "" && phase != step.Name {
			continue
		}
		if len := count(step.Missing); len > mostTasks {
			return n, fault.New(fault.Usage, "phase %s has %d tasks, more than the %d of a Job: "+
				"plan with larger tasks", step.Name, len, mostTasks)
		}
		var text strings.Builder
		fmt.Fprintf(&text, "---\n# %s: %d of %d tasks\n", step.Name, count(step.Missing), step.Tasks)
		encoder := yaml.NewEncoder(&text)
		encoder.SetIndent(2)
		if err := encoder.Encode(k.job(&run, step)); err != nil {
			return n, fmt.Errorf("writing the Job of phase %s: %w", step.Name, err)
		}
		if _, err := io.WriteString(w, text.String()); err != nil {
			return n, fault.New(fault.Output, "printing the Job of phase %s: %w", step.Name, err)
		}
		n++
	}
	return n, nil
}

func (k *Kubernetes) job(run *Run, step step) kubernetesJob {
	labels := map[string]string{"app.kubernetes.io/name": "musc", "musc/plan": run.ID,
		"musc/phase": step.Name}
	own := labels
	if k.Queue != "" {
		own = map[string]string{"kueue.x-k8s.io/queue-name": k.Queue}
		for name, value := range labels {
			own[name] = value
		}
	}
	tasks := count(step.Missing)
	parallel := tasks
	if k.Parallel > 0 {
		parallel = min(tasks, k.Parallel)
	}
	return kubernetesJob{"batch/v1", "Job", kubernetesMeta{run.jobName(step.Name), own},
		kubernetesSpec{Suspend: k.Queue != "", CompletionMode: "Indexed", Completions: tasks,
			Parallelism: parallel, BackoffLimitPerIndex: Retries,
			MaxFailedIndexes: max(1, tasks/10), PodFailurePolicy: failurePolicy,
			Template: podTemplate{kubernetesMeta{Labels: labels}, k.pod(run, step)}}}
}

// failurePolicy is what the exit codes of a task mean; what it does not name counts as a failure of
// which there may be Retries an index. A pod that was evicted or lost its node counts for none.
var failurePolicy = podFailurePolicy{[]podFailureRule{
	{Action: "Ignore", OnPodConditions: []podCondition{{"DisruptionTarget", "True"}}},
	{Action: "FailJob", OnExitCodes: &exitCodes{"musc", "In", []int{2}}},
	{Action: "FailIndex", OnExitCodes: &exitCodes{"musc", "In", []int{4}}},
}}

func (k *Kubernetes) pod(run *Run, step step) podSpec {
	requests, limits := map[string]string{}, map[string]string{}
	if k.CPUs > 0 {
		requests["cpu"] = strconv.Itoa(k.CPUs)
		step.Options = append(slices.Clone(step.Options), "--threads", requests["cpu"])
	}
	if k.Memory != "" {
		requests["memory"], limits["memory"] = k.Memory, k.Memory
	}
	pod := podSpec{RestartPolicy: "Never"}
	if step.GPU && k.GPUResource != "" {
		limits[k.GPUResource] = "1"
		pod.Tolerations = []toleration{{k.GPUResource, "Exists", "NoSchedule"}}
	}
	musc := container{Name: "musc", Image: k.Image, Command: []string{"sh", "-c", podScript, "musc"},
		Args: literal(step.command(run)), Resources: resources{requests, limits}}
	if !step.Last {
		musc.Env = append(musc.Env, variable{"MUSC_TASKS", join(step.Missing, " ")})
	}
	for _, env := range k.Env {
		name, value, _ := strings.Cut(env, "=")
		musc.Env = append(musc.Env, variable{name, value})
	}
	for i, mount := range k.Mounts {
		name := "files-" + strconv.Itoa(i)
		musc.VolumeMounts = append(musc.VolumeMounts, volumeMount{name, mount.Path, mount.ReadOnly})
		from := volume{Name: name}
		if mount.Claim != "" {
			from.Claim = &claim{mount.Claim}
		} else {
			from.HostPath = &hostPath{mount.Path, "Directory"}
		}
		pod.Volumes = append(pod.Volumes, from)
	}
	pod.Containers = []container{musc}
	return pod
}

// literal keeps Kubernetes from putting variables' values into words: $(NAME) stands for one.
func literal(words []string) []string {
	for i, word := range words {
		words[i] = strings.ReplaceAll(word, "$", "$$")
	}
	return words
}
