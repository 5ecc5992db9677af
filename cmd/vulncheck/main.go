// Command vulncheck looks for known vulnerabilities in what musc calls: golang.org/x/vuln (govulncheck) with the
// Go vulnerability database as the module golang.org/x/vulndb keeps it, which comes through the module
// proxy like any other. It is a module of its own, so that musc does not depend on either.
//
//	go run . [-latest] [-database FOLDER] ROOT
//
// looks at the module in ROOT and at those nested in it. A vulnerability in a function that can be reached
// fails, unless exceptions.txt says why it may stay; one that is only imported or required is listed.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
)

//go:embed exceptions.txt
var exceptionsFile []byte

func main() {
	database := flag.String("database", "", "a `FOLDER` of OSV files instead of the pinned one")
	latest := flag.Bool("latest", false, "the newest database instead of the pinned one")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := check(context.Background(), os.Stdout, *database, *latest, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "vulncheck:", err)
		os.Exit(1)
	}
}

// check scans root's modules by the OSV files in database; "" is the pinned or the latest one.
func check(ctx context.Context, out io.Writer, database string, latest bool, root string) error {
	allowed, err := readExceptions(bytes.NewReader(exceptionsFile))
	if err != nil {
		return err
	}
	if database == "" {
		version, sum := pinnedVersion, pinnedSum
		if latest {
			version, sum = "latest", ""
		}
		if database, version, err = fetch(ctx, databaseModule, version, sum); err != nil {
			return err
		}
		fmt.Fprintln(out, "database:", databaseModule, version)
	}
	folders, err := modules(root)
	if err != nil {
		return err
	}
	name, err := toolchain(root)
	if err != nil {
		return err
	}
	if name != "" {
		if err := use(name); err != nil {
			return err
		}
		fmt.Fprintln(out, "built with:", name)
	}
	var all []vulnerability
	for i, folder := range folders {
		// The first is what users get. Nested ones are tools and tests, whose tests are all they have.
		found, err := scanModule(ctx, database, folder, i > 0)
		if err != nil {
			return err
		}
		report(out, folder, found)
		all = append(all, found...)
	}
	return judge(all, allowed)
}
