package main

import (
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

const commandsPage = "../../docs/commands.md"

func TestCommandsPageIsThisProgramsReference(t *testing.T) {
	page, err := os.ReadFile(commandsPage)
	if err != nil {
		t.Fatal(err)
	}
	is, want := strings.Split(string(page), "\n"), strings.Split(reference(t, "markdown"), "\n")
	for i := range max(len(is), len(want)) {
		if i >= len(is) || i >= len(want) || is[i] != want[i] {
			t.Fatalf("%s is not what the program says, from line %d on; run: make reference", commandsPage, i+1)
		}
	}
}

func TestReferenceIsTheSameOnEveryMachine(t *testing.T) {
	man, markdown := reference(t, "man"), reference(t, "markdown")
	for name, value := range map[string]string{"HOME": "/no/such/home", "MUSC_CACHE": t.TempDir(),
		"MUSC_THREADS": "3", "MUSC_MODEL": "ViT-L-14-336", "MUSC_HUB": "nowhere", "COLUMNS": "40"} {
		t.Setenv(name, value)
	}
	if reference(t, "man") != man || reference(t, "markdown") != markdown {
		t.Error("the reference depends on the environment")
	}
}

func TestReferenceNeedsAForm(t *testing.T) {
	for _, args := range [][]string{{"reference"}, {"reference", "html"}} {
		if code, stdout, stderr := musc(t, args...); code != exitUsage || stdout != "" ||
			!strings.Contains(stderr, "man or markdown") {
			t.Errorf("%v: exit %d: %s%s", args, code, stdout, stderr)
		}
	}
}

// The options of each command's --help, read as a user does, are those of the page and of the man page:
// the same names, values, texts and defaults under the same headings.
func TestReferenceSaysWhatHelpSays(t *testing.T) {
	page, man := sectionsOfPage(reference(t, "markdown")), unformatted(reference(t, "man"))
	commands := 0
	eachCommand(newApp(io.Discard, io.Discard).Commands, "musc", func(path string, command *cli.Command) {
		commands++
		_, help, _ := musc(t, append(strings.Fields(path)[1:], "--help")...)
		want := optionsOfHelp(help)
		common := append(slices.Clone(want["SETTINGS AND LOG"]), "--help, -h  show help")
		delete(want, "SETTINGS AND LOG")
		got := optionsOfPage(page[path])
		for heading := range got {
			if _, ok := want[heading]; !ok {
				t.Errorf("%s: the page has options under %q, --help has none", path, heading)
			}
		}
		for heading, options := range want {
			if !slices.Equal(got[heading], options) {
				t.Errorf("%s, under %q: the page says\n%s\n--help says\n%s", path, heading,
					strings.Join(got[heading], "\n"), strings.Join(options, "\n"))
			}
			for _, option := range options {
				names, text, _ := strings.Cut(option, "  ")
				if !strings.Contains(man, "\n"+names+"\n"+text+"\n") {
					t.Errorf("%s: the man page lacks %s", path, option)
				}
			}
		}
		every := optionsOfPage(page["Options of every command"])[""]
		if command.Action != nil && !slices.Equal(every, common) {
			t.Errorf("%s: of the options of every command --help says\n%s", path, strings.Join(common, "\n"))
		}
		for _, line := range strings.Split(command.Description, "\n") {
			if line = strings.TrimSpace(line); !strings.Contains(help, line) ||
				!strings.Contains(plainPage(page[path]), line) || !strings.Contains(man, line) {
				t.Errorf("%s: --help, the page or the man page lacks %q", path, line)
			}
		}
	})
	if commands < 30 {
		t.Errorf("only %d commands were compared", commands)
	}
}

func TestHiddenCommandsAreNotInTheReference(t *testing.T) {
	both := reference(t, "man") + reference(t, "markdown")
	for _, command := range newApp(io.Discard, io.Discard).Commands {
		if command.Hidden && regexp.MustCompile("musc "+command.Name+`\b`).MatchString(both) {
			t.Errorf("the reference has %s, which is hidden", command.Name)
		}
	}
}

func reference(t *testing.T, form string) string {
	t.Helper()
	code, stdout, stderr := musc(t, "reference", form)
	if code != exitOK || stderr != "" {
		t.Fatalf("musc reference %s: exit %d: %s", form, code, stderr)
	}
	return stdout
}

var (
	helpOption  = regexp.MustCompile(`^   (-.*?)(?:  +(\S.*))?$`)
	helpHeading = regexp.MustCompile(`^   ([A-Z].*)$`)
	repeated    = regexp.MustCompile(` \[ .* \]$`)
	quoted      = regexp.MustCompile(`\(default: "(.*)"\)$`)
	fromVar     = regexp.MustCompile(` \[(\$\w+)\]`)
)

// optionsOfHelp are the options of a help text by heading, each as "--name VALUE, -n  text (default: 1)".
func optionsOfHelp(help string) map[string][]string {
	options, heading := map[string][]string{}, ""
	_, help, _ = strings.Cut(help, "\nOPTIONS:\n")
	for _, line := range strings.Split(help, "\n") {
		if of := helpOption.FindStringSubmatch(line); of != nil {
			names := strings.Split(repeated.ReplaceAllString(of[1], ""), ", -")
			for i, other := range names[1:] {
				name, _, _ := strings.Cut(other, " ") // --help repeats the value behind each name
				names[i+1] = "-" + name
			}
			text := quoted.ReplaceAllString(fromVar.ReplaceAllString(of[2], ", else $1"), "(default: $1)")
			if names[0] != "--help" {
				options[heading] = append(options[heading], strings.Join(names, ", ")+"  "+text)
			}
		} else if of := helpHeading.FindStringSubmatch(line); of != nil {
			heading = of[1]
		}
	}
	return options
}

// sectionsOfPage are the sections of the page by their headings.
func sectionsOfPage(page string) map[string]string {
	sections := map[string]string{}
	for _, section := range strings.Split("\n"+page, "\n## ")[1:] {
		heading, text, _ := strings.Cut(section, "\n")
		sections[heading] = text
	}
	return sections
}

// optionsOfPage are the options of a section's tables in the form of optionsOfHelp.
func optionsOfPage(section string) map[string][]string {
	options, heading := map[string][]string{}, ""
	for _, line := range strings.Split(section, "\n") {
		line = plainPage(line)
		if words, found := strings.CutPrefix(line, "**"); found {
			shouted, rest, found := strings.Cut(strings.TrimSuffix(words, "**"), " (")
			heading = strings.TrimPrefix(strings.ToUpper(shouted), "OPTIONS")
			if found {
				heading += " (" + rest
			}
		}
		cells := strings.Split(line, " | ")
		if len(cells) != 3 || !strings.HasPrefix(cells[0], "| -") {
			continue
		}
		fallback := strings.TrimSuffix(cells[2], " |")
		text := cells[1]
		if fallback == "required" {
			text += " (required)"
		} else if fallback != "" {
			text += " (default: " + fallback + ")"
		}
		options[heading] = append(options[heading], strings.TrimPrefix(cells[0], "| ")+"  "+text)
	}
	return options
}

// plainPage is Markdown without its marks, for what markdownInline gives.
func plainPage(text string) string { return strings.NewReplacer("`", "", `\`, "").Replace(text) }

// unformatted is a man page's source without its fonts and escapes.
func unformatted(man string) string {
	return strings.NewReplacer(`\fB`, "", `\fI`, "", `\fR`, "", `\fP`, "", `\-`, "-", `\&`, "", `\\`, `\`).
		Replace(man)
}
