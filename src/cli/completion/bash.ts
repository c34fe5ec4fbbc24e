import { type Command, type CommandGroup, isGroup } from '../command.ts'
import { flagsOf, operandOf } from './words.ts'

/** A script for bash 3.2 and up (what macOS has); needs no bash-completion. */
export function drawBash(commands: readonly (Command | CommandGroup)[]): string {
  const names = [...commands.map(({ name }) => name), 'help'].join(' ')
  return `# Completes attak in bash: source <(attak completion bash)
_attak() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words= files=
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${names} --help --version'
  else
    case "\${COMP_WORDS[1]}" in
      help) words='${names}' ;;
${commands.map(caseOf).join('\n')}
    esac
  fi
  COMPREPLY=( $(compgen -W "$words" -- "$word") )
  if [ -n "$files" ]; then
    local IFS=$'\\n'
    COMPREPLY+=( $(compgen -f -- "$word") )
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _attak attak
`
}

function caseOf(command: Command | CommandGroup): string {
  const answers = isGroup(command) ? groupAnswers(command) : commandAnswers(command)
  return [`      ${command.name})`, ...answers.map((line) => `        ${line}`)].join('\n')
}

function groupAnswers({ commands }: CommandGroup): readonly string[] {
  const names = commands.map(({ name }) => name).join(' ')
  return [
    `if [ "$COMP_CWORD" -eq 2 ]; then words='${names} --help'; else case "\${COMP_WORDS[2]}" in`,
    ...commands.flatMap((command) => [`  ${command.name})`, ...commandAnswers(command).map((line) => `    ${line}`)]),
    'esac; fi ;;',
  ]
}

function commandAnswers(command: Command): readonly string[] {
  const operand = operandOf(command)
  const own = typeof operand === 'string' ? [] : operand
  const spellings = flagsOf(command).flatMap((flag) => flag.spellings)
  return [
    'case "$before" in',
    ...flagsOf(command)
      .filter(({ value }) => value !== 'none')
      .map(({ spellings, value }) => `  ${spellings.join('|')}) ${answer(value)} ;;`),
    `  *) words='${[...own, ...spellings].join(' ')}'${operand === 'file' ? ' files=1' : ''} ;;`,
    'esac ;;',
  ]
}

function answer(value: 'none' | 'file' | 'text' | readonly string[]): string {
  if (value === 'file') return 'files=1'
  return typeof value === 'string' ? ':' : `words='${value.join(' ')}'`
}
