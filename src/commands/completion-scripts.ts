/**
 * What makes a shell ask `hotpass-bootstrap __complete` while a person types. None of the scripts evaluates what was
 * typed or what came back: `evil $(reboot)<Tab>` must complete and not run. A sole line `:files`, `:folders` or
 * `:commands` leaves it to the shell.
 */
const BASH = `# bash completion for hotpass-bootstrap
_hotpass_bootstrap() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) compopt -o default 2>/dev/null ;;
      :folders) compopt -o dirnames 2>/dev/null ;;
      :commands) while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -c -- "\${COMP_WORDS[COMP_CWORD]}") ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(command hotpass-bootstrap __complete bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _hotpass_bootstrap hotpass-bootstrap`;

const ZSH = `#compdef hotpass-bootstrap
_hotpass_bootstrap() {
  local -a lines values shown
  local line
  lines=("\${(@f)$(command hotpass-bootstrap __complete zsh "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  case $lines[1] in
    :files) _files; return ;;
    :folders) _files -/; return ;;
    :commands) _command_names -e; return ;;
  esac
  for line in $lines; do
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  (( $#values )) && compadd -l -d shown -a values
}
if [[ $funcstack[1] == _hotpass-bootstrap ]]; then
  _hotpass_bootstrap "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
  compdef _hotpass_bootstrap hotpass-bootstrap
fi`;

const FISH = `# fish completion for hotpass-bootstrap
function __hotpass_bootstrap_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc) "$current"
    set -l lines (command hotpass-bootstrap __complete fish $words[2..-1] 2>/dev/null)
    switch "$lines[1]"
        case :files
            __fish_complete_path "$current"
        case :folders
            __fish_complete_directories "$current"
        case :commands
            __fish_complete_command
        case '*'
            printf '%s\\n' $lines
    end
end
complete -c hotpass-bootstrap -f -a '(__hotpass_bootstrap_complete)'`;

/** A PowerShell before 7.3 drops empty arguments, so each word is sent behind an equals sign. */
const POWERSHELL = `# PowerShell completion for hotpass-bootstrap
Register-ArgumentCompleter -Native -CommandName 'hotpass-bootstrap' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object { "=$_" })
  if ($wordToComplete -eq '') { $words += '=' }
  & hotpass-bootstrap __complete powershell @words 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
    $value, $about = $_ -split "\`t", 2
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}`;

/** The text a person puts into the start-up file of their shell. */
export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL };
