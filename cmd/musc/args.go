package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// flagsFirst moves the options of a command before its arguments, so that
// "musc score PHOTOS -o OUT" means what it says: the cli package stops reading options at the
// first argument. Everything behind "--" stays as it is.
func flagsFirst(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	commands, at := app.Commands, 1
	var flags []cli.Flag
	for at < len(args) {
		command := findCommand(commands, args[at])
		if command == nil {
			break
		}
		commands, flags = command.Subcommands, command.Flags
		at++
	}
	if flags == nil {
		return args
	}
	head, rest := slices.Clone(args[:at]), args[at:]
	var options, positional []string
	for i := 0; i < len(rest); i++ {
		arg := rest[i]
		if arg == "--" {
			positional = append(positional, rest[i:]...)
			break
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			positional = append(positional, arg)
			continue
		}
		options = append(options, arg)
		if takesValue(flags, arg) && i+1 < len(rest) {
			i++
			options = append(options, rest[i])
		}
	}
	return slices.Concat(head, options, positional)
}

func findCommand(commands []*cli.Command, name string) *cli.Command {
	for _, command := range commands {
		if command.HasName(name) {
			return command
		}
	}
	return nil
}

// takesValue says whether the word behind an option belongs to it.
func takesValue(flags []cli.Flag, arg string) bool {
	if strings.Contains(arg, "=") {
		return false
	}
	name := strings.TrimLeft(arg, "-")
	for _, flag := range flags {
		if slices.Contains(flag.Names(), name) {
			_, isSwitch := flag.(*cli.BoolFlag)
			return !isSwitch
		}
	}
	return false
}
