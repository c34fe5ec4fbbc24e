import type { Graph } from '../../graph/graph.ts'
import { accountOf, type Stage } from '../deploy/stage.ts'
import type { Host } from '../host.ts'
import { drawEntry } from '../logs/draw.ts'
import type { LogEntry } from '../logs/entry.ts'
import { readEntries } from '../logs/entry.ts'
import { followLines, pauseUntilNextLook } from '../logs/follow.ts'
import { colorsOf, drawJsonLine } from '../print.ts'

/** How much longer than usual it is waited for the first lines of an event: a function may have to start. */
const UNHEARD = 3

/** What is followed one by one; of more events, all that is logged is shown. */
export const MOST_TRACES = 10_000

/** What to follow, and for how long. */
export interface Following {
  /** Traces, by the ids of their roots; of more than {@link MOST_TRACES} every line counts. */
  readonly roots: ReadonlySet<string>
  /** When they were sent, in milliseconds since 1970. */
  readonly startedMs: number
  /** It is quiet when nothing was logged for so long. */
  readonly quietMs: number
  readonly json: boolean
  /** Hears of each line that belongs to them. */
  readonly heard?: (entry: LogEntry) => void
}

/** Shows what becomes of events until it is quiet. Gives how many messages failed for good. */
export async function followTraces(
  { graph, aws, ...stage }: Stage & { readonly graph: Graph },
  { roots, startedMs, quietMs, json, heard }: Following,
  host: Host,
): Promise<number> {
  const { readLogLines } = await import('../../providers/aws/logLines.ts')
  const processors = graph.processors.map(({ name }) => name)
  const width = Math.max(...processors.map(({ length }) => length))
  const account = accountOf(stage, aws)
  let quietSinceMs = host.now()
  let failed = 0
  const unheard = new Set<string | undefined>(roots.size > MOST_TRACES ? [] : roots)
  const lines = followLines((fromMs) => readLogLines(account, { processors, fromMs }), {
    ...{ fromMs: startedMs, signal: host.signal },
    over: () => host.now() - quietSinceMs >= (unheard.size > 0 ? UNHEARD * quietMs : quietMs),
    pause: () => pauseUntilNextLook(host.signal),
  })
  for await (const fresh of lines) {
    for (const entry of readEntries(fresh)) {
      const ours = entry.root === undefined ? entry.kind === 'text' : roots.size > MOST_TRACES || roots.has(entry.root)
      if (!ours) continue
      quietSinceMs = host.now()
      unheard.delete(entry.root)
      heard?.(entry)
      if (entry.kind === 'error') failed++
      const { processor, kind, fields } = entry
      if (json) host.out.write(drawJsonLine({ processor, kind, ...fields }))
      else host.out.write(drawEntry(entry, width, colorsOf(host.out)))
    }
  }
  return failed
}
