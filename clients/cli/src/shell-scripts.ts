/* What each shell needs to ask `fanfold __complete -- WORD...` for what may stand at the last word. */

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const bash = `_fanfold() {
  local IFS=$'\\n'
  local words
  words=$(fanfold __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _fanfold fanfold
`;

const zsh = `#compdef fanfold
_fanfold() {
  local -a told described
  local line
  told=("\${(@f)$(fanfold __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $told; do
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#described} )); then _describe fanfold described; else _files; fi
}
compdef _fanfold fanfold
`;

const fish = `complete -c fanfold -a '(fanfold __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`;

export const shellScripts: Record<Shell, string> = { bash, zsh, fish };
