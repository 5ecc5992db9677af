// Package kubernetestest decodes what `musc cluster kubernetes` prints, as package cluster's golden
// files hold it, with the types of Kubernetes itself. It is a module of its own, so that musc does
// not depend on them: make test-kubernetes.
package kubernetestest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"
)

// jobs are those of a golden file. A field that Kubernetes does not know is an error.
func jobs(t *testing.T, name string) []batch.Job {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var list []batch.Job
	for _, document := range strings.Split(string(text), "---\n")[1:] {
		var job batch.Job
		if err := yaml.UnmarshalStrict([]byte(document), &job); err != nil {
			t.Fatalf("%s: %v in\n%s", name, err, document)
		}
		list = append(list, job)
	}
	return list
}

var files = []string{"kubernetes_all.yaml", "kubernetes_score.yaml", "kubernetes_finish.yaml"}

func TestJobsAreIndexedAndRetryByIndex(t *testing.T) {
	for _, name := range files {
		for _, job := range jobs(t, name) {
			spec := job.Spec
			switch {
			case job.APIVersion != "batch/v1" || job.Kind != "Job":
				t.Errorf("%s: %s of %s", job.Name, job.Kind, job.APIVersion)
			case len(validation.IsDNS1123Label(job.Name+"-99999")) > 0:
				t.Errorf("%s is no name of a Job of many pods", job.Name)
			case spec.CompletionMode == nil || *spec.CompletionMode != batch.IndexedCompletion:
				t.Errorf("%s is not indexed", job.Name)
			case *spec.Parallelism < 1 || *spec.Parallelism > *spec.Completions:
				t.Errorf("%s: %d of %d at once", job.Name, *spec.Parallelism, *spec.Completions)
			case *spec.BackoffLimitPerIndex != 3:
				t.Errorf("%s: %d retries", job.Name, *spec.BackoffLimitPerIndex)
			case *spec.MaxFailedIndexes < 1 || *spec.MaxFailedIndexes > *spec.Completions:
				t.Errorf("%s: ends at %d failed indices", job.Name, *spec.MaxFailedIndexes)
			case spec.Template.Spec.RestartPolicy != core.RestartPolicyNever:
				t.Errorf("%s: a policy for failures wants pods that are not restarted", job.Name)
			}
			for label, value := range job.Labels {
				if problems := append(validation.IsQualifiedName(label),
					validation.IsValidLabelValue(value)...); len(problems) > 0 {
					t.Errorf("%s: label %s: %s: %v", job.Name, label, value, problems)
				}
			}
		}
	}
}

// Rules are taken in order, the first that fits.
func TestExitCodesAreRules(t *testing.T) {
	for _, name := range files {
		for _, job := range jobs(t, name) {
			container := job.Spec.Template.Spec.Containers[0].Name
			want := map[int32]batch.PodFailurePolicyAction{2: batch.PodFailurePolicyActionFailJob,
				4: batch.PodFailurePolicyActionFailIndex}
			for i, rule := range job.Spec.PodFailurePolicy.Rules {
				if codes := rule.OnExitCodes; codes != nil {
					if codes.Operator != batch.PodFailurePolicyOnExitCodesOpIn ||
						*codes.ContainerName != container || len(codes.Values) != 1 ||
						want[codes.Values[0]] != rule.Action {
						t.Errorf("%s: rule %+v of %+v", job.Name, rule.Action, codes)
					}
					delete(want, codes.Values[0])
				} else if i != 0 || rule.Action != batch.PodFailurePolicyActionIgnore ||
					rule.OnPodConditions[0].Type != core.DisruptionTarget ||
					rule.OnPodConditions[0].Status != core.ConditionTrue {
					t.Errorf("%s: rule %d is %+v; a pod's eviction comes before its exit code", job.Name,
						i, rule)
				}
			}
			if len(want) > 0 {
				t.Errorf("%s: no rule for %v", job.Name, want)
			}
		}
	}
}

