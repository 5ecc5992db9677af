package cluster

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"musc/engine/fault"
)

// shellWords reads words as POSIX's shell does where nothing but quotes and backslashes means anything: other
// characters that a shell reads something into are an error. The words end at a line break or a parenthesis that
// is not quoted; rest begins there.
func shellWords(text string) (words []string, rest string, err error) {
	var word strings.Builder
	in := false // a word
	for k := 0; k < len(text); k++ {
		switch c := text[k]; {
		case c == '\'':
			end := strings.IndexByte(text[k+1:], '\'')
			if end < 0 {
				return nil, "", errors.New("a quote is open")
			}
			word.WriteString(text[k+1 : k+1+end])
			k, in = k+1+end, true
		case c == '\\' && k+1 < len(text) && text[k+1] != '\n':
			k, in = k+1, true
			word.WriteByte(text[k])
		case c == ' ' || c == '\n' || c == ')':
			if in {
				words = append(words, word.String())
				word.Reset()
				in = false
			}
			if c != ' ' {
				return words, text[k:], nil
			}
		case strings.IndexByte("\t\"$`&|;<>(*?[#~!{}\\\x00", c) >= 0:
			return nil, "", errors.New("it means " + string(rune(c)) + " to a shell")
		default:
			word.WriteByte(c)
			in = true
		}
	}
	if in {
		words = append(words, word.String())
	}
	return words, "", nil
}

// Whatever words are handed to Slurm, the script that runs a task has the command as it is, and the one that
// submits it has sbatch's options as they are; or they are refused as wrong usage.
func FuzzSlurm(f *testing.F) {
	f.Add("/data/out", "musc", "--device\ncuda:0", "--partition=gpu\n-N1", uint16(0))
	f.Add("/data/it's 5% $off", "/opt/musc 2/musc", "--config\na b\n`id`", "--comment=$(id)\n--mem\n4G", uint16(2500))
	f.Add("/END_OF_SCRIPT", "~/m;usc", "\n{{.}}\n-", "--wrap=x", uint16(7))
	f.Add("relative", "a\nb", "", "-", uint16(1))
	f.Fuzz(func(t *testing.T, folder, musc, words, options string, tasks uint16) {
		if strings.ContainsRune(folder+musc+words+options, 0) {
			return // no argument of a program has one
		}
		last := int(tasks % 3000)
		run := Run{Folder: folder, ID: "3fa94c01d2e87b65", Musc: musc, Phases: []Phase{{Name: "score",
			Tasks: last + 1, Missing: []Range{{0, last}}, GPU: true, Options: strings.Split(words, "\n")}}}
		s := Slurm{Options: strings.Split(options, "\n")}
		jobs, err := s.Jobs(run)
		if err != nil {
			if fault.KindOf(err) != fault.Usage {
				t.Fatal(err)
			}
			return
		}
		want := slices.Concat([]string{musc, "task"}, run.Phases[0].Options, []string{folder, "score"})
		covered := 0
		for _, job := range jobs {
			if job.Phase == "score" {
				covered += job.Tasks
				checkScript(t, job.Script, want)
			} else {
				checkScript(t, job.Script, []string{musc, "merge", folder})
			}
		}
		if covered != last+1 {
			t.Fatalf("%d of %d tasks", covered, last+1)
		}
		var text strings.Builder
		if err := PrintSlurm(&text, run, jobs); err != nil {
			t.Fatal(err)
		}
		_, submitted, found := strings.Cut(text.String(), "job1=$(")
		if !found {
			t.Fatal("nothing is submitted")
		}
		submitted = strings.Replace(submitted, " <<'END_OF_SCRIPT'\n", "\n", 1)
		line, rest, err := shellWords(submitted)
		if sent := slices.Concat([]string{"sbatch", "--parsable"}, jobs[0].Options); err != nil || !slices.Equal(line, sent) {
			t.Fatalf("submitted with %q, not %q, %v", line, sent, err)
		}
		if !strings.HasPrefix(rest, "\n"+jobs[0].Script+"END_OF_SCRIPT\n") ||
			strings.Contains("\n"+jobs[0].Script, "\nEND_OF_SCRIPT\n") {
			t.Fatalf("the script is cut: %q", rest)
		}
	})
}

// checkScript fails unless the script of a task runs that command, with Slurm's share of the machine.
func checkScript(t *testing.T, script string, want []string) {
	t.Helper()
	_, line, found := strings.Cut(script, "\nrun=(")
	line = strings.Replace(line, ` "${share[@]}" `, " ", 1)
	got, _, err := shellWords(line)
	if !found || err != nil || !slices.Equal(got, want) {
		t.Fatalf("the script runs %q, not %q, %v", got, want, err)
	}
}

