import type { Host } from './host.ts'

/** One command as data: help, parsing and completions come from it. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly arguments: readonly Argument[]
  readonly options: readonly Option[]
  /** Printed below the options: what does not fit into the options' one line. */
  readonly notes?: string
  /** Shown at the end of the help: command lines a user can copy. */
  readonly examples: readonly string[]
  /**
   * Returns the exit code: 0 success, 1 a problem that the user can fix. Throws AttakError; any other error is a bug
   * (70).
   */
  run(args: Arguments, host: Host): Promise<number>
}

/** A group of commands: `attak errors list`, `attak errors show`. Each member is a command with its own name. */
export interface CommandGroup {
  readonly name: string
  readonly summary: string
  readonly commands: readonly Command[]
  /** As those of a command. */
  readonly notes?: string
  readonly examples: readonly string[]
}

/** Whether a loaded command is a group. */
export function isGroup(loaded: Command | CommandGroup): loaded is CommandGroup {
  return 'commands' in loaded
}

/** A positional argument. It is always optional: every command has a sensible default, or prints what is missing. */
export interface Argument {
  readonly name: string
  readonly summary: string
  /** May be given several times; the last argument alone can. */
  readonly repeatable?: boolean
  /** The possible values, if that is a fixed list. */
  readonly choices?: readonly string[]
  /** Completed with the names of folders and files. */
  readonly path?: boolean
}

/** A flag. */
export interface Option {
  /** As commander spells it: `-i, --input <file>`, `--json`, `--no-color`. */
  readonly flags: string
  readonly summary: string
  readonly choices?: readonly string[]
  readonly repeatable?: boolean
}

/** The parsed command line: positionals in order (undefined where left out) and options by their camel-cased name. */
export interface Arguments {
  readonly positionals: readonly (string | undefined)[]
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
}

/** A command before its code is loaded: what the root's help and the completions' first word need. */
export interface CommandEntry {
  /** The heading that the root's help lists it under. */
  readonly group: string
  readonly name: string
  readonly summary: string
  load(): Promise<Command | CommandGroup>
}

/** Options that every command has. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  { flags: '--no-color', summary: 'print without color, like NO_COLOR (FORCE_COLOR=1 does the opposite)' },
  { flags: '-h, --help', summary: 'show this help' },
]

/** For every command that prints what it read. */
export const JSON_OPTION: Option = { flags: '--json', summary: 'print JSON, for programs' }

/** The project argument that every command on a topology takes. */
export const PATH_ARGUMENT: Argument = {
  name: 'path',
  summary: 'the file of the topology, or the folder of its project (default: this folder)',
  path: true,
}

/** Whether a flag without value was given. */
export function flagOf(args: Arguments, name: string): boolean {
  return args.options[name] === true
}

/** The value of an option, or undefined. */
export function textOf(args: Arguments, name: string): string | undefined {
  const value = args.options[name]
  return typeof value === 'string' ? value : undefined
}

/** The values of a repeatable option, in order. */
export function listOf(args: Arguments, name: string): readonly string[] {
  const value = args.options[name]
  return Array.isArray(value) ? value : []
}
