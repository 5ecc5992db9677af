package main

import (
	"cmp"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/urfave/cli/v2"

	"musc/engine/fault"
)

// The reference says what --help says, of all commands at once: as a page of the documentation, or as a
// man page. Both come from the definitions of the commands, and are the same on every machine. The cli
// package's own (App.ToMarkdown, App.ToMan) leave out descriptions, arguments and headings.

// referenceCommand is hidden: packagers run it, and make reference.
func referenceCommand() *cli.Command {
	return &cli.Command{
		Name:         "reference",
		Usage:        "print all commands and options as a man page, or as docs/commands.md",
		ArgsUsage:    "man|markdown",
		Hidden:       true,
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			app := newApp(io.Discard, io.Discard) // as defined: c.App has been given values
			text := ""
			switch form := c.Args().First(); form {
			case "man":
				text = manPage(app)
			case "markdown":
				text = markdownReference(app)
			default:
				return fault.New(fault.Usage, "no reference as %q; choose man or markdown", form)
			}
			_, err := io.WriteString(c.App.Writer, text)
			return err
		},
	}
}

// describedOption is an option in the words of --help.
type describedOption struct {
	names    []string // with dashes, the long one first
	value    string   // what stands for its value; "" of a switch
	text     string   // what it is for
	fallback string   // its default; "" if it has none
	category string   // the heading it stands under
}

// describe puts an option into words. A default is the definition's or, where only words can say it, at
// the end of the text.
func describe(flag cli.Flag) describedOption {
	option := describedOption{}
	for _, name := range flag.Names() {
		option.names = append(option.names, strings.Repeat("-", min(len(name), 2))+name)
	}
	documented := flag.(cli.DocGenerationFlag) // all of the cli package's are
	option.text = documented.GetUsage()
	if documented.TakesValue() {
		option.value = "value"
		if before, value, found := strings.Cut(option.text, "`"); found {
			value, after, _ := strings.Cut(value, "`")
			option.value, option.text = value, before+value+after
		}
		option.fallback = documented.GetDefaultText()
		if bare, err := strconv.Unquote(option.fallback); err == nil {
			option.fallback = bare
		}
	}
	if before, after, found := strings.Cut(option.text, " (default: "); found && option.fallback == "" {
		option.text, option.fallback = before, strings.TrimSuffix(after, ")")
	}
	if required, ok := flag.(cli.RequiredFlag); ok && required.IsRequired() {
		option.fallback = "required"
	}
	if in := documented.GetEnvVars(); len(in) > 0 {
		option.text += ", else $" + strings.Join(in, ", $")
	}
	if categorized, ok := flag.(cli.CategorizableFlag); ok {
		option.category = categorized.GetCategory()
	}
	return option
}

// ownOptions are those of a command but not of all commands, in the order of --help: by heading, then
// by name.
func ownOptions(command *cli.Command) (options []describedOption) {
	for _, flag := range command.VisibleFlags() {
		if option := describe(flag); option.category != categorySettings && option.names[0] != "--help" {
			options = append(options, option)
		}
	}
	slices.SortStableFunc(options, func(a, b describedOption) int {
		return cmp.Or(cmp.Compare(a.category, b.category), cmp.Compare(a.names[0], b.names[0]))
	})
	return options
}

// commonOptions are those that every command has.
func commonOptions() (options []describedOption) {
	for _, flag := range append(settingsFlags(), cli.HelpFlag) {
		option := describe(flag)
		option.category = "" // they have a section of their own
		options = append(options, option)
	}
	return options
}

// eachCommand calls do with every command that is not hidden, each before those beneath it.
func eachCommand(commands []*cli.Command, above string, do func(path string, command *cli.Command)) {
	for _, command := range commands {
		if !command.Hidden {
			path := above + " " + command.Name
			do(path, command)
			eachCommand(command.Subcommands, path, do)
		}
	}
}

// usageLine is how a command is written.
func usageLine(path string, command *cli.Command) string {
	switch {
	case len(command.Subcommands) > 0:
		return path + " COMMAND"
	case command.ArgsUsage == "":
		return path + " [options]"
	}
	return path + " [options] " + command.ArgsUsage
}

// exitCodes are the codes of exitCodesHelp, each with what it means.
func exitCodes() (codes [][2]string) {
	for _, line := range strings.Split(exitCodesHelp, "\n")[1:] {
		code, meaning, _ := strings.Cut(strings.TrimSpace(line), " ")
		codes = append(codes, [2]string{code, strings.TrimSpace(meaning)})
	}
	return codes
}

// introduction is an application's description without what the reference has in tables.
func introduction(app *cli.App) string {
	return strings.TrimSpace(strings.TrimSuffix(app.Description, exitCodesHelp))
}

// markdownText is text of a description in Markdown: lines that are indented are shown as they are.
func markdownText(text string) string {
	var out strings.Builder
	inCode := false
	for _, line := range strings.Split(text, "\n") {
		code := strings.HasPrefix(line, "   ")
		switch {
		case code && !inCode:
			out.WriteString("\n```\n")
		case !code && inCode && line == "":
			continue // at the end of what is shown as it is
		case !code && inCode:
			out.WriteString("```\n\n")
		}
		inCode = code
		if code {
			line = strings.TrimPrefix(line, "   ")
		} else {
			line = markdownInline(line)
		}
		out.WriteString(line + "\n")
	}
	if inCode {
		out.WriteString("```\n")
	}
	return strings.ReplaceAll(out.String(), "\n\n\n", "\n\n")
}

var (
	special = regexp.MustCompile("[\\\\*<|`\\[]")
	literal = regexp.MustCompile(`\$[A-Z_]+|--[a-z][a-z-]*`)
)

// markdownInline is text in Markdown, variables and options set as code.
func markdownInline(text string) string {
	return literal.ReplaceAllString(special.ReplaceAllString(text, `\$0`), "`$0`")
}

// sentence is a command's usage as one.
func sentence(usage string) string {
	return strings.ToUpper(usage[:1]) + markdownInline(usage[1:]) + "."
}

// anchor is a heading's, as code hosts make them of a command's path.
func anchor(path string) string { return strings.ReplaceAll(path, " ", "-") }

// manPage is the reference as a page of man, musc.1.
func manPage(app *cli.App) string {
	lines := strings.Split(string(md2man.Render([]byte(manMarkdown(app)))), "\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, ".TH "): // which switches hyphens and even margins on
			lines[i] = line + "\n.nh\n.nr HY 0\n.ad l"
		case line == ".EX": // examples stand to the right of the text
			lines[i] = ".RS 3\n.EX"
		case line == ".EE":
			lines[i] = ".EE\n.RE"
		case !strings.HasPrefix(line, "."): // a "-" may be set as a hyphen, which no shell takes for one
			lines[i] = strings.ReplaceAll(strings.ReplaceAll(line, `\-`, "-"), "-", `\-`)
		}
	}
	return strings.Join(lines, "\n")
}
