package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"musc/engine/fault"
)

// completionFlag behind a command line, the last word of which is being typed, asks what that word may
// become: one offer a line with a tab and what it is for, and filesMay where it may be a file. The scripts
// hand the answer to the shell.
const (
	completionFlag = "--generate-bash-completion"
	filesMay       = ":files"
)

// bashCompletion: readline takes "=" and ":" for ends of words, so that what it completes may be the end
// only of what is offered.
const bashCompletion = `_musc() {
  local line files= typed="${COMP_LINE:0:COMP_POINT}"
  local -a words=("${COMP_WORDS[@]:0:COMP_CWORD+1}")
  typed="${typed##*[[:space:]]}"
  words[0]="${words[0]/#\~\//$HOME/}"
  COMPREPLY=()
  while IFS= read -r line; do
    line="${line%%$'\t'*}"
    if [[ "$line" == ` + filesMay + ` ]]; then files=yes
    elif [[ "$line" == "$typed"* ]]; then COMPREPLY+=("${line#"${typed%"$2"}"}"); fi
  done < <("${words[@]}" ` + completionFlag + ` 2>/dev/null)
  if [[ -z "$files" ]]; then compopt +o default 2>/dev/null
  elif (( ${#COMPREPLY[@]} )); then
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
    compopt -o filenames 2>/dev/null
  fi
  return 0
}
complete -o default -F _musc musc
`

const zshCompletion = `#compdef musc
_musc() {
  local line files
  local -a offers
  for line in "${(@f)$("${(@Q)words[1,CURRENT]}" ` + completionFlag + ` 2>/dev/null)}"; do
    if [[ "$line" == ` + filesMay + ` ]]; then files=yes
    elif [[ -n "$line" ]]; then offers+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}"); fi
  done
  (( $#offers )) && _describe 'musc' offers
  [[ -n "$files" ]] && { compset -P '*[=:]'; _files }
}
if [[ "$funcstack[1]" == _musc ]]; then _musc "$@"; else compdef _musc musc; fi
`

const fishCompletion = `function __musc_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l files
  for line in (command $words "$current" ` + completionFlag + ` 2>/dev/null)
    if test "$line" = ` + filesMay + `
      set files yes
    else
      printf '%s\n' $line
    end
  end
  if test -n "$files"
    __fish_complete_path "$current"
  end
end
complete -c musc -f -a '(__musc_complete)'
`

func completionCommand() *cli.Command {
	scripts := map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
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
			script, ok := scripts[c.Args().First()]
			if !ok {
				return fault.New(fault.Usage, "no completion for %q; choose bash, zsh or fish", c.Args().First())
			}
			_, err := fmt.Fprint(c.App.Writer, script)
			return err
		},
	}
}
