package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"musc/engine/fault"
)

// Whatever a file of options holds, it is read or the caller's mistake.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{"", "threads = 2\n[score]\nsubsets = 3\nroi = \"a\\u0000b\"\n", "[bank.build]\n",
		"[score]\nsubsets = [1, [2]]\n", "[[score]]\n", "a.b.c = 1979-05-27\n", "x = [[[[[[[[", "\"\" = 1e999"} {
		f.Add([]byte(text))
	}
	commands := newApp(io.Discard, io.Discard).Commands
	path := filepath.Join(f.TempDir(), "musc.toml")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		file, err := readConfig(path, commands)
		if err != nil {
			if fault.KindOf(err) != fault.Usage {
				t.Fatal(err)
			}
			return
		}
		for table, options := range file.tables {
			for option, values := range options {
				if len(values) == 0 {
					t.Fatalf("[%s] %s has no value", table, option)
				}
			}
		}
	})
}
