import { CommanderError, Option as CommanderOption, InvalidArgumentError, Command as Program } from 'commander'
import { AttakError, nearest } from '../errors.ts'
import { adviceOn } from './advice.ts'
import {
  type Arguments,
  type Command,
  type CommandEntry,
  type CommandGroup,
  GLOBAL_OPTIONS,
  isGroup,
  type Option,
} from './command.ts'
import type { Terminal } from './terminal.ts'

/** The request of a command line. */
export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly args: Arguments }
  | { readonly kind: 'print'; readonly text: string }

/** The program's name and version. */
export interface About {
  readonly summary: string
  readonly version: string
}

/** Reads a command line. Only the code of the command it names is loaded. Throws USAGE. */
export async function parseArguments(
  argv: readonly string[],
  entries: readonly CommandEntry[],
  about: About,
  out: Terminal,
): Promise<Request> {
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv]
  const name = words.find((word) => !word.startsWith('-'))
  const entry = entries.find((entry) => entry.name === name)
  if (name !== undefined && entry === undefined) throw unknownCommand(name, entries, 'attak')
  const loaded = await entry?.load()
  const isBare = words.length === 0 || (words.length === 1 && loaded !== undefined && isGroup(loaded))
  return ask(isBare ? [...words, '--help'] : words, (printed) => {
    // Making a command that is not asked for costs as much as reading the command line.
    const program = rootOf(entry === undefined ? entries : [entry], about)
    configure(program, out, printed)
    if (loaded === undefined) return { asked: program, program, name: 'attak' }
    const sub = childOf(program, loaded.name)
    configure(sub, out, printed)
    if (!isGroup(loaded)) return { ...prepareCommand(sub, loaded, `attak ${loaded.name}`), program }
    const of = `attak ${loaded.name}`
    const command = memberOf(loaded, words, of)
    fillGroup(sub, loaded)
    if (command === undefined) return { asked: sub.action(() => {}), program, name: of }
    const member = childOf(sub, command.name)
    configure(member, out, printed)
    return { ...prepareCommand(member, command, `${of} ${command.name}`), program }
  })
}

interface PreparedProgram {
  readonly program: Program
  /** The program that the command line selects. */
  readonly asked: Program
  /** The full name of it: `attak errors list`. */
  readonly name: string
  /** Absent if it only has help. */
  readonly command?: Command
}

function prepareCommand(asked: Program, command: Command, name: string): Omit<PreparedProgram, 'program'> {
  fill(asked, command)
  return { asked, command, name }
}

function childOf(program: Program, name: string): Program {
  const child = program.commands.find((each) => each.name() === name)
  if (child === undefined) throw new Error(`${name} is missing from the table of commands`)
  return child
}

/** The command of a group that a command line names; undefined where it names none. Throws USAGE. */
function memberOf({ name, commands }: CommandGroup, words: readonly string[], of: string): Command | undefined {
  const given = words.slice(words.indexOf(name) + 1).find((word) => !word.startsWith('-'))
  const member = commands.find((command) => command.name === given)
  if (given !== undefined && member === undefined) throw unknownCommand(given, commands, of)
  return member
}

