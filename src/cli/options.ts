import { AttakError, nearest } from '../errors.ts'
import { PLACE_SETTINGS } from '../project/setting-list.ts'
import { RECORD_KINDS } from '../runtime/id.ts'
import type { Argument, Option } from './command.ts'
import { type Arguments, flagOf, textOf } from './command.ts'
import { settingOption } from './project.ts'

/** Which stage of a topology, and where: options of every command that talks to a cloud. */
export const STAGE_OPTIONS: readonly Option[] = PLACE_SETTINGS.map(settingOption)

/** Names a live topology without its project. */
export const NAME_OPTION: Option = {
  flags: '--name <topology>',
  summary: 'the name of a deployed topology; no project is loaded',
}

/** What a plan may do, and how thoroughly it reads. */
export const PLAN_OPTIONS: readonly Option[] = [
  settingOption('role'),
  { flags: '--refresh', summary: 'read the real state of every resource, and undo changes made by hand' },
  { flags: '--sizes', summary: 'list the contents of every artifact by size (default: only of those beyond 1 MB)' },
  { flags: '--allow-data-loss', summary: 'also remove unused resources that hold messages, errors or logs' },
]

/** Confirms without asking. */
export const YES_OPTION: Option = { flags: '-y, --yes', summary: 'do not ask; losing data still needs its own flag' }

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The milliseconds of a time such as `30s`, `10m`, `2h` or `1d`; undefined for any other text. */
export function durationMs(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)\s*([smhd])$/.exec(text.trim()) ?? []
  return count === undefined ? undefined : Number(count) * UNITS_MS[unit]!
}

/** Returns the time of `--since`, in milliseconds since 1970: `10m` before now, or a date. Throws USAGE. */
export function parseSince(text: string, nowMs: number): number {
  const ms = durationMs(text)
  if (ms !== undefined) return Math.max(0, nowMs - ms)
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(date)) return date
  throw new AttakError(
    'USAGE',
    `--since: "${text}" is not a time`,
    'Give 30s, 10m, 2h or 1d, or a date such as 2026-11-21T13:00Z.',
  )
}

/** Makes sure that `--processor` names one of `names`. Throws TOPOLOGY_UNKNOWN_PROCESSOR. */
export function knownProcessor(name: string, names: readonly string[]): void {
  if (names.includes(name)) return
  const near = nearest(name, names)
  const all = names.length === 0 ? 'There are none.' : `There are ${names.join(', ')}.`
  const remedy = near === undefined ? all : `Did you mean "${near}"?`
  throw new AttakError('TOPOLOGY_UNKNOWN_PROCESSOR', `--processor: no processor is named "${name}"`, remedy)
}

/** Lines take some seconds to be readable. */
const DEFAULT_MS = 10_000

/** Returns how long logs must be quiet before following ends, in milliseconds. Throws USAGE. */
export function quietMsOf(args: Arguments, { isFollowing = flagOf(args, 'follow') } = {}): number {
  const text = textOf(args, 'quietAfter')
  if (text === undefined) return DEFAULT_MS
  const remedy = 'Give the seconds, such as --follow --quiet-after 60.'
  if (!isFollowing) throw new AttakError('USAGE', '--quiet-after works only with --follow', remedy)
  const seconds = Number(text)
  if (text.trim() !== '' && seconds > 0 && seconds <= MOST_SECONDS) return seconds * 1000
  throw new AttakError('USAGE', `--quiet-after: "${text}" is not a number of seconds above 0 and up to one day`, remedy)
}

const MOST_SECONDS = 86_400

/** The place of errors: options of every command on them. */
export const PLACE_OPTIONS: readonly Option[] = [
  {
    flags: '--topology <path>',
    summary: 'the file of the topology, or the folder of its project (default: this folder)',
  },
  { ...NAME_OPTION, summary: 'the name of the topology; no project is loaded' },
  ...STAGE_OPTIONS,
  { flags: '--simulated', summary: 'the errors of the last simulation, instead of the deployed topology' },
  { flags: '--run', summary: 'the errors of attak run on this machine' },
]

/** The workers of a broker. */
export const BROKER_OPTION: Option = {
  flags: '--broker [url]',
  summary: 'the workers of attak run on this broker, instead of AWS (default: ATTAK_BROKER)',
}

/** Options that filter errors. */
export const FILTER_OPTIONS: readonly Option[] = [
  { flags: '--processor <name>', summary: 'only errors of this processor', repeatable: true },
  { flags: '--since <time>', summary: 'only errors since then: 30s, 10m, 2h, 1d or a date' },
  { flags: '--kind <kind>', summary: 'only errors of this kind', choices: RECORD_KINDS, repeatable: true },
  { flags: '--text <text>', summary: 'only errors that contain this text, in the error, the event or an id' },
]

/** The errors to select, by their ids. */
export const IDS_ARGUMENT: Argument = {
  name: 'ids',
  summary: 'the ids of the errors, or their first characters',
  repeatable: true,
}

/** The same command line with the topology where every other command has it: first. */
export function withTopology(args: Arguments): Arguments {
  return { ...args, positionals: [textOf(args, 'topology')] }
}
