import { type Input, openInput } from '../project/input.ts'
import type { Project } from '../project/project.ts'
import type { InputEvent } from '../topology/topology.ts'
import { drawCount, drawNumber } from '../view/duration.ts'
import { type Arguments, flagOf, type Option, textOf } from './command.ts'
import type { Host } from './host.ts'
import { awaitCode } from './loading.ts'
import { warn } from './project.ts'

/** Options of every command that reads events. */
export const INPUT_OPTIONS: readonly Option[] = [
  { flags: '-i, --input <file>', summary: 'the events: a .json or .jsonl file, or - for lines from stdin' },
  { flags: '--to <processor>', summary: 'the processor that receives the events of --input' },
  { flags: '--lines', summary: 'read --input as plain text: each line is an event' },
  { flags: '--skip-bad-lines', summary: 'skip lines that are not events, instead of stopping' },
]

/** The input of a command, and the notes about it for the end. */
export interface RunInput extends Pick<Input, 'chunks' | 'live' | 'totalBytes' | 'readBytes'> {
  /** The input's name for the user; absent for replayed messages, which are no input. */
  readonly name?: string
  /** Sentences about what was left out, and why. */
  notes(): readonly string[]
}

/**
 * Opens the input that a command line selects for a project, and prints its warnings; `isOptional`: it may be absent, and
 * holds nothing then. Throws what {@link openInput} throws.
 */
export async function openProjectInput(
  args: Arguments,
  { file, topology, dir }: Pick<Project, 'file' | 'topology' | 'dir'>,
  host: Host,
  { isOptional = false } = {},
): Promise<RunInput> {
  const input = await awaitCode({ who: "the topology's input", file }, host, () =>
    openInput({
      ...{ given: textOf(args, 'input'), to: textOf(args, 'to'), isText: flagOf(args, 'lines') },
      ...{ topology, dir, cwd: host.cwd },
      // Opened on demand: that takes a twentieth of a short run (row B1).
      get stdin() {
        return host.stdin as AsyncIterable<Uint8Array>
      },
      badLines: flagOf(args, 'skipBadLines') ? 'skip' : 'stop',
      isOptional,
    }),
  )
  warn(input.warnings, host)
  return { ...input, notes: () => skippedNotes(input) }
}

function skippedNotes(input: Input): readonly string[] {
  const { lines, first, numbers } = input.skipped()
  const [problem] = first
  if (problem === undefined) return []
  const more = lines > numbers.length ? ` and ${drawNumber(lines - numbers.length)} more` : ''
  const which = lines > 1 ? ` These lines: ${numbers.join(', ')}${more}.` : ''
  const what = `${problem.where}: ${problem.what.split('\n', 1)[0]}`
  return [`${drawCount(lines, 'line')} of ${input.name} skipped; the first: ${what}.${which}`]
}

/** Returns the input without events for other processors; its notes contain how many those were. */
export function onlyInput(input: RunInput, names: readonly string[]): RunInput {
  const kept = new Set(names)
  let left = 0
  async function* chunks() {
    for await (const chunk of input.chunks) {
      const ours = chunk.filter(({ to }: InputEvent) => kept.has(to))
      left += chunk.length - ours.length
      yield ours
    }
  }
  const note = () =>
    left === 0
      ? []
      : [`--only skipped ${drawCount(left, 'event')} for other processors. Give events with --input and --to.`]
  return { ...input, chunks: chunks(), notes: () => [...input.notes(), ...note()] }
}
