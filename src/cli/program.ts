import { CommanderError, Option as CommanderOption, Command as Program } from 'commander'
import { AttakError, nearest } from '../errors.ts'
import { type Arguments, type Command, type CommandEntry, GLOBAL_OPTIONS, type Option } from './command.ts'
import type { Terminal } from './host.ts'

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly args: Arguments }
  | { readonly kind: 'print'; readonly text: string }

/** What the whole program is called, and by which version. */
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
  if (name !== undefined && entry === undefined) throw unknownCommand(name, entries)
  const command = await entry?.load()
  return ask(words.length === 0 ? ['--help'] : words, (printed) => {
    // Making a command that is not asked for costs as much as reading the command line.
    const program = rootOf(entry === undefined ? entries : [entry], about)
    configure(program, out, printed)
    if (command === undefined) return { program }
    const sub = program.commands.find((each) => each.name() === command.name)
    if (sub === undefined) throw new Error(`${command.name} is missing from the table of commands`)
    fill(sub, command)
    configure(sub, out, printed)
    return { program, command, sub }
  })
}

interface Prepared {
  readonly program: Program
  readonly command?: Command
  readonly sub?: Program
}

function ask(words: readonly string[], prepare: (printed: string[]) => Prepared): Request {
  const printed: string[] = []
  const { program, command, sub } = prepare(printed)
  let args: Arguments | undefined
  sub?.action((...given: unknown[]) => {
    const positionals = given.slice(0, command?.arguments.length) as (string | undefined)[]
    args = { positionals, options: sub.opts() }
  })
  try {
    program.parse(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', text: printed.join('') }
    throw usage(error, command?.name)
  }
  if (command !== undefined && args !== undefined) return { kind: 'run', command, args }
  return { kind: 'print', text: program.helpInformation() }
}

function rootOf(entries: readonly CommandEntry[], about: About): Program {
  const program = new Program('attak')
    .description(about.summary)
    .version(about.version, '-v, --version', 'print the version')
    .option('--no-color', GLOBAL_OPTIONS[0]?.summary)
    .helpOption('-h, --help', GLOBAL_OPTIONS[1]?.summary)
    .helpCommand('help [command]', 'show the help of a command')
    .usage('<command> [options]')
    .enablePositionalOptions()
    .action(() => {})
  for (const { name, summary } of entries) program.command(name).description(summary).usage('[options]')
  return program
}

function fill(sub: Program, command: Command): void {
  sub.usage([...command.arguments.map(({ name }) => `[${name}]`), '[options]'].join(' '))
  for (const { name, summary } of command.arguments) sub.argument(`[${name}]`, summary)
  for (const option of command.options) sub.addOption(optionOf(option))
  sub.option('--no-color', GLOBAL_OPTIONS[0]?.summary).helpOption('-h, --help', GLOBAL_OPTIONS[1]?.summary)
  if (command.notes !== undefined) sub.addHelpText('after', `\n${command.notes}`)
  sub.addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  $ ${example}`).join('\n')}`)
}

function optionOf({ flags, summary, choices, repeatable }: Option): CommanderOption {
  const option = new CommanderOption(flags, repeatable ? `${summary} (repeatable)` : summary)
  if (choices !== undefined) option.choices(choices)
  if (repeatable) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
  return option
}

function configure(program: Program, out: Terminal, printed: string[]): void {
  program.exitOverride().configureOutput({
    writeOut: (text) => printed.push(text),
    writeErr: () => {},
    getOutHelpWidth: () => Math.min(out.columns, 110),
    getOutHasColors: () => false,
  })
}

function unknownCommand(name: string, entries: readonly CommandEntry[]): AttakError {
  const near = nearest(name, [...entries.map((entry) => entry.name), 'help'])
  const hint = near === undefined ? '' : `Did you mean "attak ${near}"? `
  return new AttakError('USAGE', `attak: there is no command "${name}"`, `${hint}See attak --help.`)
}

/** commander says `error: unknown option '--jsn'\n(Did you mean --json?)`. */
function usage(error: CommanderError, command: string | undefined): AttakError {
  const [what = '', ...hint] = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .split(/\s*\n?\((?=Did you mean)/)
  const full = command === undefined ? 'attak' : `attak ${command}`
  const meant = hint.length === 0 ? '' : `${hint.join(' ').replace(/\)$/, '')} `
  return new AttakError('USAGE', `${full}: ${what}`, `${meant}See ${full} --help.`)
}
