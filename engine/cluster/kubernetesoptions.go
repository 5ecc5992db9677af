package cluster

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"musc/engine/fault"
)

// What Kubernetes takes for names, label values and amounts.
var (
	dnsName     = regexp.MustCompile(`^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$`)
	labelValue  = regexp.MustCompile(`^[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$`)
	resource    = regexp.MustCompile(`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[-_.A-Za-z0-9]*[A-Za-z0-9]$`)
	quantity    = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?([kMGTPE]|[KMGTPE]i)?$`)
	environment = regexp.MustCompile(`^[-._a-zA-Z][-._a-zA-Z0-9]*=`)
)

// ParseClaim reads NAME:/PATH, or NAME:/PATH:ro for a claim that is only read.
func ParseClaim(text string) (Mount, error) {
	name, rest, _ := strings.Cut(text, ":")
	mount, err := ParseMount(rest)
	if err != nil || !dnsName.MatchString(name) {
		return mount, fault.New(fault.Usage, "%q is not a PersistentVolumeClaim and where pods find it, "+
			"such as photos:/data/photos, or photos:/data/photos:ro to read only", text)
	}
	mount.Claim = name
	return mount, nil
}

// ParseMount reads /PATH, or /PATH:ro: a folder that every node has under that path.
func ParseMount(text string) (Mount, error) {
	folder, mode, found := strings.Cut(text, ":")
	if !path.IsAbs(folder) || found && mode != "ro" {
		return Mount{}, fault.New(fault.Usage,
			"%q is not an absolute path, such as /data, or /data:ro to read only", text)
	}
	return Mount{Path: path.Clean(folder), ReadOnly: found}, nil
}

// check finds what Kubernetes would refuse, or what would make every task fail.
func (k *Kubernetes) check(run *Run) error {
	wrong := func(option, value, example string) error {
		return fault.New(fault.Usage, "--%s %q is not what Kubernetes takes; as in: --%s %s", option,
			value, option, example)
	}
	switch {
	case k.Image == "" || strings.ContainsAny(k.Image, " \t\n"):
		return wrong("image", k.Image, "registry.example/musc:1")
	case k.Queue != "" && !labelValue.MatchString(k.Queue):
		return wrong("queue", k.Queue, "gpu-queue")
	case k.GPUResource != "" && !resource.MatchString(k.GPUResource):
		return wrong("gpu-resource", k.GPUResource, "nvidia.com/gpu")
	case k.Memory != "" && !quantity.MatchString(k.Memory):
		return wrong("ram", k.Memory, "16Gi")
	}
	for i, mount := range k.Mounts {
		if slices.ContainsFunc(k.Mounts[:i], func(m Mount) bool { return m.Path == mount.Path }) {
			return fault.New(fault.Usage, "%s is mounted twice; name one --claim or --mount for it",
				mount.Path)
		}
	}
	for _, env := range k.Env {
		if !environment.MatchString(env) {
			return wrong("env", env, "MUSC_CACHE=/data/cache")
		}
	}
	for _, word := range k.words(run) {
		if !utf8.ValidString(word) {
			return fault.New(fault.Usage, "handing %q to Kubernetes: its Jobs hold only text in UTF-8; use "+
				"another name", word)
		}
	}
	writable := func(m Mount) bool {
		return !m.ReadOnly && strings.HasPrefix(run.Folder+"/", strings.TrimSuffix(m.Path, "/")+"/")
	}
	if !slices.ContainsFunc(k.Mounts, writable) {
		return fault.New(fault.Usage, "no pod could write to %s: name the claim that holds it, as in "+
			"--claim NAME:%s, or --mount %s where every node has that folder", run.Folder,
			path.Dir(run.Folder), path.Dir(run.Folder))
	}
	return nil
}

// words are all that a Job takes over as it is.
func (k *Kubernetes) words(run *Run) []string {
	words := slices.Concat([]string{run.Folder, run.Musc, k.Image}, k.Env)
	for _, phase := range run.Phases {
		words = append(words, phase.Options...)
	}
	for _, mount := range k.Mounts {
		words = append(words, mount.Path)
	}
	return words
}

// knows tells a phase of the run, or Finish, from a slip of the pen.
func (r *Run) knows(phase string) error {
	names := []string{}
	for _, each := range r.Phases {
		names = append(names, each.Name)
	}
	names = append(names, Finish)
	if phase != "" && !slices.Contains(names, phase) {
		return fault.New(fault.Usage, "--phase %q is not one of %s", phase, strings.Join(names, ", "))
	}
	return nil
}
