import { RECORD_KINDS } from '../../runtime/id.ts'
import type { Argument, Arguments, Option } from '../command.ts'
import { textOf } from '../command.ts'
import { NAME_OPTION, STAGE_OPTIONS } from '../options.ts'

/** Where errors are: options of every command on them. */
export const PLACE_OPTIONS: readonly Option[] = [
  { flags: '--topology <path>', summary: 'the topology: its file, or the folder of its project (default: here)' },
  { ...NAME_OPTION, summary: 'the name of the topology; no project is loaded then' },
  ...STAGE_OPTIONS,
  { flags: '--simulated', summary: 'those of the last simulation here, instead of those that are live' },
]

/** Which errors are meant. */
export const FILTER_OPTIONS: readonly Option[] = [
  { flags: '--processor <name>', summary: 'only errors of this processor', repeatable: true },
  { flags: '--since <time>', summary: 'only from then on: 30s, 10m, 2h, 1d or a date' },
  { flags: '--kind <kind>', summary: 'only of this kind', choices: RECORD_KINDS, repeatable: true },
  { flags: '--text <text>', summary: 'only those that hold this text: in the error, the event or an id' },
]

/** The errors that are meant by their ids. */
export const IDS_ARGUMENT: Argument = {
  name: 'ids',
  summary: 'the beginnings of their ids, as list shows them',
  repeatable: true,
}

/** The same command line with the topology where every other command has it: first. */
export function withTopology(args: Arguments): Arguments {
  return { ...args, positionals: [textOf(args, 'topology')] }
}
