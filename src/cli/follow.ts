import type { LogLine } from '../deploy/cloud.ts'

/** Reads the lines there are from a time on, oldest first; may give lines again that it has given before. */
export type ReadLines = (fromMs: number) => Promise<readonly LogLine[]>

/** How lines are followed. */
export interface FollowOptions {
  readonly fromMs: number
  readonly signal: AbortSignal
  /** Ends it where it says so, asked after each look. */
  readonly over?: () => boolean
  /** Waits between two looks. */
  readonly pause: () => Promise<void>
}

/** Lines come late, and not in order: each look goes back so far behind the newest line. */
const OVERLAP_MS = 20_000

/** The time between two looks for new lines. */
export const LOOK_MS = 1000

/** Gives lines as they come, each once, until the signal or `over` ends it. */
export async function* followLines(
  read: ReadLines,
  { fromMs, signal, over, pause }: FollowOptions,
): AsyncGenerator<readonly LogLine[], void, undefined> {
  let seen = new Map<string, number>()
  let newestMs = fromMs
  while (!signal.aborted) {
    const sinceMs = Math.max(fromMs, newestMs - OVERLAP_MS)
    const fresh = (await read(sinceMs)).filter(({ id }) => !seen.has(id))
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