func TestEachIndexHasItsTask(t *testing.T) {
	ranges := regexp.MustCompile(`(\d+)(?:-(\d+))?`)
	for _, name := range files {
		for _, job := range jobs(t, name) {
			count := 0
			for _, env := range job.Spec.Template.Spec.Containers[0].Env {
				if env.Name != "MUSC_TASKS" {
					continue
				}
				for _, found := range ranges.FindAllStringSubmatch(env.Value, -1) {
					first, _ := strconv.Atoi(found[1])
					last := first
					if found[2] != "" {
						last, _ = strconv.Atoi(found[2])
					}
					count += last - first + 1
				}
			}
			if strings.HasPrefix(job.Name, "musc-finish-") {
				count++
			}
			if count != int(*job.Spec.Completions) {
				t.Errorf("%s: %d tasks for %d indices", job.Name, count, *job.Spec.Completions)
			}
		}
	}
}

func TestQueueHoldsJobsBack(t *testing.T) {
	for name, queue := range map[string]string{"kubernetes_all.yaml": "gpu-queue",
		"kubernetes_score.yaml": ""} {
		for _, job := range jobs(t, name) {
			suspended := job.Spec.Suspend != nil && *job.Spec.Suspend
			if got := job.Labels["kueue.x-k8s.io/queue-name"]; got != queue || suspended != (queue != "") {
				t.Errorf("%s: queue %q, suspended %t", job.Name, got, suspended)
			}
		}
	}
}

func TestResources(t *testing.T) {
	const gpu = core.ResourceName("nvidia.com/gpu")
	for _, job := range jobs(t, "kubernetes_all.yaml") {
		pod := job.Spec.Template.Spec
		has := pod.Containers[0].Resources
		if has.Requests.Cpu().Value() != 8 || has.Limits.Memory().Cmp(resource.MustParse("32Gi")) != 0 ||
			has.Requests.Memory().Cmp(*has.Limits.Memory()) != 0 {
			t.Errorf("%s: %+v", job.Name, has)
		}
		gpus := has.Limits[gpu]
		tolerated := slices.ContainsFunc(pod.Tolerations, func(t core.Toleration) bool {
			return t.Key == string(gpu) && t.Operator == core.TolerationOpExists &&
				t.Effect == core.TaintEffectNoSchedule
		})
		if score := strings.HasPrefix(job.Name, "musc-score-"); (gpus.Value() == 1) != score ||
			tolerated != score {
			t.Errorf("%s: %d GPUs, tolerates nodes with them: %t", job.Name, gpus.Value(), tolerated)
		}
	}
	for _, job := range jobs(t, "kubernetes_score.yaml") {
		if has := job.Spec.Template.Spec.Containers[0].Resources; len(has.Requests)+len(has.Limits) > 0 {
			t.Errorf("%s asks for %+v, unasked", job.Name, has)
		}
	}
}

func TestVolumesAreMounted(t *testing.T) {
	for _, name := range files {
		for _, job := range jobs(t, name) {
			pod := job.Spec.Template.Spec
			mounts := pod.Containers[0].VolumeMounts
			if len(mounts) != len(pod.Volumes) || mounts[0].MountPath != "/data" || mounts[0].ReadOnly {
				t.Errorf("%s: mounts %+v", job.Name, mounts)
			}
			for i, volume := range pod.Volumes {
				source := volume.VolumeSource
				switch {
				case volume.Name != mounts[i].Name:
					t.Errorf("%s: mount %d is of volume %s", job.Name, i, mounts[i].Name)
				case source.PersistentVolumeClaim != nil:
					if source.PersistentVolumeClaim.ClaimName != "musc-out" {
						t.Errorf("%s: claim %+v", job.Name, source.PersistentVolumeClaim)
					}
				case source.HostPath == nil || source.HostPath.Path != mounts[i].MountPath ||
					*source.HostPath.Type != core.HostPathDirectory:
					t.Errorf("%s: volume %+v", job.Name, volume)
				}
			}
		}
	}
}