// Whatever words are handed to Kubernetes, the Jobs that are printed are YAML that holds the command, the folders
// and the variables as they are; or they are refused as wrong usage.
func FuzzKubernetes(f *testing.F) {
	f.Add("/data/out", "musc", "--device\ncuda:0", "photos:/data\n/photos:ro", "A=b\nC=", "registry.example/musc:1", "gpu-queue")
	f.Add("/data/it's 5% $(HOME) $$", "y", "null\n~\n: x\n- a\n#", "/data", "E=\" 'x\t", "image@sha256:00", "")
	f.Add("/", "0x1f", "on\n1_000\n2026-01-02\n%", "b:/", "N=---", "a", "a b")
	f.Add("/data/\u2028\x85é\xff", "musc", "--x=\x1b[31m", "/data", "", "i", "")
	f.Fuzz(func(t *testing.T, folder, musc, words, mounts, env, image, queue string) {
		if strings.ContainsRune(folder+musc+words+mounts+env+image+queue, 0) {
			return // no argument of a program has one
		}
		run := Run{Folder: folder, ID: "3fa94c01d2e87b65", Musc: musc, Phases: []Phase{{Name: "score",
			Tasks: 9, Missing: []Range{{0, 3}, {7, 7}}, Options: strings.Split(words, "\n")}}}
		k := Kubernetes{Image: image, Queue: queue}
		if env != "" {
			k.Env = strings.Split(env, "\n")
		}
		for _, text := range strings.Split(mounts, "\n") {
			mount, err := ParseMount(text)
			if err != nil {
				mount, err = ParseClaim(text)
			}
			if err != nil {
				if fault.KindOf(err) != fault.Usage {
					t.Fatal(err)
				}
				return
			}
			if !filepath.IsAbs(mount.Path) || filepath.Clean(mount.Path) != mount.Path {
				t.Fatalf("%q is mounted at %q", text, mount.Path)
			}
			k.Mounts = append(k.Mounts, mount)
		}
		var text strings.Builder
		n, err := k.Write(&text, run, "")
		if err != nil {
			if fault.KindOf(err) != fault.Usage || text.Len() > 0 {
				t.Fatalf("%v, after %q", err, text.String())
			}
			return
		}
		if !utf8.ValidString(text.String()) || !utf8.ValidString(folder+musc+words+env+image) {
			t.Fatal("what is no UTF-8 was taken")
		}
		decoder := yaml.NewDecoder(strings.NewReader(text.String()))
		for _, want := range [][]string{slices.Concat([]string{musc, "task"}, run.Phases[0].Options,
			[]string{folder, "score"}), {musc, "merge", folder}} {
			var job kubernetesJob
			if err := decoder.Decode(&job); err != nil {
				t.Fatalf("%v in:\n%s", err, text.String())
			}
			checkPod(t, &k, job.Spec.Template.Spec, want)
		}
		if err := decoder.Decode(new(any)); n != 2 || err == nil {
			t.Fatalf("%d Jobs, and more: %v", n, err)
		}
	})
}

// checkPod fails unless a pod runs that command, and has the mounts, the variables and the image that were asked for.
func checkPod(t *testing.T, k *Kubernetes, pod podSpec, want []string) {
	t.Helper()
	if len(pod.Containers) != 1 {
		t.Fatalf("%d containers", len(pod.Containers))
	}
	of := pod.Containers[0]
	var got []string
	for _, word := range of.Args { // as Kubernetes reads them
		got = append(got, strings.ReplaceAll(word, "$$", "$"))
	}
	if !slices.Equal(got, want) || of.Image != k.Image || len(of.Command) != 4 || of.Command[2] != podScript {
		t.Fatalf("%q runs %q, not %q", of.Image, got, want)
	}
	for i, mount := range k.Mounts {
		if of.VolumeMounts[i].MountPath != mount.Path || of.VolumeMounts[i].ReadOnly != mount.ReadOnly {
			t.Fatalf("%+v is mounted as %+v", mount, of.VolumeMounts[i])
		}
	}
	variables := slices.DeleteFunc(slices.Clone(of.Env), func(v variable) bool { return v.Name == "MUSC_TASKS" })
	if len(variables) != len(k.Env) {
		t.Fatalf("the variables %+v, not %q", of.Env, k.Env)
	}
	for i, env := range k.Env {
		if variables[i].Name+"="+variables[i].Value != env {
			t.Fatalf("the variable %+v, not %q", variables[i], env)
		}
	}
}
