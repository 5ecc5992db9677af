package main

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
	"mvdan.cc/sh/v3/syntax"
)

// What the documentation names is there: these tests read README.md and docs/*.md.

const root = "../.."

// documents are the texts of the documentation by their paths.
func documents(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(root + "/docs/*.md")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d pages in docs: %v", len(paths), err)
	}
	texts := map[string]string{}
	for _, path := range append(paths, root+"/README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = string(text)
	}
	return texts
}

// Code in Markdown, in blocks and within a line; links and headings.
var (
	fence      = regexp.MustCompile("(?ms)^ *```([a-z]*)\n(.*?)^ *```")
	inlineCode = regexp.MustCompile("`([^`\n]+)`")
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	notInSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// prose is a text without its code.
func prose(text string) string {
	return inlineCode.ReplaceAllString(fence.ReplaceAllString(text, ""), "")
}

// anchorsOf are the anchors of a page's headings, as code hosts make them.
func anchorsOf(text string) map[string]bool {
	anchors := map[string]bool{}
	for _, found := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		title := link.ReplaceAllString(strings.ReplaceAll(found[1], "[", ""), "")
		anchors[strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(title), ""), " ", "-")] = true
	}
	return anchors
}

func TestLinksOfTheDocumentationLeadSomewhere(t *testing.T) {
	texts, links := documents(t), 0
	for path, text := range texts {
		for _, found := range link.FindAllStringSubmatch(prose(text), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			links++
			file, anchor, _ := strings.Cut(found[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: the link %s leads nowhere", path, found[1])
			} else if page, _ := os.ReadFile(target); anchor != "" && !anchorsOf(string(page))[anchor] {
				t.Errorf("%s: the link %s: no heading has that anchor", path, found[1])
			}
		}
	}
	if links < 20 {
		t.Errorf("only %d links were found", links)
	}
}

func TestEveryPageOfTheDocumentationIsLinked(t *testing.T) {
	texts := documents(t)
	for path := range texts {
		linked := strings.HasSuffix(path, "README.md")
		for from, text := range texts {
			linked = linked || from != path && strings.Contains(text, "("+filepath.Base(path)) ||
				strings.Contains(text, "(docs/"+filepath.Base(path))
		}
		if !linked {
			t.Errorf("no page links to %s", path)
		}
	}
}

// commandLines are the command lines of musc in a piece of shell, each without the program's name.
func commandLines(text string) (lines [][]string) {
	file, err := syntax.NewParser().Parse(strings.NewReader(text), "")
	if err != nil {
		return nil
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		var words []string
		for _, word := range call.Args {
			words = append(words, text[word.Pos().Offset():word.End().Offset()])
		}
		if words[0] == "musc" || words[0] == "./musc" {
			lines = append(lines, words[1:])
		}
		return true
	})
	return lines
}

// wrongIn says what a command line names that musc does not have; "" if nothing.
func wrongIn(app *cli.App, words []string) string {
	commands, flags, path, inArguments := app.Commands, []cli.Flag(nil), "musc", false
	for i := 0; i < len(words); i++ {
		word := strings.Trim(words[i], "[]")
		name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch {
		case word == "--" || word == "...":
			return ""
		case strings.HasPrefix(word, "-") && word != "-":
			known := slices.Contains([]string{"help", "h", "version", "v"}, name)
			for _, flag := range flags {
				known = known || slices.Contains(flag.Names(), name)
			}
			if !known {
				return path + " has no option " + word
			}
			if takesValue(flags, word) {
				i++
			}
		case inArguments:
		case len(commands) > 0 && word != strings.ToUpper(word): // COMMAND is a placeholder
			command := findCommand(commands, word)
			if command == nil {
				return path + " has no command " + word
			}
			commands, flags, path = command.Subcommands, command.Flags, path+" "+word
		default:
			inArguments = true
		}
	}
	return ""
}

