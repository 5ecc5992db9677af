// Command dist makes what is handed out of musc, in out/dist; docs/releasing.md tells how a release is
// made with it. It is a module of its own, so that musc does not depend on what makes packages.
//
//	dist setup      fetches what a release needs: the C compiler, CUDA's headers, wheels, Go's modules
//	dist build      makes the archive, packages, offline bundle, list of all parts, and SHA256SUMS
//	dist check      builds the last commit twice, in two clean clones, and compares
//	dist licences   holds the licences of what is linked in against the allowed ones
//
// The times in what is made are the commit's, or those of $SOURCE_DATE_EPOCH. After dist setup none
// needs a network.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"musc/engine/fault"
)

// command is one of the words that main takes.
type command struct {
	name string
	run  func(ctx context.Context, options options) error
}

// options are the flags, the same for every command.
type options struct {
	root   string // of musc's tree
	out    string // folder of what is made
	cuda   string // CUDA release of the bundle's libraries for a GPU, "": without
	with   string // check: the folder of a build to compare with, "": two are made
	shared bool   // check: the builds share caches
}

var commands = []command{
	{"setup", setup}, {"build", build}, {"check", check}, {"licences", licences},
}

func main() {
	if len(os.Args) > 1 && slices.Contains(compilers, os.Args[1]) {
		fmt.Fprintln(os.Stderr, becomeCompiler(os.Args[1], os.Args[2:]))
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "dist: %v\n", err)
		os.Exit(1)
	}
}

// run executes the command that the arguments begin with.
func run(ctx context.Context, arguments []string) error {
	var names []string
	for _, command := range commands {
		names = append(names, command.name)
	}
	if len(arguments) == 0 {
		return fault.New(fault.Usage, "name a command: %s", strings.Join(names, ", "))
	}
	var options options
	flags := flag.NewFlagSet("dist "+arguments[0], flag.ContinueOnError)
	flags.StringVar(&options.root, "root", ".", "the `folder` of musc's tree")
	flags.StringVar(&options.out, "o", "out/dist", "build: the `folder` to make everything in")
	flags.StringVar(&options.cuda, "cuda", "",
		"have the libraries of this CUDA `release` in the bundle, too: 13 or 12")
	flags.StringVar(&options.with, "with", "", "check: compare with what is in this `folder`")
	flags.BoolVar(&options.shared, "shared", false,
		"check: share the caches of Go and Zig, which is faster")
	if err := flags.Parse(arguments[1:]); err != nil {
		return err
	}
	for _, command := range commands {
		if command.name == arguments[0] {
			return command.run(ctx, options)
		}
	}
	return fault.New(fault.Usage, "there is no command %q, only %s", arguments[0],
		strings.Join(names, ", "))
}