function ask(words: readonly string[], prepare: (printed: string[]) => PreparedProgram): Request {
  const printed: string[] = []
  const { program, asked, name, command } = prepare(printed)
  let args: Arguments | undefined
  if (command !== undefined)
    asked.action((...given: unknown[]) => {
      const positionals = given.slice(0, command.arguments.length).flat() as (string | undefined)[]
      args = { positionals, options: asked.opts() }
    })
  try {
    program.parse(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', text: printed.join('') }
    throw usage(error, name, adviceOn(error, { asked, command, words }))
  }
  if (command !== undefined && args !== undefined) return { kind: 'run', command, args }
  return { kind: 'print', text: asked.helpInformation() }
}

function rootOf(entries: readonly CommandEntry[], about: About): Program {
  const program = new Program('attak')
    .description(about.summary)
    .version(about.version, '-v, --version', 'print the version')
    .option('--no-color', GLOBAL_OPTIONS[0]?.summary)
    .helpOption('-h, --help', GLOBAL_OPTIONS[1]?.summary)
    .commandsGroup('Other:')
    .helpCommand('help [command]', 'show the help of a command')
    .usage('<command> [options]')
    .enablePositionalOptions()
    .action(() => {})
  for (const { group, name, summary } of entries)
    program.command(name).description(summary).usage('[options]').helpGroup(`${group}:`)
  return program
}

function fillGroup(sub: Program, { commands, notes, examples }: CommandGroup): void {
  sub.usage('<command> [options]').helpCommand(false)
  for (const { name, summary } of commands) sub.command(name).description(summary).usage('[options]')
  fillRest(sub, notes, examples)
}

function fill(sub: Program, command: Command): void {
  const places = command.arguments.map(({ name, repeatable }) => `[${name}${repeatable ? '...' : ''}]`)
  sub.usage([...places, '[options]'].join(' '))
  for (const [index, { summary }] of command.arguments.entries()) sub.argument(places[index]!, summary)
  for (const option of command.options) sub.addOption(optionOf(option))
  fillRest(sub, command.notes, command.examples)
}

function fillRest(sub: Program, notes: string | undefined, examples: readonly string[]): void {
  sub.option('--no-color', GLOBAL_OPTIONS[0]?.summary).helpOption('-h, --help', GLOBAL_OPTIONS[1]?.summary)
  if (notes !== undefined) sub.addHelpText('after', () => `\n${flowed(notes, sub)}`)
  sub.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`)
}

/** Breaks notes at the width of the help. A paragraph that has indented lines keeps its lines. */
function flowed(notes: string, program: Program): string {
  const help = program.createHelp()
  const width = program.configureOutput().getOutHelpWidth?.() ?? 80
  const paragraphs = notes.split('\n\n')
  return paragraphs
    .map((text) => (/^ /m.test(text) ? text : help.boxWrap(text.replaceAll('\n', ' '), width)))
    .join('\n\n')
}

function optionOf({ flags, summary, choices, repeatable }: Option): CommanderOption {
  const option = new CommanderOption(flags, repeatable ? `${summary} (repeatable)` : summary)
  if (choices !== undefined) option.choices(choices)
  if (!repeatable) return option
  return option.argParser((value: string, before: string[] | undefined) => {
    if (choices?.includes(value) === false) throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`)
    return [...(before ?? []), value]
  })
}

function configure(program: Program, out: Terminal, printed: string[]): void {
  // On a narrow terminal a summary takes several lines beside its option, rather than breaking in the middle of a word.
  program.configureHelp({ minWidthToWrap: 20 })
  program.exitOverride().configureOutput({
    writeOut: (text) => printed.push(text),
    writeErr: () => {},
    getOutHelpWidth: () => Math.min(out.columns, 110),
    getOutHasColors: () => false,
  })
}

function unknownCommand(name: string, entries: readonly { readonly name: string }[], of: string): AttakError {
  const near = nearest(name, [...entries.map((entry) => entry.name), ...(of === 'attak' ? ['help'] : [])])
  const hint = near === undefined ? '' : `Did you mean "${of} ${near}"? `
  return new AttakError('USAGE', `${of}: there is no command "${name}"`, `${hint}See ${of} --help.`)
}

/** The form of commander's messages: `error: unknown option '--jsn'\n(Did you mean --json?)`. */
function usage(error: CommanderError, full: string, advice: string): AttakError {
  const [what = '', ...hint] = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .split(/\s*\n?\((?=Did you mean)/)
  const meant = hint.length === 0 ? '' : `${hint.join(' ').replace(/\)$/, '')} `
  return new AttakError('USAGE', `${full}: ${what}`, `${meant}${advice}See ${full} --help.`)
}
