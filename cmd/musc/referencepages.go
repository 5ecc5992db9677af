package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// variables are those of the environment that have a meaning, but not an option's.
var variables = [][2]string{
	{"MUSC_CACHE", "the folder of what musc has fetched and built, instead of the user's cache folder"},
	{"MUSC_CODECS", "a folder with the shared libraries of JPEG, TIFF and WebP, instead of those of " +
		"musc setup"},
	{"MUSC_CUDA_KERNEL", "the kernel for mutual scoring on a GPU, instead of the fastest that passes " +
		"its test"},
	{"MUSC_LIBCUDA", "the NVIDIA driver's library, instead of libcuda.so.1"},
	{"MUSC_ONNXRUNTIME", "the ONNX Runtime library, instead of the one of musc setup"},
	{"MUSC_SIMD", "a lower level of the processor's instructions; musc doctor names those that it has"},
	{"MUSC_TASKS", "the numbers of the tasks of a job array, for musc task; the array's index counts " +
		"in them"},
}

// files are what musc reads and writes without being told where.
var files = [][2]string{
	{"~/.cache/musc", "the cache: what musc setup and musc models have fetched and built; " +
		"`$MUSC_CACHE` moves it"},
	{"OUT/.musc-run", "the plan of a run and what is finished of it, until the results are in place"},
	{"OUT/run.json", "what a run was made of: photos, options, versions, machine, times"},
}

const (
	optionsPlace = "Options may stand before, between or behind the arguments; what is behind `--` is " +
		"no option."

	optionsSource = "An option that is not given has the value of its variable in the environment " +
		"(`MUSC_IMAGE_SIZE` for `--image-size`), else of the file of `--config` or `$MUSC_CONFIG`, else " +
		"its default."
)

// markdownReference is the reference as a page of the documentation.
func markdownReference(app *cli.App) string {
	var out strings.Builder
	fmt.Fprintf(&out, `# Commands

What `+"`musc COMMAND --help`"+` says, of all commands. This page is made by `+"`make reference`"+`;
a test holds it against the program.

%s
## All commands

| command | what it does |
|---|---|
`, markdownText(introduction(app)))
	eachCommand(app.Commands, app.Name, func(path string, command *cli.Command) {
		fmt.Fprintf(&out, "| [`%s`](#%s) | %s |\n", path, anchor(path), markdownInline(command.Usage))
	})
	fmt.Fprintf(&out, "\n## Options of every command\n\n%s\n%s\n%s\n", markdownOptions(commonOptions()),
		optionsPlace, optionsSource)
	for _, section := range []struct {
		title, of string
		rows      [][2]string
	}{
		{"Exit codes", "code", exitCodes()},
		{"Environment", "variable", variables},
		{"Files", "file", files},
	} {
		fmt.Fprintf(&out, "\n## %s\n\n| %s | meaning |\n|---|---|\n", section.title, section.of)
		for _, row := range section.rows {
			fmt.Fprintf(&out, "| `%s` | %s |\n", row[0], row[1])
		}
	}
	eachCommand(app.Commands, app.Name, func(path string, command *cli.Command) {
		fmt.Fprintf(&out, "\n## %s\n\n%s\n\n```\n%s\n```\n", path, sentence(command.Usage),
			usageLine(path, command))
		if command.Description != "" {
			out.WriteString("\n" + markdownText(command.Description))
		}
		for i, beneath := range command.Subcommands {
			if i == 0 {
				out.WriteString("\n")
			}
			of := path + " " + beneath.Name
			fmt.Fprintf(&out, "- [`%s`](#%s): %s\n", of, anchor(of), markdownInline(beneath.Usage))
		}
		if options := ownOptions(command); len(options) > 0 {
			out.WriteString("\n" + markdownOptions(options))
		}
	})
	return out.String()
}

// markdownOptions is a table of options for each heading that they stand under.
func markdownOptions(options []describedOption) string {
	var out strings.Builder
	for i, option := range options {
		if i == 0 || option.category != options[i-1].category {
			if i > 0 {
				out.WriteString("\n")
			}
			fmt.Fprintf(&out, "**%s**\n\n| option | what it is for | default |\n|---|---|---|\n",
				headingOf(option.category))
		}
		long := strings.TrimSpace(option.names[0] + " " + option.value)
		names := strings.Join(append([]string{long}, option.names[1:]...), "`, `")
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", names, markdownInline(option.text),
			markdownInline(option.fallback))
	}
	return out.String()
}

// headingOf is a category of --help, which shouts, as words: "METHOD (defaults are the paper's)" is
// "Method (defaults are the paper's)". Options without one are just options.
func headingOf(category string) string {
	if category == "" {
		return "Options"
	}
	shouted, rest, found := strings.Cut(category, " (")
	words := shouted[:1] + strings.ToLower(shouted[1:])
	if found {
		words += " (" + rest
	}
	return markdownInline(words)
}

// manMarkdown is the reference in the Markdown that md2man makes a man page of.
func manMarkdown(app *cli.App) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%% \"MUSC\" \"1\" \"\" \"musc %s\" \"User Commands\"\n\n# NAME\n\n%s - %s\n\n",
		release, app.Name, app.Usage)
	out.WriteString("# SYNOPSIS\n\n**musc** *COMMAND* [options] [arguments]\n\n# DESCRIPTION\n\n" +
		markdownText(introduction(app)))
	out.WriteString("\n# COMMANDS\n")
	eachCommand(app.Commands, app.Name, func(path string, command *cli.Command) {
		fmt.Fprintf(&out, "\n### %s\n\n%s\n", usageLine(path, command), sentence(command.Usage))
		if command.Description != "" {
			out.WriteString("\n" + markdownText(command.Description))
		}
		out.WriteString("\n" + manOptions(ownOptions(command)))
	})
	out.WriteString("\n# OPTIONS OF EVERY COMMAND\n\n" + optionsPlace + "\n\n" +
		manOptions(commonOptions()))
	out.WriteString("\n# EXIT STATUS\n\n")
	manList(&out, exitCodes())
	fmt.Fprintf(&out, "\n# ENVIRONMENT\n\n%s\n\n", optionsSource)
	manList(&out, variables)
	out.WriteString("\n# FILES\n\n")
	manList(&out, files)
	return out.String()
}

// manList is a list of names, each with a text.
func manList(out *strings.Builder, rows [][2]string) {
	for _, row := range rows {
		fmt.Fprintf(out, "`%s`\n: %s\n\n", row[0], row[1])
	}
}

// manOptions is a list of options for each heading that they stand under.
func manOptions(options []describedOption) string {
	var out strings.Builder
	for i, option := range options {
		if (i == 0 || option.category != options[i-1].category) && option.category != "" {
			fmt.Fprintf(&out, "*%s*:\n\n", headingOf(option.category))
		}
		fmt.Fprintf(&out, "`%s`", option.names[0])
		if option.value != "" {
			fmt.Fprintf(&out, " *%s*", markdownInline(option.value))
		}
		for _, name := range option.names[1:] {
			fmt.Fprintf(&out, ", `%s`", name)
		}
		fmt.Fprintf(&out, "\n: %s", markdownInline(option.text))
		if option.fallback != "" {
			fmt.Fprintf(&out, " (default: %s)", markdownInline(option.fallback))
		}
		out.WriteString("\n\n")
	}
	return out.String()
}
