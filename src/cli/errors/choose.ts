import type { Problem } from '../../errors.ts'
import type { ErrorRecord } from '../../runtime/error-record.ts'
import { type Arguments, flagOf } from '../command.ts'
import { type Hint, hintOf } from '../hint.ts'
import { drawTime } from './draw.ts'
import { checkMeant, filterOf, findById, isMeant, isProblem } from './filter.ts'
import { type Errors, hintOn, processorsWithErrors, type Seen } from './open.ts'

/** The errors that a command line means, the oldest first. */
export interface Chosen {
  readonly records: readonly ErrorRecord[]
  readonly problems: readonly Problem[]
}

/**
 * Chooses errors by ids, by a filter, or all. An id of what is no longer there is a problem, told by what is known of it
 * here; with `--force` the copy is chosen. Throws USAGE.
 */
export function choose(command: string, args: Arguments, seen: Seen, errors: Errors, nowMs: number): Chosen {
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
  const where = `error ${copy.id.slice(0, 12)} of "${copy.processor}"`
  return copy.replayed === undefined
    ? {
        code: 'ERROR_NOT_FOUND',
        severity: 'error',
        where,
        what: 'its store no longer has it: it has expired, was purged, or was replayed from elsewhere',
        remedy: 'A copy of it is here: with --force that is replayed.',
      }
    : {
        code: 'REPLAYED_ALREADY',
        severity: 'error',
        where,
        what: `it was replayed from here, ${drawTime(copy.replayed)}, and has not failed again since`,
        remedy: `See ${logsOf(copy, hintOf(errors.stage.given))} for what became of it; --force replays it once more.`,
      }
}

/** The command that tells what became of an error's message; a crash had several. */
function logsOf({ message }: ErrorRecord, hint: Hint): string {
  const which = message === undefined ? '' : ` --message ${message.id.slice(0, 12)}`
  return hint(`logs${which} --since 1d`)
}
