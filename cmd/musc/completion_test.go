package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// Completing a command line never runs it, whatever is typed so far.
func TestCompletion(t *testing.T) {
	for _, c := range []struct {
		typed string // the last word, perhaps empty, is being typed
		want  string // words that are among those offered; none: nothing is
		files bool
	}{
		{"", "score plan cluster task merge status", false},
		{"cluster ", "slurm kubernetes", false},
		{"bank ", "build info add remove verify thin", false},
		{"bank build ", "", true},
		{"bank build --", "--output --near --config --help", false},
		{"task ", "", true},
		{"task OUT ", "depth score nearest merge draw", false},
		{"task --", "--keep-tokens --wait", false},
		{"merge OUT --re", "--remove-parts", false},
		{"score PHOTOS --sub", "--subset-size --subsets", false},
		{"score PHOTOS -o OUT --res", "--resume", false},
		{"score PHOTOS -o ", "", true},
		{"score --overwrite ", "", true},
		{"score --maps ", "tiff npy none", false},
		{"score --maps=", "--maps=tiff --maps=npy", false},
		{"score --maps = t", "--maps=tiff", false}, // as bash divides it
		{"score --device cuda : 0", "auto cpu cuda:0", false},
		{"score --threads ", "", false},
		{"score -m ", "dinov2_vits14_imgfocus", true},
		{"score -- ", "", true},
		{"eval DATASET --maps ", "", true},
		{"status -", "--json", false},
		{"plan PHOTOS -o OUT ", "", true},
		{"models info ", "dinov2_vits14_imgfocus swin_base_patch4_window12_384.ms_in22k", false},
		{"models info swin ", "", false},
		{"models list ", "", false},
		{"paper ", "zero-shot time", false},
		{"setup runtime ", "model codecs demo", false},
		{"config show ", "score bank", false},
		{"config show bank ", "build thin", false},
		{"completion ", "bash zsh fish", false},
		{"doctor ", "", false},
		{"no-such-command ", "", false},
		{selfTestName + " ", "", false},
	} {
		typed := strings.NewReplacer("PHOTOS", washers, "OUT", t.TempDir()).Replace(c.typed)
		words := strings.Split(typed, " ")
		code, stdout, stderr := musc(t, append(words, completionFlag)...)
		if code != exitOK || stderr != "" {
			t.Errorf("%q: exit %d: %s", c.typed, code, stderr)
		}
		var offered []string
		for _, line := range strings.Split(strings.TrimSuffix(stdout, "\n"), "\n") {
			word, _, _ := strings.Cut(line, "\t")
			offered = append(offered, word)
		}
		for _, word := range strings.Fields(c.want) {
			if !slices.Contains(offered, word) {
				t.Errorf("%q: %v lacks %s", c.typed, offered, word)
			}
		}
		if files := slices.Contains(offered, filesMay); files != c.files {
			t.Errorf("%q: files: %v, want %v", c.typed, files, c.files)
		}
		if c.want == "" && stdout != "" && stdout != filesMay+"\n" {
			t.Errorf("%q: %v is offered", c.typed, offered)
		}
	}
}

func TestHiddenAndGivenWordsAreNotOffered(t *testing.T) {
	_, all, _ := musc(t, "", completionFlag)
	for _, command := range newApp(io.Discard, io.Discard).Commands {
		if offered := strings.Contains("\n"+all, "\n"+command.Name+"\t"); offered == command.Hidden {
			t.Errorf("%s: hidden %v, offered %v", command.Name, command.Hidden, offered)
		}
	}
	_, options, _ := musc(t, "score", "--strict", "--reference", "good", "-o=out", "-", completionFlag)
	for option, want := range map[string]bool{"--strict": false, "--output": false, "-o": false,
		"--reference": true, "--rotate": true} {
		if offered := strings.Contains("\n"+options, "\n"+option+"\t"); offered != want {
			t.Errorf("%s: offered %v, want %v", option, offered, want)
		}
	}
}

// The words offered for an option's value are among those that its text names.
func TestOptionsHaveTheWordsThatAreOffered(t *testing.T) {
	found := map[string]bool{}
	eachOption(newApp(io.Discard, io.Discard).Commands, "", func(path string, flag cli.Flag) {
		name := flag.Names()[0]
		offers, _ := valuesOf([]cli.Flag{flag}, name, "")
		option := describe(flag)
		for _, offer := range offers {
			found[name] = true
			word := strings.Replace(offer.word, "cuda:0", "cuda:N", 1)
			if name != "model" && name != "device" && !strings.Contains(option.text, word) {
				t.Errorf("musc %s --%s: %q is offered, and not in: %s", path, name, word, option.text)
			}
		}
	})
	for name := range optionWords {
		if !found[name] {
			t.Errorf("no option --%s takes the words that are kept for it", name)
		}
	}
}

// A line is typed with Tab into the shells that are here, on a terminal of script(1). What it runs in the
// end is not musc, but a program that prints its arguments.
func TestShellsComplete(t *testing.T) {
	if _, err := exec.LookPath("script"); err != nil {
		t.Skip("no script(1), which gives a shell a terminal")
	}
	const typed = "musc ba\t bu\t fol\ta\t -o x --dev\tcpu --encoding=int\t --ne\t\n" +
		"musc models info dinov2_vits\t\nmusc score fol\ta\t -o x\n"
	const want = "<bank> <build> <folder/a b.png> <-o> <x> <--device> <cpu> <--encoding=int8> <--near>\n" +
		"<models> <info> <dinov2_vits14_imgfocus>\n<score> <folder/a b.png> <-o> <x>\n"
	for shell, c := range map[string]struct{ command, setUp string }{
		"bash": {"bash --norc -i", "source <(musc completion bash)"},
		"zsh":  {"zsh -f -i", "autoload -U compinit && compinit -u -D && source <(musc completion zsh)"},
		"fish": {"fish -N -i", "musc completion fish | source"},
	} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				t.Skipf("no %s here", shell)
			}
			home := t.TempDir()
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{
				"folder/a b.png": "",
				"bin/musc": fmt.Sprintf("#!/bin/sh\nfor last; do :; done\n"+
					"case \"$1 $last\" in completion*|*%s) %s=1 exec '%s' \"$@\" ;; esac\n"+
					"printf 'ran:'; printf ' <%%s>' \"$@\"; echo\n", completionFlag, asMusc, self),
			} {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(home, name)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			terminal := exec.CommandContext(t.Context(), "script", "-qc", c.command, "/dev/null")
			terminal.Dir = home
			terminal.Env = append(os.Environ(), "HOME="+home, "TERM=dumb", "SHELL=/bin/sh",
				"PATH="+filepath.Join(home, "bin")+":"+os.Getenv("PATH"))
			terminal.Stdin = strings.NewReader(c.setUp + "\n" + typed + "exit\nexit\n")
			screen, err := terminal.CombinedOutput()
			var ran strings.Builder
			for _, line := range strings.Split(string(screen), "\n") {
				if _, arguments, found := strings.Cut(line, "ran: "); found {
					ran.WriteString(arguments[:strings.LastIndex(arguments, ">")+1] + "\n")
				}
			}
			if ran.String() != want {
				t.Errorf("%v: it ran\n%swant\n%s%q", err, ran.String(), want, screen)
			}
		})
	}
}
