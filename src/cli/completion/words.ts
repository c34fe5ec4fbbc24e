import { type Command, GLOBAL_OPTIONS, type Option } from '../command.ts'

/** What a shell may offer for one flag. */
export interface Flag {
  /** `-i` and `--input`. */
  readonly spellings: readonly string[]
  readonly summary: string
  /** What the flag takes: nothing, a file, one of a list, or something only the user knows. */
  readonly value: 'none' | 'file' | 'text' | readonly string[]
  readonly repeatable: boolean
}

/** What a shell may offer for a command's positional argument. */
export type Operand = 'none' | 'file' | readonly string[]

/** The flags of a command, the global ones included. */
export function flagsOf(command: Command): readonly Flag[] {
  return [...command.options, ...GLOBAL_OPTIONS].map(flag)
}

/** What the first positional argument of a command may be. */
export function operandOf(command: Command): Operand {
  const [first] = command.arguments
  if (first === undefined) return 'none'
  return first.choices ?? (first.path === true ? 'file' : 'none')
}

function flag({ flags, summary, choices, repeatable }: Option): Flag {
  const spellings = flags.split(/[ ,]+/).filter((word) => word.startsWith('-'))
  const placeholder = /[<[]([^>\]]+)/.exec(flags)?.[1]
  const value = choices ?? (placeholder === undefined ? 'none' : placeholder === 'file' ? 'file' : 'text')
  return { spellings, summary, value, repeatable: repeatable === true }
}

/** Text between single quotes, as every shell reads it. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
