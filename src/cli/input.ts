import { type Input, openInput } from '../project/input.ts'
import type { Project } from '../project/project.ts'
import { type Arguments, flagOf, type Option, textOf } from './command.ts'
import type { Host } from './host.ts'
import { awaitCode } from './loading.ts'
import { warn } from './project.ts'

/** Where events come from: options of every command that takes some in. */
export const INPUT_OPTIONS: readonly Option[] = [
  { flags: '-i, --input <file>', summary: 'the events: a .json or .jsonl file, or - for lines on stdin' },
  { flags: '--to <processor>', summary: 'who the events of --input are for, when they do not say it' },
  { flags: '--skip-bad-lines', summary: 'go on past lines that are no events, instead of stopping there' },
]

/** Opens the input that a command line means for a project, and tells its warnings. Throws what {@link openInput} throws. */
export async function openProjectInput(
  args: Arguments,
  { file, topology, dir }: Pick<Project, 'file' | 'topology' | 'dir'>,
  host: Host,
): Promise<Input> {
  const input = await awaitCode({ who: "the topology's input", file }, host, () =>
    openInput({
      ...{ given: textOf(args, 'input'), to: textOf(args, 'to'), topology, dir, cwd: host.cwd },
      // Opened where it is read: that takes a twentieth of a short run (row B1).
      get stdin() {
        return host.stdin as AsyncIterable<Uint8Array>
      },
      badLines: flagOf(args, 'skipBadLines') ? 'skip' : 'stop',
    }),
  )
  warn(input.warnings, host)
  return input
}
