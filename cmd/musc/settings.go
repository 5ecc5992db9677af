package main

import (
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine/fault"
)

// An option has the value of the command line; else of its variable in the environment, such as
// MUSC_IMAGE_SIZE; else of the file of --config, where a table of the command goes before what is said for
// all commands; else its default.

// Where a value comes from, the weakest first.
type origin int

const (
	byDefault origin = iota
	fromFile
	fromEnvironment
	fromCommandLine
)

// setting is the value of an option that is not its default.
type setting struct {
	name   string
	values []string // one; of a list as many as it has
	from   origin
	where  string // in words
}

// alternatives are options of which a command takes one: one from a stronger origin hides the others.
var alternatives = [][]string{{"subsets", "subset-size"}}

// unsettable are options that are of one command line only.
var unsettable = []string{"help", "version", configOption, "all"}

// variable is the environment's name of an option.
func variable(option string) string {
	return "MUSC_" + strings.ToUpper(strings.ReplaceAll(option, "-", "_"))
}

// environmentOf returns what the environment says of options. In a command of musc watch --exec, which
// has MUSC_THRESHOLD and others describe a photo, it says nothing.
func environmentOf(lookup func(string) (string, bool)) func(option string) (string, bool) {
	return func(option string) (string, bool) {
		if _, ofWatch := lookup("MUSC_SEQUENCE"); ofWatch {
			return "", false
		}
		return lookup(variable(option))
	}
}

// settingsOf finds what the environment and a file (nil: none) say of the options of a command, but for
// those that onLine says are given.
func settingsOf(path string, flags []cli.Flag, onLine func(option string) bool,
	environment func(option string) (string, bool), file *configFile) (found []setting) {

	for _, flag := range flags {
		name := flag.Names()[0]
		if slices.Contains(unsettable, name) {
			continue
		}
		if onLine(name) {
			found = append(found, setting{name: name, from: fromCommandLine})
		} else if value, ok := environment(name); ok && value != "" {
			found = append(found, setting{name, []string{value}, fromEnvironment, variable(name)})
		} else if values, table, ok := file.find(path, name); ok {
			found = append(found, setting{name, inOne(flag, values), fromFile, file.path + table})
		}
	}
	for _, group := range alternatives {
		strongest := byDefault
		for _, s := range found {
			if slices.Contains(group, s.name) {
				strongest = max(strongest, s.from)
			}
		}
		found = slices.DeleteFunc(found, func(s setting) bool {
			return slices.Contains(group, s.name) && s.from < strongest
		})
	}
	return slices.DeleteFunc(found, func(s setting) bool { return s.from == fromCommandLine })
}

// inOne is a list as one value, unless the option is one that may be repeated.
func inOne(flag cli.Flag, values []string) []string {
	switch flag.(type) {
	case *cli.StringSliceFlag, *cli.IntSliceFlag, *cli.GenericFlag:
		return values
	}
	return []string{strings.Join(values, ",")}
}

// applySettings gives the options of a command line the values that environment and file have for them.
func applySettings(c *cli.Context, path string, commands []*cli.Command) error {
	environment := environmentOf(os.LookupEnv)
	name := c.String(configOption)
	if value, ok := environment(configOption); name == "" && ok {
		name = value
	}
	var file *configFile
	if name != "" {
		var err error
		if file, err = readConfig(name, commands); err != nil {
			return err
		}
	}
	for _, s := range settingsOf(path, c.Command.Flags, c.IsSet, environment, file) {
		for _, value := range s.values {
			if err := c.Set(s.name, value); err != nil {
				return fault.New(fault.Usage, "%s gives --%s the value %q, which it cannot have: %w",
					s.where, s.name, value, err)
			}
		}
	}
	return nil
}

// withSettings lets all commands but hidden ones take options from environment and file.
func withSettings(all, commands []*cli.Command, above string) {
	for _, command := range commands {
		path := strings.TrimSpace(above + " " + command.Name)
		withSettings(all, command.Subcommands, path)
		if command.Action == nil || command.Hidden {
			continue
		}
		command.Flags = append(command.Flags, settingsFlags()...)
		command.Before = func(c *cli.Context) error {
			if err := applySettings(c, path, all); err != nil {
				return err
			}
			c.App.Metadata[jsonAsked] = c.Bool("json")
			return openLog(c, path)
		}
	}
}

func settingsFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: configOption, Category: categorySettings,
			Usage: "take what is not given here from this TOML `FILE` (musc config show)"},
		&cli.StringFlag{Name: "log", Category: categorySettings,
			Usage: "add what happens to this `FILE`, one JSON object a line"},
	}
}

// jsonAsked is where the application keeps whether errors are to be JSON, whoever said so.
const jsonAsked = "json"

const (
	configOption     = "config"
	categorySettings = "SETTINGS AND LOG"
)

// commandAt finds a command by its path, such as "bank build".
func commandAt(commands []*cli.Command, path string) (found *cli.Command, err error) {
	for word := range strings.FieldsSeq(path) {
		if found = findCommand(commands, word); found == nil {
			return nil, fault.New(fault.Usage, "there is no command %q; see musc --help", path)
		}
		commands = found.Subcommands
	}
	if found == nil || found.Action == nil || found.Hidden {
		return nil, fault.New(fault.Usage, "%q is no command with options; as in: musc config show score",
			path)
	}
	return found, nil
}

// strangeVariables are those of the environment that look like an option's, and are of none.
func strangeVariables(commands []*cli.Command, environment []string) (strange []string) {
	known := map[string]bool{}
	for _, other := range variables {
		known[other[0]] = true
	}
	eachOption(commands, "", func(_ string, flag cli.Flag) { known[variable(flag.Names()[0])] = true })
	for _, entry := range environment {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "MUSC_") && !known[name] && !strings.HasPrefix(name, "MUSC_TEST_") &&
			!strings.HasPrefix(name, "MUSC_FAKE_") {
			strange = append(strange, name)
		}
	}
	slices.Sort(strange)
	return strange
}

// eachOption calls do with every option of every command that is not hidden, and the command's path.
func eachOption(commands []*cli.Command, above string, do func(path string, flag cli.Flag)) {
	for _, command := range commands {
		path := strings.TrimSpace(above + " " + command.Name)
		eachOption(command.Subcommands, path, do)
		if command.Action == nil || command.Hidden {
			continue
		}
		for _, flag := range command.Flags {
			if !slices.Contains(unsettable, flag.Names()[0]) {
				do(path, flag)
			}
		}
	}
}
