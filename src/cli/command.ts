import type { Host } from './host.ts'

/** One command as data: help, parsing and completions come from it. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly arguments: readonly Argument[]
  readonly options: readonly Option[]
  /** Shown below the help: commands a user can copy. */
  readonly examples: readonly string[]
  /** Gives the exit code: 0 fine, 1 the user's to fix. Throws AttakError; anything else thrown is a bug (70). */
  run(args: Arguments, host: Host): Promise<number>
}

/** A positional argument; always optional, since every command has a sensible default. */
export interface Argument {
  readonly name: string
  readonly summary: string
}

/** A flag. */
export interface Option {
  /** As commander spells it: `-i, --input <file>`, `--json`, `--no-color`. */
  readonly flags: string
  readonly summary: string
  readonly choices?: readonly string[]
  readonly repeatable?: boolean
}

/** What was given: positionals in order (undefined where left out) and options by their camel-cased name. */
export interface Arguments {
  readonly positionals: readonly (string | undefined)[]
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
}
