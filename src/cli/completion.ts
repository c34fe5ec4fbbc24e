import { type Command, type CommandGroup, GLOBAL_OPTIONS, isGroup, type Option } from './command.ts'

/** A flag, as a shell completes it. */
interface ShellFlag {
  /** `-i` and `--input`. */
  readonly spellings: readonly string[]
  readonly summary: string
  /** The flag's value: none, a file, one of a list, or a text that only the user knows. */
  readonly value: 'none' | 'file' | 'text' | readonly string[]
  readonly repeatable: boolean
}

/** The completion of a command's positional argument. */
type Operand = 'none' | 'file' | readonly string[]

/** The flags of a command, the global ones included. */
function flagsOf(command: Command): readonly ShellFlag[] {
  return [...command.options, ...GLOBAL_OPTIONS].map(flag)
}

/** Returns the completion of a command's first positional argument. */
function operandOf(command: Command): Operand {
  const [first] = command.arguments
  if (first === undefined) return 'none'
  return first.choices ?? (first.path === true ? 'file' : 'none')
}

function flag({ flags, summary, choices, repeatable }: Option): ShellFlag {
  const spellings = flags.split(/[ ,]+/).filter((word) => word.startsWith('-'))
  const placeholder = /[<[]([^>\]]+)/.exec(flags)?.[1]
  const value = choices ?? (placeholder === undefined ? 'none' : placeholder === 'file' ? 'file' : 'text')
  return { spellings, summary, value, repeatable: repeatable === true }
}

/** Text between single quotes, as every shell reads it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

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
${commands.map(bashCase).join('\n')}
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

function bashCase(command: Command | CommandGroup): string {
  const answers = isGroup(command) ? bashGroup(command) : bashAnswers(command)
  return [`      ${command.name})`, ...answers.map((line) => `        ${line}`)].join('\n')
}

function bashGroup({ commands }: CommandGroup): readonly string[] {
  const names = commands.map(({ name }) => name).join(' ')
  return [
    `if [ "$COMP_CWORD" -eq 2 ]; then words='${names} --help'; else case "\${COMP_WORDS[2]}" in`,
    ...commands.flatMap((command) => [`  ${command.name})`, ...bashAnswers(command).map((line) => `    ${line}`)]),
    'esac; fi ;;',
  ]
}

function bashAnswers(command: Command): readonly string[] {
  const operand = operandOf(command)
  const own = typeof operand === 'string' ? [] : operand
  const spellings = flagsOf(command).flatMap((flag) => flag.spellings)
  return [
    'case "$before" in',
    ...flagsOf(command)
      .filter(({ value }) => value !== 'none')
      .map(({ spellings, value }) => `  ${spellings.join('|')}) ${bashAnswer(value)} ;;`),
    `  *) words='${[...own, ...spellings].join(' ')}'${operand === 'file' ? ' files=1' : ''} ;;`,
    'esac ;;',
  ]
}

function bashAnswer(value: 'none' | 'file' | 'text' | readonly string[]): string {
  if (value === 'file') return 'files=1'
  return typeof value === 'string' ? ':' : `words='${value.join(' ')}'`
}

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
${commands.map(zshCase).join('\n')}
        help) _arguments '1:command:(${commands.map(({ name }) => name).join(' ')})' ;;
      esac ;;
  esac
}
if [ "$funcstack[1]" = _attak ]; then _attak "$@"; else compdef _attak attak; fi
`
}

function zshCase(command: Command | CommandGroup): string {
  return isGroup(command)
    ? zshGroup(command)
    : `        ${command.name}) _arguments ${zshArguments(command).join(' ')} ;;`
}

function zshGroup({ name, commands }: CommandGroup): string {
  return [
    `        ${name})`,
    `          _arguments -C '1:command:(${commands.map((command) => command.name).join(' ')})' '*:: :->${name}'`,
    `          if [[ $state = ${name} ]]; then case $line[1] in`,
    ...commands.map((command) => `            ${command.name}) _arguments ${zshArguments(command).join(' ')} ;;`),
    '          esac; fi ;;',
  ].join('\n')
}

function zshArguments(command: Command): readonly string[] {
  const operand = operandOf(command)
  const first = command.arguments[0]?.name ?? ''
  const own =
    operand === 'none' ? [] : [quote(`1:${first}:${operand === 'file' ? '_files' : `(${operand.join(' ')})`}`)]
  return [...flagsOf(command).flatMap(zshFlag), ...own]
}

function zshFlag({ spellings, summary, value, repeatable }: ShellFlag): readonly string[] {
  const text = summary.replaceAll(/[[\]:\\]/g, '\\$&')
  const takes =
    value === 'none' ? '' : `:value:${value === 'file' ? '_files' : value === 'text' ? '' : `(${value.join(' ')})`}`
  const excludes = repeatable ? '*' : `(${spellings.join(' ')})`
  return spellings.map((spelling) => quote(`${excludes}${spelling}[${text}]${takes}`))
}

/** A script for fish. */
export function drawFish(commands: readonly (Command | CommandGroup)[]): string {
  return [
    '# Completes attak in fish: attak completion fish > ~/.config/fish/completions/attak.fish',
    'complete -c attak -f',
    "complete -c attak -n __fish_use_subcommand -l version -s v -d 'print the version'",
    "complete -c attak -n __fish_use_subcommand -l help -s h -d 'show this help'",
    "complete -c attak -n __fish_use_subcommand -a help -d 'show the help of a command'",
    `complete -c attak -n '__fish_seen_subcommand_from help' -a ${quote(commands.map(({ name }) => name).join(' '))}`,
    ...commands.flatMap(fishLines),
    '',
  ].join('\n')
}

function fishLines(command: Command | CommandGroup): readonly string[] {
  const here = `__fish_seen_subcommand_from ${command.name}`
  const named = `complete -c attak -n __fish_use_subcommand -a ${command.name} -d ${quote(command.summary)}`
  if (!isGroup(command)) return [named, ...fishCommand(command, here)]
  const names = command.commands.map(({ name }) => name).join(' ')
  return [
    named,
    ...command.commands.flatMap((member) => [
      `complete -c attak -n ${quote(`${here}; and not __fish_seen_subcommand_from ${names}`)} -a ${member.name} -d ${quote(member.summary)}`,
      ...fishCommand(member, `${here}; and __fish_seen_subcommand_from ${member.name}`),
    ]),
  ]
}

function fishCommand(command: Command, condition: string): readonly string[] {
  const here = `complete -c attak -n ${quote(condition)}`
  const operand = operandOf(command)
  return [
    ...(operand === 'file' ? [`${here} -F`] : operand === 'none' ? [] : [`${here} -a ${quote(operand.join(' '))}`]),
    ...flagsOf(command).map((flag) => `${here} ${fishFlag(flag)} -d ${quote(flag.summary)}`),
  ]
}

function fishFlag({ spellings, value }: ShellFlag): string {
  const names = spellings.map((each) => (each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`))
  const takes =
    value === 'none' ? '' : value === 'file' ? ' -r -F' : value === 'text' ? ' -x' : ` -x -a ${quote(value.join(' '))}`
  return `${names.join(' ')}${takes}`
}
