import type { AttakError } from '../../errors.ts'
import { crashError } from './crash.ts'
import type { OpenLane, RecordTally } from './lane.ts'

/** So many ends of the process while a record ran alone; it ran beside others the time before. */
const MOST_CRASHES = 2

/** Records that may have ended an earlier owner of their lane, and what lies behind them. They run one after the other. */
export interface Suspects {
  /** Adds a record; `start` begins it, or has it fail. */
  add(tally: RecordTally, start: (fault?: AttakError) => void): void
  hasOf(lane: OpenLane): boolean
  /** An attempt of a record has ended. */
  ended(tally: RecordTally): void
  /** Another worker has a record now: no attempt of it would end here. */
  dropped(tally: RecordTally): void
}

interface Waiting {
  readonly tally: RecordTally
  readonly start: (fault?: AttakError) => void
}

/** Makes an empty list. */
export function createSuspects(): Suspects {
  const waiting: Waiting[] = []
  let current: RecordTally | undefined

  /** The current one has not ended the process, or never began. */
  const goOn = ({ lane }: RecordTally) => {
    current = undefined
    void next()
    if (!lane.isLost && !hasOf(lane)) lane.lane.wake()
  }
  const hasOf = (lane: OpenLane) => current?.lane === lane || waiting.some(({ tally }) => tally.lane === lane)
  const survive = (tally: RecordTally) => {
    if (tally !== current) return
    tally.lane.lane.survived(tally.ref)
    goOn(tally)
  }
  const next = async () => {
    if (current !== undefined) return
    const first = waiting.shift()
    if (first === undefined) return
    const { tally, start } = first
    const { lane } = tally.lane
    current = tally
    if (tally.isLost === true) return goOn(tally)
    if (!lane.left.isSuspect(tally.ref)) {
      start()
      return goOn(tally)
    }
    const crashes = lane.left.crashes.get(tally.ref) ?? 0
    if (crashes >= MOST_CRASHES) return start(crashError(lane.channel, crashes + 1))
    await lane.suspect(tally.ref)
    // It may be gone by now.
    if (tally === current) start()
  }
  return {
    add(tally, start) {
      waiting.push({ tally, start })
      void next()
    },
    hasOf,
    ended(tally) {
      if (tally.ended >= tally.items.length) survive(tally)
    },
    dropped: survive,
  }
}
