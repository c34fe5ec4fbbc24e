import { type Command, type CommandGroup, isGroup } from '../command.ts'
import { type Flag, flagsOf, operandOf, quote } from './words.ts'

/** A script for zsh; works sourced after compinit and as a file `_attak` in fpath. */
export function drawZsh(commands: readonly (Command | CommandGroup)[]): string {
  return `#compdef attak
# Completes attak in zsh: source <(attak completion zsh)
_attak() {
  local line state
  _arguments -C '(- *)'{-h,--help}'[show the help]' '(- *)'{-v,--version}'[print the version]' '1: :->command' '*:: :->rest'
  case $state in
    command)
      local -a commands=(
${commands.map(({ name, summary }) => `        ${quote(`${name}:${summary.replaceAll(':', '\\:')}`)}`).join('\n')}
        'help:show the help of a command'
      )
      _describe command commands ;;
    rest)
      case $line[1] in
${commands.map(caseOf).join('\n')}
        help) _arguments '1:command:(${commands.map(({ name }) => name).join(' ')})' ;;
      esac ;;
  esac
}
if [ "$funcstack[1]" = _attak ]; then _attak "$@"; else compdef _attak attak; fi
`
}

function caseOf(command: Command | CommandGroup): string {
  return isGroup(command)
    ? groupCase(command)
    : `        ${command.name}) _arguments ${argumentsOf(command).join(' ')} ;;`
}

function groupCase({ name, commands }: CommandGroup): string {
  return [
    `        ${name})`,
    `          _arguments -C '1:command:(${commands.map((command) => command.name).join(' ')})' '*:: :->${name}'`,
    `          if [[ $state = ${name} ]]; then case $line[1] in`,
    ...commands.map((command) => `            ${command.name}) _arguments ${argumentsOf(command).join(' ')} ;;`),
    '          esac; fi ;;',
  ].join('\n')
}

function argumentsOf(command: Command): readonly string[] {
  const operand = operandOf(command)
  const first = command.arguments[0]?.name ?? ''
  const own =
    operand === 'none' ? [] : [quote(`1:${first}:${operand === 'file' ? '_files' : `(${operand.join(' ')})`}`)]
  return [...flagsOf(command).flatMap(specs), ...own]
}

function specs({ spellings, summary, value, repeatable }: Flag): readonly string[] {
  const text = summary.replaceAll(/[[\]:\\]/g, '\\$&')
  const takes =
    value === 'none' ? '' : `:value:${value === 'file' ? '_files' : value === 'text' ? '' : `(${value.join(' ')})`}`
  const excludes = repeatable ? '*' : `(${spellings.join(' ')})`
  return spellings.map((spelling) => quote(`${excludes}${spelling}[${text}]${takes}`))
}
