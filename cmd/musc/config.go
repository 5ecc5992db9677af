package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine/fault"
)

func configCommand() *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "show what options have which values, and where these come from",
		Description: `An option has the value of the command line; else of its variable in the environment (MUSC_IMAGE_SIZE for
--image-size); else of the TOML file of --config or $MUSC_CONFIG; else its default.

   threads = 4          # of all commands that have the option
   [score]              # of one
   maps = "npy"
   degrees = [1, 3]
   [bank.build]
   memory = "4G"`,
		OnUsageError: usageError,
		Subcommands: []*cli.Command{{
			Name:      "show",
			Usage:     "show a command's options as such a file",
			ArgsUsage: "COMMAND",
			Description: `Options that have their default are comments. The output is a file for --config.

Examples:
   musc config show score > musc.toml
   musc config show score --config musc.toml
   MUSC_THREADS=4 musc config show bank build`,
			OnUsageError: usageError,
			Action:       showConfig,
		}},
	}
}

func showConfig(c *cli.Context) error {
	path := strings.Join(c.Args().Slice(), " ")
	commands := c.App.Commands
	command, err := commandAt(commands, path)
	if err != nil {
		return err
	}
	var file *configFile
	if name := c.String(configOption); name != "" {
		if file, err = readConfig(name, commands); err != nil {
			return err
		}
	}
	found := settingsOf(path, command.Flags, func(string) bool { return false },
		environmentOf(os.LookupEnv), file)
	for _, s := range found {
		if err := tryOut(command, s); err != nil {
			return err
		}
	}
	for _, name := range strangeVariables(commands, os.Environ()) {
		fmt.Fprintf(c.App.ErrWriter, "musc: warning: %s is in the environment, but no option has that name\n", name)
	}
	return writeConfig(c.App.Writer, path, command.Flags, found)
}

// tryOut tells whether an option can have the value that it would be given.
func tryOut(command *cli.Command, s setting) error {
	for _, option := range command.Flags {
		if option.Names()[0] != s.name {
			continue
		}
		set := flag.NewFlagSet("", flag.ContinueOnError)
		if err := option.Apply(set); err != nil {
			return err
		}
		for _, value := range s.values {
			if err := set.Set(s.name, value); err != nil {
				return fault.New(fault.Usage, "%s gives --%s the value %q, which it cannot have: %w",
					s.where, s.name, value, err)
			}
		}
	}
	return nil
}

// writeConfig writes the options of a command as a file for --config.
func writeConfig(w io.Writer, path string, options []cli.Flag, found []setting) error {
	var text strings.Builder
	fmt.Fprintf(&text, "[%s]\n", strings.ReplaceAll(path, " ", "."))
	for _, option := range options {
		name := option.Names()[0]
		if slices.Contains(unsettable, name) {
			continue
		}
		at := slices.IndexFunc(found, func(s setting) bool { return s.name == name })
		if at < 0 {
			fmt.Fprintf(&text, "# %s%s\n", name, defaultOf(option))
			continue
		}
		s := found[at]
		fmt.Fprintf(&text, "%s = %s # %s\n", name, tomlOf(option, s.values), strings.TrimSuffix(s.where, ","))
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// defaultOf is " = " and an option's default in TOML, or ": " and words where it has none of its own.
func defaultOf(of cli.Flag) string {
	switch option := of.(type) {
	case *cli.BoolFlag:
		return " = " + strconv.FormatBool(option.Value)
	case *cli.IntSliceFlag:
		if option.Value != nil && option.DefaultText == "" {
			return " = " + tomlOf(of, strings.Fields(strings.Trim(fmt.Sprint(option.Value.Value()), "[]")))
		}
	case *cli.StringFlag:
		if option.DefaultText == "" {
			return " = " + tomlText(option.Value)
		}
	case *cli.StringSliceFlag, *cli.GenericFlag:
		return " = []"
	}
	documented := of.(cli.DocGenerationFlag) // all of the cli package's are
	if text := documented.GetDefaultText(); text != "" {
		return ": " + strings.ReplaceAll(text, "\n", " ")
	}
	return " = " + tomlOf(of, []string{documented.GetValue()})
}

// tomlOf is the value of an option in TOML.
func tomlOf(option cli.Flag, values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = value
		switch option.(type) {
		case *cli.BoolFlag, *cli.IntFlag, *cli.Int64Flag, *cli.Float64Flag, *cli.Uint64Flag, *cli.IntSliceFlag:
		default:
			quoted[i] = tomlText(value)
		}
	}
	switch option.(type) {
	case *cli.StringSliceFlag, *cli.IntSliceFlag, *cli.GenericFlag:
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return quoted[0]
}

// tomlText is a basic string of TOML: JSON's escapes are among its own.
func tomlText(value string) string {
	var text strings.Builder
	text.WriteByte('"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			text.WriteByte('\\')
			text.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&text, `\u%04x`, r)
		default:
			text.WriteRune(r)
		}
	}
	text.WriteByte('"')
	return text.String()
}
