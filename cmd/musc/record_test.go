package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestSecretsAreNotWrittenDown(t *testing.T) {
	for arg, want := range map[string]string{
		"https://user:pass@host/hook":           "https://host/...",
		"--post=http://host:80/?key=1":          "--post=http://host:80/...",
		"-post=http://me@host":                  "-post=http://host/...",
		"https://hooks.example.org/services/T0": "https://hooks.example.org/...",
		"http://host:8080/":                     "http://host:8080/",
		"http://host":                           "http://host",
		"https://bad:%zz@host/":                 "https:///...",
		"photos/a=http://x@y":                   "photos/a=http://x@y",
		"photos/":                               "photos/",
	} {
		if got := withoutSecrets([]string{"musc", arg})[1]; got != want {
			t.Errorf("%s is written as %s, not %s", arg, got, want)
		}
	}
}

// TestArgumentsNeedNoFileAndNoEnvironment: whoever sets an option, the same arguments say so; and read
// again they say the same.
func TestArgumentsNeedNoFileAndNoEnvironment(t *testing.T) {
	file := write(t, "musc.toml", "degrees = [1, 3]\n[score]\nsubset-size = 20\nno-masks = true\n"+
		"reference = [\"a b\", \"c\"]\n")
	for name, c := range map[string]struct {
		variables map[string]string
		args      string
		want      []string
	}{
		"line": {nil, "-o out photos -s 2", []string{"--output=out", "--subsets=2", "--", "photos"}},
		"file": {nil, "photos -o out --config " + file, []string{"--output=out", "--reference=a b",
			"--reference=c", "--subset-size=20", "--no-masks=true", "--degrees=1,3", "--", "photos"}},
		"environment": {map[string]string{"MUSC_INTERVAL": "0,0.2", "MUSC_MAX_PIXELS": "5", "MUSC_LOG": ""},
			"photos -o out", []string{"--output=out", "--max-pixels=5", "--interval=0,0.2", "--", "photos"}},
		"an option that hides another": {map[string]string{"MUSC_CONFIG": file}, "photos -o out --subsets 2 " +
			"--reference d", []string{"--output=out", "--reference=d", "--no-masks=true", "--subsets=2",
			"--degrees=1,3", "--", "photos"}},
		"names like options": {nil, "-o out --quiet -- -x photos", []string{"--output=out", "--", "-x", "photos"}},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range c.variables {
				t.Setenv(variable, value)
			}
			want := append([]string{"score"}, c.want...)
			got := argumentsAt(t, append([]string{"score"}, strings.Fields(c.args)...))
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			for variable := range c.variables {
				t.Setenv(variable, "")
			}
			if again := argumentsAt(t, got); !slices.Equal(again, want) {
				t.Errorf("read again, they are %q", again)
			}
		})
	}
}

// argumentsAt are argumentsOf of a command line.
func argumentsAt(t *testing.T, args []string) (got []string) {
	t.Helper()
	app := newApp(&strings.Builder{}, &strings.Builder{})
	findCommand(app.Commands, args[0]).Action = func(c *cli.Context) error {
		got = argumentsOf(c, c.Command.Name)
		return nil
	}
	if err := app.Run(flagsFirst(app, append([]string{"musc"}, args...))); err != nil {
		t.Fatal(err)
	}
	return got
}
