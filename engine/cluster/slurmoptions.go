package cluster

import (
	"slices"
	"strings"

	"musc/engine/fault"
)

// sbatchOption is one option of sbatch: the words that it takes on a command line.
type sbatchOption struct {
	name  string // without dashes, as it was written
	words []string
}

// ownOptions of sbatch are musc's to set, in their short form, too; or they would keep sbatch from
// submitting, or from telling the job's number.
var ownOptions = []string{"array", "a", "dependency", "d", "job-name", "J", "output", "o",
	"open-mode", "parsable", "requeue", "no-requeue", "kill-on-invalid-dep", "wrap", "test-only",
	"wait", "W", "help", "h", "usage", "version", "V"}

// switches of sbatch take no value, or only one behind "=".
var switches = []string{"contiguous", "exclusive", "get-user-env", "hold", "H", "ignore-pbs",
	"no-kill", "k", "nice", "overcommit", "O", "oversubscribe", "s", "propagate", "quiet", "Q",
	"reboot", "spread-job", "use-min-nodes", "verbose", "v"}

// gpuOptions of sbatch ask for GPUs, or are about those asked for.
var gpuOptions = []string{"gpus", "G", "gpus-per-node", "gpus-per-socket", "gpus-per-task",
	"gpu-bind", "gpu-freq", "cpus-per-gpu", "mem-per-gpu", "ntasks-per-gpu", "gres-flags"}

// parseSbatch takes words apart into options. Words that are none would be a script to sbatch.
func parseSbatch(words []string) ([]sbatchOption, error) {
	var options []sbatchOption
	for i := 0; i < len(words); i++ {
		word := words[i]
		name, _, whole := strings.Cut(strings.TrimPrefix(word, "--"), "=")
		switch {
		case len(word) < 2 || word[0] != '-' || name == "":
			return nil, fault.New(fault.Usage, "%q is no option of sbatch; behind -- stand its "+
				"options only, the script is musc's", word)
		case !strings.HasPrefix(word, "--"): // -p gpu or -pgpu
			name, whole = word[1:2], len(word) > 2
		}
		if slices.Contains(ownOptions, name) {
			return nil, fault.New(fault.Usage, "sbatch's option %s is not for you to give: musc sets "+
				"it, or cannot do with it; leave it out", word)
		}
		option := sbatchOption{name, []string{word}}
		if !whole && !slices.Contains(switches, name) && i+1 < len(words) &&
			!strings.HasPrefix(words[i+1], "-") {
			i++
			option.words = append(option.words, words[i])
		}
		options = append(options, option)
	}
	return options, nil
}

// withoutGPUs leaves out what asks for GPUs, which a phase that does not use them would hold.
func withoutGPUs(options []sbatchOption) []sbatchOption {
	var kept []sbatchOption
	for _, option := range options {
		switch {
		case slices.Contains(gpuOptions, option.name):
		case option.name == "gres" || option.name == "tres-per-task":
			if rest := otherResources(option); rest != "" {
				word := "--" + option.name + "=" + rest
				kept = append(kept, sbatchOption{option.name, []string{word}})
			}
		default:
			kept = append(kept, option)
		}
	}
	return kept
}

// otherResources are those of --gres=gpu:1,scratch:100 that are no GPU nor part of one.
func otherResources(option sbatchOption) string {
	list := strings.TrimPrefix(strings.Join(option.words, "="), "--"+option.name+"=")
	others := slices.DeleteFunc(strings.Split(list, ","), func(resource string) bool {
		resource = strings.TrimPrefix(strings.TrimPrefix(resource, "gres/"), "gres:")
		kind, _, _ := strings.Cut(strings.Replace(resource, "=", ":", 1), ":")
		return slices.Contains([]string{"gpu", "mps", "shard"}, kind)
	})
	return strings.Join(others, ",")
}

func sbatchWords(options []sbatchOption) []string {
	var words []string
	for _, option := range options {
		words = append(words, option.words...)
	}
	return words
}
