package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"musc/engine/fault"
)

// The cli package answers completionFlag with the words that may come next; these scripts hand its
// answer to the shell. What follows an option is a file.
const completionFlag = "--generate-bash-completion"

const bashCompletion = `_musc() {
  local words=("${COMP_WORDS[@]:0:$COMP_CWORD}") current="${COMP_WORDS[$COMP_CWORD]}"
  if [[ "$current" == -* ]]; then words+=("$current")
  elif [[ "${COMP_WORDS[COMP_CWORD-1]}" == -* ]]; then COMPREPLY=($(compgen -f -- "$current")); return; fi
  COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$current"))
  if [[ ${#COMPREPLY[@]} -eq 0 ]]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _musc musc
`

const zshCompletion = `#compdef musc
_musc() {
  local -a options
  local current="${words[$CURRENT]}"
  local -a before=("${words[@]:0:$((CURRENT-1))}")
  if [[ "$current" == -* ]]; then before+=("$current")
  elif [[ "${before[-1]}" == -* ]]; then _files; return; fi
  options=("${(@f)$(_CLI_ZSH_AUTOCOMPLETE_HACK=1 ${before[@]} --generate-bash-completion 2>/dev/null)}")
  if [[ -n "${options[1]}" ]]; then _describe 'musc' options; else _files; fi
}
compdef _musc musc
`

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a completion script for bash, zsh or fish",
		ArgsUsage: "bash|zsh|fish",
		Description: `Examples:
   source <(musc completion bash)
   musc completion zsh > "${fpath[1]}/_musc"
   musc completion fish > ~/.config/fish/completions/musc.fish`,
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			script := ""
			switch shell := c.Args().First(); shell {
			case "bash":
				script = bashCompletion
			case "zsh":
				script = zshCompletion
			case "fish":
				var err error
				if script, err = c.App.ToFishCompletion(); err != nil {
					return fmt.Errorf("writing the fish completion: %w", err)
				}
			default:
				return fault.New(fault.Usage, "no completion for %q; choose bash, zsh or fish", shell)
			}
			_, err := fmt.Fprint(c.App.Writer, script)
			return err
		},
	}
}
