package csvfile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"musc/engine/fault"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// The same two photos as programs and people write them.
func TestReadsTheSameListInEveryDress(t *testing.T) {
	type records = []Record
	plain := records{{Line: 1, Fields: []string{"image", "score"}}, {Line: 2, Fields: []string{"a.png", "0.5"}},
		{Line: 3, Fields: []string{"b.png", "1"}}}
	for name, c := range map[string]struct {
		file, text string
		want       records
	}{
		"plain":                  {"a.csv", "image,score\na.png,0.5\nb.png,1\n", plain},
		"no newline at its end":  {"a.csv", "image,score\na.png,0.5\nb.png,1", plain},
		"Windows":                {"a.csv", "image,score\r\na.png,0.5\r\nb.png,1\r\n", plain},
		"old Macintosh":          {"a.csv", "image,score\ra.png,0.5\rb.png,1\r", plain},
		"byte order mark":        {"a.csv", "\ufeffimage,score\na.png,0.5\nb.png,1\n", plain},
		"mark before quotes":     {"a.csv", "\ufeff\"image\",\"score\"\n\"a.png\",0.5\nb.png,1\n", plain},
		"semicolons":             {"a.csv", "image;score\na.png;0.5\nb.png;1\n", plain},
		"tabs":                   {"a.csv", "image\tscore\na.png\t0.5\nb.png\t1\n", plain},
		"tabs in a .tsv":         {"a.TSV", "image\tscore\na.png\t0.5\nb.png\t1\n", plain},
		"commas in a .tsv":       {"a.tsv", "image,score\na.png,0.5\nb.png,1\n", plain},
		"blanks":                 {"a.csv", " image , score\na.png , 0.5\nb.png,1 \n", plain},
		"a comma within quotes":  {"a.csv", "\"image\";\"score\"\na.png;0.5\nb.png;1\n", plain},
		"a separator in a value": {"a.csv", "\"i,j\";k\n1;2\n", records{{Line: 1, Fields: []string{"i,j", "k"}}, {Line: 2, Fields: []string{"1", "2"}}}},
		"tab before comma in a .tsv": {"a.tsv", "a,b\tc\n1,2\t3\n",
			records{{Line: 1, Fields: []string{"a,b", "c"}}, {Line: 2, Fields: []string{"1,2", "3"}}}},
		"an empty field before a tab": {"a.tsv", "a\tb\tc\n\t\t3\n",
			records{{Line: 1, Fields: []string{"a", "b", "c"}}, {Line: 2, Fields: []string{"", "", "3"}}}},
		"one column":       {"a.csv", "image\na;b.png\n", records{{Line: 1, Fields: []string{"image"}}, {Line: 2, Fields: []string{"a;b.png"}}}},
		"empty lines":      {"a.csv", "image,score\n\na.png,0.5\n,\n \nb.png,1\n", records{plain[0], {Line: 3, Fields: plain[1].Fields}, {Line: 6, Fields: plain[2].Fields}}},
		"told separator":   {"a.csv", "sep=;\nimage;score\na.png;0.5\n", records{{Line: 2, Fields: plain[0].Fields}, {Line: 3, Fields: plain[1].Fields}}},
		"told, in quotes":  {"a.csv", "\"SEP=\t\"\nimage\tscore\n", records{{Line: 2, Fields: plain[0].Fields}}},
		"sep= of nonsense": {"a.csv", "sep=x\n", records{{Line: 1, Fields: []string{"sep=x"}}}},
		"several lines in a value": {"a.csv", "image,note\n\"a.png\",\"one\ntwo\"\nb.png,x\n",
			records{{Line: 1, Fields: []string{"image", "note"}}, {Line: 2, Fields: []string{"a.png", "one\ntwo"}}, {Line: 4, Fields: []string{"b.png", "x"}}}},
		"empty": {"a.csv", "", nil},
	} {
		file, err := Read(write(t, c.file, c.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !slices.EqualFunc(file.Records, c.want, func(a, b Record) bool {
			return a.Line == b.Line && slices.Equal(a.Fields, b.Fields)
		}) {
			t.Errorf("%s: %+v, want %+v", name, file.Records, c.want)
		}
	}
}

// wide is text as a program writes it that says "Unicode text".
func wide(text string, swapped bool) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := []byte{byte(unit), byte(unit >> 8)}
		if swapped {
			pair[0], pair[1] = pair[1], pair[0]
		}
		b.Write(pair)
	}
	return b.String()
}

func TestWhatCannotBeReadIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"UTF-16":                {wide("\ufeffimage,score\n", false), "in UTF-16; save it as CSV UTF-8"},
		"UTF-16, swapped":       {wide("\ufeffimage,score\n", true), "in UTF-16; save it as CSV UTF-8"},
		"UTF-16 without a mark": {wide("image,score\n", false), "in UTF-16; save it as CSV UTF-8"},
		"swapped, no mark":      {wide("image,score\n", true), "in UTF-16; save it as CSV UTF-8"},
		"UTF-32":                {"\xff\xfe\x00\x00i\x00\x00\x00", "in UTF-32; save"},
		"swapped UTF-32":        {"\x00\x00\xfe\xff\x00\x00\x00i", "in UTF-32; save"},
		"no text":               {"\x89PNG\r\n\x00\x00", "not text in UTF-8; save"},
		"short with a zero":     {"a\x00b", "not text in UTF-8; save"},
		"a zero at once":        {"\x00", "not text in UTF-8; save"},
		"a word in UTF-16":      {wide("imag", false), "in UTF-16; save"},
		"less than a word":      {wide("ima", false), "not text in UTF-8; save"},
		"quotes":                {"image,score\na\"b,1\n", "line 2: bare \" in non-quoted-field; correct the quotes"},
		"quotes after sep=":     {"sep=,\nimage,score\na\"b,1\n", "line 3: bare"},
		"open quotes":           {"image,score\n\n\"a,1\nb,2\n", "line 3: extraneous or missing \" in quoted-field"},
	} {
		path := write(t, "list.csv", c.text)
		_, err := Read(path)
		if err == nil || fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	folder := t.TempDir()
	if _, err := Read(folder); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("folder: %v", err)
	}
	absent := filepath.Join(folder, "absent.csv")
	if _, err := Read(absent); err == nil || strings.Count(err.Error(), absent) != 1 ||
		fault.KindOf(err) != fault.Input {
		t.Errorf("absent: %v", err)
	}
	large := write(t, "large.csv", "")
	if err := os.Truncate(large, maxSize+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(large); err == nil || !strings.Contains(err.Error(), "it has 1024 MB") {
		t.Errorf("large: %v", err)
	}
}

func TestTable(t *testing.T) {
	table, err := ReadTable(write(t, "t.csv", "Image;SCORE;note\na.png;0,5;x\nb.png;1.25;\nc;2;;;\n"),
		"image", "score")
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != 3 || !table.Has("note") || table.Has("label") {
		t.Fatalf("%+v", table)
	}
	for i, want := range []float64{0.5, 1.25, 2} {
		if got, err := table.Number(table.Rows[i], "score"); err != nil || got != want {
			t.Errorf("row %d: %v, %v", i, got, err)
		}
	}
	if got := table.Text(table.Rows[0], "image"); got != "a.png" {
		t.Errorf("image %q", got)
	}
	if got := table.Text(table.Rows[0], "label"); got != "" {
		t.Errorf("label %q", got)
	}
	if got := (Record{Fields: []string{"x"}}).Field(-1) + (Record{}).Field(0); got != "" {
		t.Errorf("fields that are not there: %q", got)
	}
}

func TestNumbersThatAreNone(t *testing.T) {
	for _, text := range []string{"", "high", "NaN", "Inf", "1,5,0", "1.000,5"} {
		path := write(t, "t.csv", "note\timage\tscore\n\"two\nlines\"\ta\t1\n\tb\t"+text+"\n")
		table, err := ReadTable(path, "image", "score")
		if err != nil {
			t.Fatal(err)
		}
		_, err = table.Number(table.Rows[1], "score")
		if err == nil || !strings.Contains(err.Error(), `the score "`+text+`" in line 4`) ||
			fault.KindOf(err) != fault.Input {
			t.Errorf("%q: %v", text, err)
		}
	}
	// The value stands below the line on which its row begins.
	below, err := ReadTable(write(t, "t.csv", "image,score\n\"a\nb\",x\n"), "score")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = below.Number(below.Rows[0], "score"); err == nil ||
		!strings.Contains(err.Error(), "in line 3 ") {
		t.Errorf("below: %v", err)
	}
	if got := below.Line(below.Rows[0], "label"); got != 2 {
		t.Errorf("a column that is not there is in line %d", got)
	}
	table, err := ReadTable(write(t, "t.csv", "image,score\na,\"0,5\"\n"), "score")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Number(table.Rows[0], "score"); err == nil {
		t.Error("a decimal comma where commas separate is taken for a number")
	}
}

func TestTablesThatAreNone(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":      {"", "is empty; its first line must name the columns image,score"},
		"no column":  {"image,value\na,1\n", `no column "score", only image,value`},
		"twice":      {"image,score,Image\na,1,b\n", "two columns named image"},
		"too few":    {"image,score\n\na\n", "1 values in line 3, but its first line names 2"},
		"too many":   {"image,score\na,b,1\n", "3 values in line 2, but its first line names 2"},
		"unreadable": {"image,sc\"ore\n", "line 1"},
	} {
		_, err := ReadTable(write(t, "t.csv", c.text), "image", "score")
		if err == nil || !strings.Contains(err.Error(), c.want) || fault.KindOf(err) != fault.Input {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadTable(write(t, "t.csv", "image,x,x\na,1,2\n"), "image"); err != nil {
		t.Errorf("a column twice that nobody needs: %v", err)
	}
}

func TestPathHint(t *testing.T) {
	for path, want := range map[string]bool{`a\b.png`: true, `C:\photos\a.png`: true, "C:/a.png": true,
		"a/b.png": false, "": false, "c:": false, "1:2.png": false} {
		if got := PathHint(path) != ""; got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}

func TestIsList(t *testing.T) {
	for path, want := range map[string]bool{"a.csv": true, "A.TSV": true, "a.txt": false, "csv": false} {
		if IsList(path) != want {
			t.Errorf("%q: %v", path, !want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("\ufeff\"image\";\"score\"\na;0,5\n"), ".csv")
	f.Add([]byte("sep=\t\na\tb\n"), ".tsv")
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte, extension string) {
		name := ".csv"
		if len(extension)%2 == 1 {
			name = ".tsv"
		}
		path := filepath.Join(folder, "list"+name)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		file, err := Read(path)
		if err != nil {
			if fault.KindOf(err) != fault.Input {
				t.Fatal(err)
			}
			return
		}
		last := 0
		for _, record := range file.Records {
			if record.Line <= last || len(record.Fields) == 0 {
				t.Fatalf("%+v after line %d", record, last)
			}
			last = record.Line
		}
	})
}
