import type { CloudStage, LogLine } from '../deploy/cloud.ts'
import type { LogEntry } from '../view/log-entry.ts'
import { readEntries } from '../view/log-entry.ts'
import { drawEntry } from '../view/log-line.ts'
import { colorsOf, drawJsonLine } from '../view/print.ts'
import { type Host, unlessAborted } from './host.ts'

/** Reads the lines from a time on, oldest first; may return lines again. */
export type ReadLines = (fromMs: number) => Promise<readonly LogLine[]>

/** How lines are followed. */
export interface FollowOptions {
  readonly fromMs: number
  readonly signal: AbortSignal
  /** Ends when this returns true; called after each look. */
  readonly over?: () => boolean
  /** Waits between two looks. */
  readonly pause: () => Promise<void>
}

/** Lines come late, and not in order: each look goes back so far behind the newest line. */
const OVERLAP_MS = 20_000

/** The time between two looks for new lines. */
export const LOOK_MS = 1000

/** Yields new lines, each once, until the signal or `over` ends it; the signal does not wait for a look. */
export async function* followLines(
  read: ReadLines,
  { fromMs, signal, over, pause }: FollowOptions,
): AsyncGenerator<readonly LogLine[], void, undefined> {
  let seen = new Map<string, number>()
  let newestMs = fromMs
  while (!signal.aborted) {
    const sinceMs = Math.max(fromMs, newestMs - OVERLAP_MS)
    const lines = await unlessAborted(read(sinceMs), signal)
    if (lines === undefined) return
    const fresh = lines.filter(({ id }) => !seen.has(id))
    for (const { id, timeMs } of fresh) {
      seen.set(id, timeMs)
      newestMs = Math.max(newestMs, timeMs)
    }
    seen = new Map([...seen].filter(([, timeMs]) => timeMs >= newestMs - OVERLAP_MS))
    yield fresh
    if (over?.() === true) return
    if (!signal.aborted) await pause()
  }
}

/** How many times longer to wait while an event is not confirmed: its function may have to start, or to end. */
const UNCONFIRMED = 3

/** The most traces that are followed one by one; for more events, all log lines are shown. */
export const MOST_TRACES = 10_000

/** What to follow, and for how long. */
export interface Following {
  /** The processors whose lines are read. */
  readonly processors: readonly string[]
  /** Traces, by the ids of their roots; of more than {@link MOST_TRACES} every line counts. */
  readonly roots: ReadonlySet<string>
  /** The ids of the messages that are to be confirmed; of more than {@link MOST_TRACES}, those of all roots. */
  readonly awaited: ReadonlySet<string>
  /** When they were sent, in milliseconds since 1970. */
  readonly startedMs: number
  /** Following ends when nothing was logged for this long. */
  readonly quietMs: number
  readonly json: boolean
  /** Called with each line that belongs to them. */
  readonly onEntry?: (entry: LogEntry) => void
}

/** What became of followed events, as far as the logs show. */
export interface Followed {
  /** How many messages finally failed. */
  readonly failed: number
  /** The awaited messages that ended according to the logs: handled, or finally failed. */
  readonly confirmed: ReadonlySet<string>
}

/** Outcomes that end a message; a retry does not. A skipped message was handled before. */
const ENDS: ReadonlySet<unknown> = new Set(['ok', 'skipped', 'failed'])

/** Shows what becomes of events until it is quiet. */
export async function followTraces(
  live: CloudStage,
  { processors, roots, awaited, startedMs, quietMs, json, onEntry }: Following,
  host: Host,
): Promise<Followed> {
  const width = Math.max(...processors.map(({ length }) => length))
  let quietSinceMs = host.now()
  let failed = 0
  const confirmed = new Set<string>()
  const unconfirmed = new Set(roots.size > MOST_TRACES ? [] : awaited)
  const isAwaited = ({ message, root }: LogEntry) =>
    message !== undefined && (roots.size > MOST_TRACES ? message === root : awaited.has(message))
  const lines = followLines((fromMs) => live.logs({ processors, fromMs }), {
    ...{ fromMs: startedMs, signal: host.signal },
    over: () => host.now() - quietSinceMs >= (unconfirmed.size > 0 ? UNCONFIRMED * quietMs : quietMs),
    pause: () => host.sleep(LOOK_MS),
  })
  for await (const fresh of lines) {
    for (const entry of readEntries(fresh)) {
      const ours = entry.root === undefined ? entry.kind === 'text' : roots.size > MOST_TRACES || roots.has(entry.root)
      if (!ours) continue
      quietSinceMs = host.now()
      onEntry?.(entry)
      if (entry.kind === 'error') failed++
      const isEnd = entry.kind === 'error' || (entry.kind === 'end' && ENDS.has(entry.fields.outcome))
      if (isEnd && isAwaited(entry)) {
        confirmed.add(entry.message!)
        unconfirmed.delete(entry.message!)
      }
      const { processor, kind, fields } = entry
      if (json) host.out.write(drawJsonLine({ processor, kind, ...fields }))
      else host.out.tell(drawEntry(entry, { width, colors: colorsOf(host.out) }))
    }
  }
  return { failed, confirmed }
}
