package main

import (
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/reproduce"
	"musc/engine/results"
)

// Whatever arguments a record has, they are refused, or the new run is musc score or eval with an output that is
// the new one alone, and no library of the record's; read again, its line says the same.
func FuzzRecordedArguments(f *testing.F) {
	f.Add("score\n--model=x.onnx\n--output=old\n--library=evil.so\n--\nphotos", false)
	f.Add("plan\nphotos\n-o\nold\n--tasks\n7\n--overwrite", false)
	f.Add("score\n--config=c.toml\n--reference=a b\n--reference=c,d\n--\n--library=x\n-o", false)
	f.Add("eval\nset\n--layout\nBTAD\n--log=/etc/x\n--fail-on\ndefective", true)
	f.Add("score\n--help", false)
	f.Add("score\nx\n--stages\n1,2\n--seed=3\n--keep-tokens", false)
	f.Fuzz(func(t *testing.T, arguments string, eval bool) {
		record := &reproduce.Record{Folder: "out", Kind: results.Scored}
		if eval {
			record.Kind = results.Evaluated
		}
		record.Run.Command = []string{"musc"}
		record.Run.Repeat = &results.Repeat{Arguments: strings.Split(arguments, "\n")}
		line, err := lineOf(record)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Input && kind != fault.Usage {
				t.Fatal(err)
			}
			return
		}
		args := line.arguments("/new/out")
		at := slices.Index(args, "--")
		if at < 0 || args[0] != "score" && args[0] != "eval" {
			t.Fatalf("%q", args)
		}
		outputs := 0
		for _, arg := range args[1:at] {
			name, value, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
			switch {
			case name == "output" && value == "/new/out":
				outputs++
			case name == libraryOption && value == "" && line.String(configOption) != "":
			case slices.Contains(notRepeated, name), name == "log", !strings.HasPrefix(arg, "--"):
				t.Fatalf("%q has %q", args, arg)
			}
		}
		if outputs != 1 || !slices.Equal(args[at+1:], line.Args().Slice()) {
			t.Fatalf("%q of the photos %q", args, line.Args().Slice())
		}
		record.Run.Repeat.Arguments = args
		again, err := lineOf(record)
		if err != nil {
			t.Fatalf("%q cannot be read again: %v", args, err)
		}
		if twice := again.arguments("/new/out"); !slices.Equal(twice, args) {
			t.Fatalf("%q, not %q", twice, args)
		}
	})
}
