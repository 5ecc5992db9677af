package plain

import "testing"

func TestNames(t *testing.T) {
	for name, want := range map[string]struct{ line, sentence string }{
		"a/b 1.png":        {"a/b 1.png", "a/b 1.png"},
		"Schraube-ä-螺.png": {"Schraube-ä-螺.png", "Schraube-ä-螺.png"},
		`c:\photos\a.png`:  {`c:\photos\a.png`, `"c:\\photos\\a.png"`},
		"it's, so; said":   {"it's, so; said", `"it's, so; said"`},
		`"quoted"`:         {`"quoted"`, `"\"quoted\""`},
		"<b>&.png":         {"<b>&.png", "<b>&.png"},
		"":                 {"", `""`},
		" a":               {`" a"`, `" a"`},
		"a\u00a0":          {`"a\u00a0"`, `"a\u00a0"`},
		"a\nb":             {`"a\nb"`, `"a\nb"`},
		"\x1b[31mred":      {`"\x1b[31mred"`, `"\x1b[31mred"`},
		"a\u202egnp.exe":   {`"a\u202egnp.exe"`, `"a\u202egnp.exe"`},
		"\xff.png":         {`"\xff.png"`, `"\xff.png"`},
		"a\ufffd.png":      {`"a�.png"`, `"a�.png"`},
		"zero\u200bwidth":  {`"zero\u200bwidth"`, `"zero\u200bwidth"`},
		"two  blanks\t in": {`"two  blanks\t in"`, `"two  blanks\t in"`},
	} {
		if got := Name(name); got != want.line {
			t.Errorf("%q in a line is %s, want %s", name, got, want.line)
		}
		if got := InSentence(name); got != want.sentence {
			t.Errorf("%q in a sentence is %s, want %s", name, got, want.sentence)
		}
	}
}
