package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"musc/engine/evaluation/paper"
	"musc/engine/tasks"
	"musc/models"
)

// offer is a word that may come next, and what it is for.
type offer struct{ word, use string }

// complete answers completionFlag: what the last of words may become.
func complete(w io.Writer, app *cli.App, words []string) error {
	offers, files := offersOf(app, glued(words))
	var text strings.Builder
	for _, o := range offers {
		fmt.Fprintf(&text, "%s\t%s\n", o.word, o.use)
	}
	if files {
		text.WriteString(filesMay + "\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// glued puts words together that bash divided at "=" and ":".
func glued(words []string) (whole []string) {
	join := false
	for _, word := range words {
		mark := word == "=" || word == ":"
		if (join || mark) && len(whole) > 0 {
			whole[len(whole)-1] += word
		} else {
			whole = append(whole, word)
		}
		join = mark
	}
	return whole
}

// offersOf tells what may stand for the last word, and whether a file may. Words before it are read as
// flagsFirst does.
func offersOf(app *cli.App, words []string) (offers []offer, files bool) {
	if len(words) == 0 {
		return nil, false
	}
	var command *cli.Command
	var arguments []string
	commands, flags, path, last := app.Commands, []cli.Flag(nil), "", len(words)-1
	for i := 0; i < last; i++ {
		word := words[i]
		beneath := findCommand(commands, word)
		switch {
		case word == "--":
			return nil, command != nil && takesFiles(command)
		case strings.HasPrefix(word, "-") && word != "-":
			if takesValue(flags, word) {
				if i++; i == last {
					return valuesOf(flags, strings.TrimLeft(word, "-"), "")
				}
			}
		case len(arguments) == 0 && beneath != nil && !beneath.Hidden:
			command, commands, flags = beneath, beneath.Subcommands, beneath.Flags
			path = strings.TrimSpace(path + " " + word)
		default:
			arguments = append(arguments, word)
		}
	}
	current := words[last]
	if name, _, found := strings.Cut(current, "="); found && strings.HasPrefix(name, "--") {
		return valuesOf(flags, strings.TrimLeft(name, "-"), name+"=")
	}
	switch {
	case strings.HasPrefix(current, "-") && (current != "-" || command != nil):
		return optionOffers(flags, words[:last]), false
	case len(commands) > 0 && len(arguments) == 0:
		for _, command := range commands {
			if !command.Hidden {
				offers = append(offers, offer{command.Name, command.Usage})
			}
		}
		return offers, false
	case command == nil:
		return nil, false
	}
	return argumentOffers(app, command, path, arguments)
}

// optionOffers are the options of a command but those that are given and may not be repeated.
func optionOffers(flags []cli.Flag, before []string) (offers []offer) {
	for _, flag := range append(slices.Clone(flags), cli.HelpFlag) {
		option := describe(flag)
		given := slices.ContainsFunc(before, func(word string) bool {
			name, _, _ := strings.Cut(word, "=")
			return slices.Contains(option.names, name)
		})
		if list, ok := flag.(cli.DocGenerationSliceFlag); given && (!ok || !list.IsSliceFlag()) {
			continue
		}
		for _, name := range option.names {
			offers = append(offers, offer{name, option.text})
		}
	}
	return offers
}

// optionWords are the words that options may have for values.
var optionWords = map[string][]string{
	"attention":  {"fused", "plain"},
	"average":    {"mean", "min", "max"},
	"bits":       {"8", "10", "12", "14", "16"},
	"cuda":       {"12", "13"},
	"deal":       {"labels", "names"},
	"device":     {"auto", "cpu", "cuda:0"},
	"encoding":   {"int8", "float16", "float32"},
	"exec-on":    {"defective", "review", "all"},
	"export":     {"coco", "yolo", "labelstudio", "fiftyone"},
	"fail-on":    {"defective", "review"},
	"maps":       {"tiff", "npy", "none"},
	"overlays":   {"defective", "all", "none"},
	"precision":  {"float32", "float16"},
	"preset":     {"model", "paper"},
	"score":      {"nearest", "interval"},
	"scorer":     {"auto", "cpu", "cuda:0", "definition"},
	"shared":     {"warn", "exclude", "trust", "off"},
	"threshold":  {"auto", "none"},
	"tile-scope": {"same", "all"},
	"tiles":      {"auto"},
}

// filePlaceholders stand for files and folders in the texts of options.
var filePlaceholders = []string{"CSV", "FILE", "FOLDER", "MASK", "NPY", "PATH"}

// valuesOf are the values that an option may have, behind a prefix.
func valuesOf(flags []cli.Flag, name, prefix string) (offers []offer, files bool) {
	for _, flag := range flags {
		if !slices.Contains(flag.Names(), name) {
			continue
		}
		option := describe(flag)
		words := optionWords[flag.Names()[0]]
		if slices.Contains(filePlaceholders, option.value) {
			words = nil // as --maps FOLDER of musc eval
		}
		if option.names[0] == "--model" && option.value == "NAME" {
			words = modelNames()
		}
		for _, word := range words {
			offers = append(offers, offer{prefix + word, ""})
		}
		return offers, slices.Contains(filePlaceholders, option.value) ||
			option.names[0] == "--model" || option.names[0] == "--threshold" // labels:FILE
	}
	return nil, false
}

func modelNames() (names []string) {
	for _, spec := range models.Registry {
		names = append(names, spec.Name)
	}
	return names
}

// takesFiles tells whether the arguments of a command are files or folders.
func takesFiles(command *cli.Command) bool {
	for _, word := range []string{"PHOTOS", "OUT", "FILE", "GOOD", "FOLDER", "DATASET"} {
		if strings.HasPrefix(command.ArgsUsage, word) {
			return true
		}
	}
	return false
}

// argumentOffers are what may stand for the next argument of a command.
func argumentOffers(app *cli.App, command *cli.Command, path string, before []string) (offers []offer,
	files bool) {

	words := func(all ...string) {
		for _, word := range all {
			offers = append(offers, offer{word, ""})
		}
	}
	switch {
	case strings.HasPrefix(path, "models ") && command.ArgsUsage == "NAME" && len(before) == 0:
		words(modelNames()...)
	case path == "paper" && len(before) == 0:
		for _, table := range paper.Experiments() {
			offers = append(offers, offer{table.Name, table.Title})
		}
		words(timeTable)
	case path == "config show":
		commands := app.Commands
		for _, word := range before {
			if found := findCommand(commands, word); found != nil {
				commands = found.Subcommands
			}
		}
		for _, command := range commands {
			if !command.Hidden {
				offers = append(offers, offer{command.Name, command.Usage})
			}
		}
	case path == "setup":
		for _, word := range strings.Fields(command.ArgsUsage) {
			if word = strings.Trim(word, "[]"); !slices.Contains(before, word) {
				words(word)
			}
		}
	case path == "task" && len(before) == 1:
		for _, phase := range tasks.Phases {
			words(string(phase))
		}
	case strings.Contains(command.ArgsUsage, "|") && len(before) == 0:
		words(strings.Split(command.ArgsUsage, "|")...)
	}
	return offers, takesFiles(command) && !(path == "task" && len(before) > 0)
}
