package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// message is the format of a fault.New in the source, "…" for what differs from time to time.
type message struct{ kind, text, place string }

var (
	verb       = regexp.MustCompile(`%[-+#0-9.\[\]]*[a-zA-Z]`)
	hasWords   = regexp.MustCompile(`\pL{2}`)
	ofPrograms = regexp.MustCompile(`^\.\./\.\./(cmd/musc|engine|models|cgo)/`)
)

// messages are those of all faults that musc can end with.
func messages(t *testing.T) (all []message) {
	t.Helper()
	files := token.NewFileSet()
	each(t, ".go", func(path, source string) {
		if strings.HasSuffix(path, "_test.go") || !ofPrograms.MatchString(path) {
			return
		}
		file, err := parser.ParseFile(files, path, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			called, ok := call.Fun.(*ast.SelectorExpr)
			kind, named := call.Args[0].(*ast.SelectorExpr)
			if !ok || !named || called.Sel.Name != "New" {
				return true
			}
			if of, ok := called.X.(*ast.Ident); ok && of.Name == "fault" {
				text := strings.ReplaceAll(literalOf(call.Args[1]), "%%", "%")
				text = verb.ReplaceAllString(text, "…")
				all = append(all, message{kind.Sel.Name, text, files.Position(call.Pos()).String()})
			}
			return true
		})
	})
	if len(all) < 500 {
		t.Fatalf("only %d messages were found", len(all))
	}
	return all
}

// literalOf is a text that is written as literals with "+" between them; what is computed is "%s".
func literalOf(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
	case *ast.BinaryExpr:
		return literalOf(e.X) + literalOf(e.Y)
	}
	return "%s"
}

// quotedMessages are the messages in the first columns of the page's tables.
func quotedMessages(t *testing.T) (quoted []string) {
	t.Helper()
	page, err := os.ReadFile(root + "/docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(page), "\n") {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if strings.HasPrefix(line, "| `") {
			for _, code := range inlineCode.FindAllStringSubmatch(first, -1) {
				quoted = append(quoted, code[1])
			}
		}
	}
	return quoted
}

// begins tells whether a message of the source begins as a quoted one, the "…" of which stands for what
// differs, and for words between.
func begins(text, quoted string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(quoted), "…", ".*")
	return regexp.MustCompile("(?s)^" + pattern).MatchString(text)
}

func TestTroubleshootingQuotesWhatIsSaid(t *testing.T) {
	all := messages(t)
	for _, quoted := range quotedMessages(t) {
		said := false
		for _, m := range all {
			said = said || begins(m.text, quoted)
		}
		if !said {
			t.Errorf("docs/troubleshooting.md quotes %q, which no message of the source begins with", quoted)
		}
	}
}

// Every message of what is not set up or cannot be written is on the page, and those of input that say
// what cannot be done. To cover a new one, put its
// first words into the row of docs/troubleshooting.md that has its cause, or write a row: the message,
// why, and what to do.
func TestTroubleshootingCoversWhatIsSaid(t *testing.T) {
	quoted := quotedMessages(t)
	for _, m := range messages(t) {
		asked := m.kind == "Setup" || m.kind == "Output" ||
			m.kind == "Input" && strings.HasPrefix(m.text, "cannot ")
		covered := !asked || !hasWords.MatchString(m.text)
		for _, q := range quoted {
			covered = covered || hasWords.MatchString(q) && begins(m.text, q)
		}
		if !covered {
			t.Errorf("%s: docs/troubleshooting.md has no row for %q: put its first words into the row with "+
				"its cause, or write one: message, why, what to do", m.place, m.text)
		}
	}
}

// A message says what to do: behind a ";", or in words such as "run:".
func TestMessagesOfSetupAndOutputSayWhatToDo(t *testing.T) {
	// What is wrapped, at the end, may say it.
	wayOut := regexp.MustCompile(`;|: (run|give)\b|need you$|Mount it|…$`)
	for _, m := range messages(t) {
		if (m.kind == "Setup" || m.kind == "Output") && !wayOut.MatchString(m.text) {
			t.Errorf("%s: %q says what is wrong, but not what to do about it", m.place, m.text)
		}
	}
}

func TestBeginnings(t *testing.T) {
	for _, c := range []struct {
		text, quoted string
		want         bool
	}{
		{"cannot write …: it is a folder; name a file in it", "cannot write …: it is a folder", true},
		{"cannot write …: …; …", "cannot write …: it is a folder", false},
		{"the bank … is being changed", "the bank …", true},
		{"… is there already; delete it", "… is there already", true},
		{"it may be that … is there already", "is there already", false},
	} {
		if got := begins(c.text, c.quoted); got != c.want {
			t.Errorf("%q begins as %q: %v, want %v", c.text, c.quoted, got, c.want)
		}
	}
}
