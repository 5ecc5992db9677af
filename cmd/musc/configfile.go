package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/urfave/cli/v2"

	"musc/engine/fault"
	"musc/engine/wholefile"
)

// configFile is what a file of --config says: options by their names, those of one command in a table with
// its path, [score] or [bank.build], those of all commands that have them above the tables.
type configFile struct {
	path   string
	tables map[string]map[string][]string // command path ("" for all) -> option -> values
}

// maxConfigBytes is more than anybody writes by hand.
const maxConfigBytes = 1 << 20

// readConfig reads and checks a file: every table is a command, every key an option of it.
func readConfig(path string, commands []*cli.Command) (*configFile, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxConfigBytes {
		return nil, fault.New(fault.Usage, "%s has %d bytes: that is no file of options", path, info.Size())
	}
	text, err := wholefile.Read(path, maxConfigBytes)
	if err != nil {
		return nil, fault.New(fault.Usage, "cannot read the file of --config: %w", err)
	}
	var all map[string]any
	if _, err := toml.Decode(string(text), &all); err != nil {
		var wrong toml.ParseError
		if errors.As(err, &wrong) {
			return nil, fault.New(fault.Usage, "%s, line %d: %s", path, wrong.Position.Line, wrong.Message)
		}
		return nil, fault.New(fault.Usage, "%s is no TOML: %w", path, err)
	}
	file := &configFile{path: path, tables: map[string]map[string][]string{}}
	return file, file.read("", all, commands)
}

// read takes one table, of the command at path, and those beneath it.
func (f *configFile) read(path string, table map[string]any, commands []*cli.Command) error {
	options := optionsOf(path, commands)
	f.tables[path] = map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if beneath, isTable := table[key].(map[string]any); isTable {
			at := strings.TrimSpace(path + " " + key)
			if !isCommand(at, commands) {
				return fault.New(fault.Usage, "%s: [%s] is no command of musc; see musc --help", f.path,
					strings.ReplaceAll(at, " ", "."))
			}
			if err := f.read(at, beneath, commands); err != nil {
				return err
			}
			continue
		}
		if !slices.Contains(options, key) {
			return f.unknown(path, key)
		}
		values, err := textsOf(table[key])
		if err != nil {
			return fault.New(fault.Usage, "%s: %s is %w", f.path, key, err)
		}
		f.tables[path][key] = values
	}
	return nil
}

func (f *configFile) unknown(path, key string) error {
	if path == "" {
		return fault.New(fault.Usage, "%s: no command has an option --%s; musc config show COMMAND lists them",
			f.path, key)
	}
	return fault.New(fault.Usage, "%s: musc %s has no option --%s; musc config show %s lists those it has",
		f.path, path, key, path)
}

// find is what the file says of an option of a command, and the table in words. A nil file says nothing.
func (f *configFile) find(path, option string) (values []string, table string, ok bool) {
	if f == nil {
		return nil, "", false
	}
	if values, ok = f.tables[path][option]; ok {
		return values, ", [" + strings.ReplaceAll(path, " ", ".") + "],", true
	}
	values, ok = f.tables[""][option]
	return values, "", ok
}

// optionsOf are the names that a command at a path, or any command if it is "", has for options.
func optionsOf(path string, commands []*cli.Command) (names []string) {
	eachOption(commands, "", func(of string, flag cli.Flag) {
		if path == "" || path == of {
			names = append(names, flag.Names()[0])
		}
	})
	return names
}

// isCommand tells whether there is a command at a path, with options or with commands beneath it.
func isCommand(path string, commands []*cli.Command) bool {
	var found *cli.Command
	for word := range strings.FieldsSeq(path) {
		if found = findCommand(commands, word); found == nil || found.Hidden {
			return false
		}
		commands = found.Subcommands
	}
	return found != nil
}

// textsOf is a value as it would stand on a command line, an array as several.
func textsOf(value any) ([]string, error) {
	switch v := value.(type) {
	case string, bool, int64, float64:
		return []string{fmt.Sprint(v)}, nil
	case []any:
		var all []string
		for _, entry := range v {
			texts, err := textsOf(entry)
			if err != nil {
				return nil, err
			}
			if _, nested := entry.([]any); nested {
				return nil, errors.New("an array of arrays; one of texts or numbers is an option's")
			}
			all = append(all, texts...)
		}
		if len(all) == 0 {
			return nil, errors.New("empty; leave it out, and the default holds")
		}
		return all, nil
	}
	return nil, fmt.Errorf("a %T; a text, a number, true, false or an array is an option's value", value)
}
