import { type Command, type CommandGroup, isGroup } from '../command.ts'
import { type Flag, flagsOf, operandOf, quote } from './words.ts'

/** A script for fish. */
export function drawFish(commands: readonly (Command | CommandGroup)[]): string {
  return [
    '# Completes attak in fish: attak completion fish > ~/.config/fish/completions/attak.fish',
    'complete -c attak -f',
    "complete -c attak -n __fish_use_subcommand -l version -s v -d 'print the version'",
    "complete -c attak -n __fish_use_subcommand -l help -s h -d 'show this help'",
    "complete -c attak -n __fish_use_subcommand -a help -d 'show the help of a command'",
    `complete -c attak -n '__fish_seen_subcommand_from help' -a ${quote(commands.map(({ name }) => name).join(' '))}`,
    ...commands.flatMap(linesOf),
    '',
  ].join('\n')
}

function linesOf(command: Command | CommandGroup): readonly string[] {
  const here = `__fish_seen_subcommand_from ${command.name}`
  const named = `complete -c attak -n __fish_use_subcommand -a ${command.name} -d ${quote(command.summary)}`
  if (!isGroup(command)) return [named, ...commandLines(command, here)]
  const names = command.commands.map(({ name }) => name).join(' ')
  return [
    named,
    ...command.commands.flatMap((member) => [
      `complete -c attak -n ${quote(`${here}; and not __fish_seen_subcommand_from ${names}`)} -a ${member.name} -d ${quote(member.summary)}`,
      ...commandLines(member, `${here}; and __fish_seen_subcommand_from ${member.name}`),
    ]),
  ]
}

function commandLines(command: Command, condition: string): readonly string[] {
  const here = `complete -c attak -n ${quote(condition)}`
  const operand = operandOf(command)
  return [
    ...(operand === 'file' ? [`${here} -F`] : operand === 'none' ? [] : [`${here} -a ${quote(operand.join(' '))}`]),
    ...flagsOf(command).map((flag) => `${here} ${words(flag)} -d ${quote(flag.summary)}`),
  ]
}

function words({ spellings, value }: Flag): string {
  const names = spellings.map((each) => (each.startsWith('--') ? `-l ${each.slice(2)}` : `-s ${each.slice(1)}`))
  const takes =
    value === 'none' ? '' : value === 'file' ? ' -r -F' : value === 'text' ? ' -x' : ` -x -a ${quote(value.join(' '))}`
  return `${names.join(' ')}${takes}`
}
