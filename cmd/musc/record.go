package main

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// commandLine is this program's command line as it may be written down: addresses without what may be a
// secret in them.
func commandLine() []string { return withoutSecrets(os.Args) }

// withoutSecrets hides user names, passwords, paths and queries of web addresses: keys are in any of them.
func withoutSecrets(args []string) []string {
	shown := slices.Clone(args)
	for k, arg := range shown {
		before, address := "", arg
		if option, value, found := strings.Cut(arg, "="); found && strings.HasPrefix(arg, "-") {
			before, address = option+"=", value
		}
		if !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
			continue
		}
		scheme, rest, _ := strings.Cut(address, "://")
		host := ""
		if parsed, err := url.Parse(address); err == nil {
			host = parsed.Host
		}
		if rest != host && rest != host+"/" {
			shown[k] = before + scheme + "://" + host + "/..."
		}
	}
	return shown
}

// unrecorded are options that say where options come from or how a command talks.
var unrecorded = append([]string{"log", "json", "quiet"}, unsettable...)

// argumentsOf are arguments that say what was set by whatever way: with them, the command that is called
// name needs no file of options and no environment.
func argumentsOf(c *cli.Context, name string) []string {
	args := strings.Fields(name)
	for _, flag := range c.Command.Flags {
		option := flag.Names()[0]
		if !c.IsSet(option) || slices.Contains(unrecorded, option) {
			continue
		}
		values := []string{}
		switch flag.(type) {
		case *cli.StringSliceFlag:
			values = c.StringSlice(option)
		case *cli.IntSliceFlag:
			values = []string{listed(c.IntSlice(option))}
		default:
			values = append(values, fmt.Sprint(c.Value(option)))
		}
		for _, value := range values {
			args = append(args, "--"+option+"="+value)
		}
	}
	return append(append(args, "--"), c.Args().Slice()...)
}
