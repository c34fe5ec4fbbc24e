import { AttakError, type Problem } from '../../errors.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import { type Arguments, flagOf, listOf, textOf } from '../command.ts'
import { type Hint, hintOf } from '../hint.ts'
import { knownProcessor, parseSince } from '../options.ts'
import { drawTime } from './draw.ts'
import { type Errors, hintOn, processorsWithErrors, type Seen } from './open.ts'
import { whereOf } from './ready.ts'

/** Selects errors by their properties. */
export interface Filter {
  readonly processors: readonly string[]
  readonly kinds: readonly string[]
  /** Milliseconds since 1970. */
  readonly sinceMs: number
  /** In lower case. */
  readonly text: string
}

/**
 * Reads the filter of a command line; undefined if it has none. `names` are the processors that may have errors. Throws
 * USAGE, and TOPOLOGY_UNKNOWN_PROCESSOR.
 */
export function filterOf(args: Arguments, nowMs: number, names: readonly string[]): Filter | undefined {
  const [processors, kinds] = [listOf(args, 'processor'), listOf(args, 'kind')]
  for (const name of processors) knownProcessor(name, names)
  const [since, text] = [textOf(args, 'since'), textOf(args, 'text')]
  if (processors.length + kinds.length === 0 && since === undefined && text === undefined) return undefined
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : parseSince(since, nowMs)
  return { processors, kinds, sinceMs, text: (text ?? '').toLowerCase() }
}

/** Whether an error passes a filter; without a filter, each does. */
export function isMeant(record: ErrorRecord, filter: Filter | undefined): boolean {
  if (filter === undefined) return true
  const { processors, kinds, sinceMs, text } = filter
  if (processors.length > 0 && !processors.includes(record.processor)) return false
  if (kinds.length > 0 && !kinds.includes(record.kind)) return false
  if (Date.parse(record.time) < sinceMs) return false
  return text === '' || JSON.stringify(record).toLowerCase().includes(text)
}

/**
 * Finds the record whose id, or whose message's id, begins with `given`; a complete id selects its record alone.
 * Returns the problem ERROR_NOT_FOUND if there is none, or several; `listing` is the command that lists the errors.
 */
export function findById<Kept extends ErrorRecord>(
  given: string,
  records: readonly Kept[],
  listing: string,
): Kept | Problem {
  const prefix = given.toLowerCase().replace(/…$/, '')
  const found = records.filter(({ id }) => id.startsWith(prefix))
  const named = found.length > 0 ? found : records.filter(({ message }) => message?.id.startsWith(prefix) === true)
  const exact = named.find(({ id }) => id === prefix)
  if (exact !== undefined || (named.length === 1 && prefix !== '')) return exact ?? named[0]!
  if (named.length === 0 || prefix === '') {
    return notFound(
      given,
      'there is no error with that id',
      `See ${listing}. It may have been replayed, or it has expired.`,
    )
  }
  const isOneMessage = found.length === 0 && new Set(named.map(({ message }) => message?.id)).size === 1
  const ids = named.slice(0, MOST_TOLD).map(({ id }) => id.slice(0, 12))
  const more = named.length > MOST_TOLD ? ' …' : ''
  const list = `${ids.join(' ')}${more}`
  return isOneMessage
    ? notFound(given, `${named.length} errors are of this message: ${list}`, 'Give the id of one of them.')
    : notFound(given, `${named.length} errors have ids that begin with it: ${list}`, 'Give more of the id.')
}

const MOST_TOLD = 5

function notFound(id: string, what: string, remedy: string) {
  return { code: 'ERROR_NOT_FOUND', severity: 'error', where: `error ${id}`, what, remedy } satisfies Problem
}

/** Whether the result of a search is a problem. */
export function isProblem(found: object): found is Problem {
  return 'severity' in found
}

/** Throws USAGE unless a command line selects errors by ids, by a filter, or all. */
export function checkMeant(
  command: string,
  args: Arguments,
  said: { readonly ids: readonly string[]; readonly filter: Filter | undefined; readonly listing: string },
): void {
  const { ids, filter, listing } = said
  const all = flagOf(args, 'all')
  if (ids.length === 0 && filter === undefined && !all) {
    throw new AttakError('USAGE', `${command}: which errors?`, `Give ids (see ${listing}), a filter, or --all.`)
  }
  if (ids.length > 0 && (filter !== undefined || all)) {
    throw new AttakError(
      'USAGE',
      `${command}: ids cannot be combined with a filter or --all`,
      'Give only ids, or only a filter or --all.',
    )
  }
}

/** The errors that a command line selects, the oldest first. */
export interface Chosen {
  readonly records: readonly ErrorRecord[]
  readonly problems: readonly Problem[]
}

/**
 * Chooses errors by ids, by a filter, or all. The id of an error that no longer exists is a problem with the details
 * known here; with `--force` the local copy is chosen. Throws USAGE.
 */
export function chooseErrors(command: string, args: Arguments, seen: Seen, errors: Errors, nowMs: number): Chosen {
  const ids = args.positionals.filter((id) => id !== undefined)
  const filter = filterOf(args, nowMs, processorsWithErrors(errors, seen))
  checkMeant(command, args, { ids, filter, listing: hintOn(errors)('errors list') })
  if (ids.length === 0) return { records: seen.records.filter((record) => isMeant(record, filter)), problems: [] }
  const found = ids.map((id) => findFor(id, seen, errors, args))
  const records = new Map(found.flatMap((one) => (isProblem(one) ? [] : [[one.id, one] as const])))
  const byTime = [...records.values()].sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
  return { records: byTime, problems: found.filter(isProblem) }
}

function findFor(id: string, seen: Seen, errors: Errors, args: Arguments): ErrorRecord | Problem {
  const { all } = errors.copies
  const listing = hintOn(errors)('errors list')
  const found = findById(id, seen.records, listing)
  if (!isProblem(found)) return found
  const copy = findById(id, [...all.values()], listing)
  if (isProblem(copy) || seen.records.some((record) => record.id.startsWith(id))) return found
  if (flagOf(args, 'force')) return copy
  const where = whereOf(copy)
  return copy.replayed === undefined
    ? {
        code: 'ERROR_NOT_FOUND',
        severity: 'error',
        where,
        what: 'its store no longer has it: it has expired, was purged, or was replayed from elsewhere',
        remedy: 'This machine has a copy: add --force to replay it.',
      }
    : {
        code: 'REPLAYED_ALREADY',
        severity: 'error',
        where,
        what: `it was replayed from this machine, ${drawTime(copy.replayed)}, and has not failed again since`,
        remedy: `See ${logsOf(copy, hintOf(errors.stage.given))} for what became of it; --force replays it once more.`,
      }
}

/** Returns the command that shows what became of an error's message; a crash had several messages. */
function logsOf({ message }: ErrorRecord, hint: Hint): string {
  const which = message === undefined ? '' : ` --message ${message.id.slice(0, 12)}`
  return hint(`logs${which} --since 1d`)
}
