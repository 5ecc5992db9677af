package cluster

// The part of Kubernetes' batch/v1 Job that musc sets. The test in kubernetestest decodes what
// comes out with the types of k8s.io/api, which this module does not depend on.

type kubernetesJob struct {
	APIVersion string         `yaml:"apiVersion"`
	Kind       string         `yaml:"kind"`
	Metadata   kubernetesMeta `yaml:"metadata"`
	Spec       kubernetesSpec `yaml:"spec"`
}

type kubernetesMeta struct {
	Name   string            `yaml:"name,omitempty"`
	Labels map[string]string `yaml:"labels"`
}

type kubernetesSpec struct {
	Suspend              bool             `yaml:"suspend,omitempty"`
	CompletionMode       string           `yaml:"completionMode"`
	Completions          int              `yaml:"completions"`
	Parallelism          int              `yaml:"parallelism"`
	BackoffLimitPerIndex int              `yaml:"backoffLimitPerIndex"`
	MaxFailedIndexes     int              `yaml:"maxFailedIndexes"`
	PodFailurePolicy     podFailurePolicy `yaml:"podFailurePolicy"`
	Template             podTemplate      `yaml:"template"`
}

type podFailurePolicy struct {
	Rules []podFailureRule `yaml:"rules"`
}

// podFailureRule has one of its two conditions.
type podFailureRule struct {
	Action          string         `yaml:"action"`
	OnPodConditions []podCondition `yaml:"onPodConditions,omitempty"`
	OnExitCodes     *exitCodes     `yaml:"onExitCodes,omitempty"`
}

type podCondition struct {
	Type   string `yaml:"type"`
	Status string `yaml:"status"`
}

type exitCodes struct {
	ContainerName string `yaml:"containerName"`
	Operator      string `yaml:"operator"`
	Values        []int  `yaml:"values,flow"`
}

type podTemplate struct {
	Metadata kubernetesMeta `yaml:"metadata"`
	Spec     podSpec        `yaml:"spec"`
}

type podSpec struct {
	RestartPolicy string       `yaml:"restartPolicy"`
	Tolerations   []toleration `yaml:"tolerations,omitempty"`
	Containers    []container  `yaml:"containers"`
	Volumes       []volume     `yaml:"volumes"`
}

type toleration struct {
	Key      string `yaml:"key"`
	Operator string `yaml:"operator"`
	Effect   string `yaml:"effect"`
}

type container struct {
	Name         string        `yaml:"name"`
	Image        string        `yaml:"image"`
	Command      []string      `yaml:"command"`
	Args         []string      `yaml:"args,flow"`
	Env          []variable    `yaml:"env,omitempty"`
	Resources    resources     `yaml:"resources,omitempty"`
	VolumeMounts []volumeMount `yaml:"volumeMounts"`
}

type variable struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}

type resources struct {
	Requests map[string]string `yaml:"requests,omitempty"`
	Limits   map[string]string `yaml:"limits,omitempty"`
}

type volumeMount struct {
	Name      string `yaml:"name"`
	MountPath string `yaml:"mountPath"`
	ReadOnly  bool   `yaml:"readOnly,omitempty"`
}

// volume is a claim or a folder of the node.
type volume struct {
	Name     string    `yaml:"name"`
	Claim    *claim    `yaml:"persistentVolumeClaim,omitempty"`
	HostPath *hostPath `yaml:"hostPath,omitempty"`
}

type claim struct {
	ClaimName string `yaml:"claimName"`
}

type hostPath struct {
	Path string `yaml:"path"`
	Type string `yaml:"type"`
}