func TestCommandLinesOfTheDocumentationAreRight(t *testing.T) {
	app, lines := newApp(io.Discard, io.Discard), 0
	for path, text := range documents(t) {
		check := func(shell string) {
			for _, words := range commandLines(shell) {
				lines++
				if wrong := wrongIn(app, words); wrong != "" {
					t.Errorf("%s: %s: %s", path, strings.Join(words, " "), wrong)
				}
			}
		}
		for _, block := range fence.FindAllStringSubmatch(text, -1) {
			if len(commandLines(block[2])) > 0 {
				check(block[2])
				continue
			}
			for _, line := range strings.Split(block[2], "\n") { // of a form, or of a file that is no shell's
				check(strings.TrimPrefix(strings.TrimSpace(line), "$ "))
			}
		}
		for _, code := range inlineCode.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			check(strings.ReplaceAll(code[1], `\|`, "/"))
		}
	}
	if lines < 150 {
		t.Errorf("only %d command lines were found", lines)
	}
}

func TestWrongCommandLinesAreFound(t *testing.T) {
	app := newApp(io.Discard, io.Discard)
	for shell, want := range map[string]string{
		"musc score photos/ -o out --sorted":               "--sorted",
		"for i in a b; do ./musc bank bild $i; done":       "bild",
		"X=1 musc models info NAME | grep preset":          "",
		`musc score "$(musc setup --whither demo)" -o out`: "--whither",
		"musc COMMAND --help":                              "",
		"musc score photos/ --image-size --overwrite":      "",
		"musc cluster slurm out -- --anything":             "",
	} {
		found := ""
		for _, words := range commandLines(shell) {
			found += wrongIn(app, words)
		}
		if !strings.Contains(found, want) || (want == "") != (found == "") {
			t.Errorf("%s: found %q, want %q", shell, found, want)
		}
	}
}

func TestTargetsThatTheDocumentationNamesAreInTheMakefile(t *testing.T) {
	makefile, err := os.ReadFile(root + "/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?m)(?:^\s*|&& *)make +([a-z][a-z-]*)`)
	for path, text := range documents(t) {
		var code []string
		for _, found := range fence.FindAllStringSubmatch(text, -1) {
			code = append(code, found[2])
		}
		for _, found := range inlineCode.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			code = append(code, found[1])
		}
		for _, found := range named.FindAllStringSubmatch(strings.Join(code, "\n"), -1) {
			if !regexp.MustCompile(`(?m)^` + found[1] + `:`).Match(makefile) {
				t.Errorf("%s: the Makefile has no target %s", path, found[1])
			}
		}
	}
}

// developers' variables are of tests and of how the repository is built.
var developers = regexp.MustCompile(`^MUSC_(TEST|FAKE|BENCH|CHECK|CPU_TEST)_|` +
	`^MUSC_(DRIFT_TABLE|NAME|SOAK)$`)

func TestVariablesAreDocumentedAndDocumentedOnesAreRead(t *testing.T) {
	named := regexp.MustCompile(`\bMUSC_[A-Z][A-Z_]*[A-Z]\b`)
	read := map[string]string{"MUSC_CONFIG": "musc --config"}
	eachOption(newApp(io.Discard, io.Discard).Commands, "", func(_ string, flag cli.Flag) {
		read[variable(flag.Names()[0])] = "" // documented as one for all
	})
	each(t, ".go", func(path, source string) {
		if strings.HasSuffix(path, "/engine/watch/exec.go") { // what a command is told of a photo
			_, source, _ := strings.Cut(source, "valuesOf(e *Entry)")
			for _, name := range regexp.MustCompile(`\{"([a-z]+)", `).FindAllStringSubmatch(source, -1) {
				read["MUSC_"+strings.ToUpper(name[1])] = path
			}
		}
		if strings.Contains(path, "/bench/") {
			return
		}
		for _, name := range regexp.MustCompile(`"(MUSC_[A-Z_]*[A-Z])"`).FindAllStringSubmatch(source, -1) {
			if !strings.HasSuffix(path, "_test.go") && !developers.MatchString(name[1]) && read[name[1]] == "" {
				if _, ofOption := read[name[1]]; !ofOption {
					read[name[1]] = path
				}
			}
		}
	})
	documented := map[string]bool{}
	for path, text := range documents(t) {
		for _, name := range named.FindAllString(text, -1) {
			documented[name] = true
			if _, ok := read[name]; !ok && !developers.MatchString(name) {
				t.Errorf("%s: nothing reads %s", path, name)
			}
		}
	}
	for name, where := range read {
		if where != "" && !documented[name] {
			t.Errorf("%s, of %s, is in no page of the documentation", name, where)
		}
	}
}

// each calls do with every file of the repository whose name has that end.
func each(t *testing.T, end string, do func(path, text string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || path == root+"/out"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, end):
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			do(path, string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
