import type { Refusal, Sender, SendLimits, WireRecord } from './carrier.ts'

/** What is sent: those of one key one after the other. */
export type Sent = Pick<WireRecord, 'key' | 'bytes'>

/** Sends records to one place, as many in one call as that takes, until each is accepted or refused. */
export interface Dispatch<Item extends Sent> {
  /** Takes a record. It is sent when a call is full, or by {@link Dispatch.flush}. */
  post(record: Item): void
  /** Sends what waits, also in calls that are not full. */
  flush(): void
}

/** What sending is timed with. */
export interface Pacing {
  /** Calls back after a wait; gives what takes that back. */
  readonly after: (ms: number, call: () => void) => () => void
  /** From 0 up to 1. */
  readonly random: () => number
  /** How much longer sending may take; what is not accepted by then is refused. */
  readonly remainingMs: () => number
}

/** What a dispatch works with. */
export interface DispatchParts<Item extends Sent> extends Pacing {
  readonly limits: Pick<SendLimits, 'batchRecords' | 'batchBytes'>
  readonly sender: Pick<Sender<Item>, 'send'>
  /** What is said to those that wait, of a refusal that lasts, or that lasted as long as there was time. */
  readonly errorOf: (record: Item, refused: Refused) => Error
  /** Hears of each record that was accepted. */
  readonly accepted: (record: Item) => void
  /** Hears of each that was not, and is not sent again. */
  readonly refused: (record: Item, error: Error) => void
}

/** A refusal, after so many tries. */
export interface Refused extends Refusal {
  readonly tries: number
}

/** The most calls to one place at the same time: more would only meet its limits sooner. */
const MOST_CALLS = 4
/** What one call may take: a connection that hangs must leave time for another try. */
const CALL_MS = 10_000
const FIRST_WAIT_MS = 50
const MOST_WAIT_MS = 2_000

/**
 * Makes a dispatch. Records of one key are sent one after the other, each when the one before it was accepted, since no
 * transport promises the order of what it half refuses. What is refused for now is sent again, alone, after a wait that
 * doubles, with jitter, as long as time remains; when a record of a key is refused for good, those behind it are too.
 */
export function createDispatch<Item extends Sent>(parts: DispatchParts<Item>): Dispatch<Item> {
  const { limits, sender, after, random, remainingMs, accepted } = parts
  /** Keys of which a record is ready, being sent, or waits to be sent again; with those behind it. */
  const lanes = new Map<string, Item[]>()
  /** How often records were sent that were refused for the time being. */
  const tries = new Map<Item, number>()
  let ready: Item[] = []
  let readyBytes = 0
  let calls = 0

  const makeReady = (record: Item) => {
    ready.push(record)
    readyBytes += record.bytes
  }

  const isFull = () => ready.length >= limits.batchRecords || readyBytes >= limits.batchBytes

  const sendBatches = (partial: boolean) => {
    while (calls < MOST_CALLS && ready.length > 0 && (partial || isFull())) sendBatch(takeBatch())
  }

  const takeBatch = (): readonly Item[] => {
    let [count, bytes] = [0, 0]
    while (count < Math.min(ready.length, limits.batchRecords)) {
      const next = ready[count]!.bytes
      if (count > 0 && bytes + next > limits.batchBytes) break
      bytes += next
      count++
    }
    const batch = ready.slice(0, count)
    ready = ready.slice(count)
    readyBytes -= bytes
    return batch
  }

  const sendBatch = async (batch: readonly Item[]) => {
    calls++
    const refusals = new Map((await refusalsOf(batch)).map((refusal) => [refusal.index, refusal]))
    calls--
    const again: Item[] = []
    batch.forEach((record, index) => {
      const refusal = refusals.get(index)
      if (refusal === undefined) settleAccepted(record)
      else {
        tries.set(record, triesOf(record) + 1)
        if (refusal.passing) again.push(record)
        else settleRefused(record, refusal)
      }
    })
    if (again.length > 0) sendAgain(again, refusals.get(batch.indexOf(again[0]!))!)
    sendBatches(true)
  }

  const triesOf = (record: Item) => tries.get(record) ?? 0

  const refusalsOf = async (batch: readonly Item[]): Promise<readonly Refusal[]> => {
    const withinMs = Math.min(CALL_MS, remainingMs())
    const allRefused = (passing: boolean, why: string) => batch.map((_, index) => ({ index, passing, why }))
    if (withinMs <= 0) return allRefused(true, 'no time was left')
    try {
      return (await sender.send(batch, withinMs)) ?? []
    } catch (error) {
      return allRefused(false, String(error))
    }
  }

  const sendAgain = (records: readonly Item[], refusal: Refusal) => {
    const sent = Math.max(...records.map(triesOf))
    const waitMs = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** (sent - 1)) * (0.5 + random() / 2)
    if (waitMs >= remainingMs()) {
      for (const record of records) settleRefused(record, refusal)
      return
    }
    after(waitMs, () => {
      records.forEach(makeReady)
      sendBatches(true)
    })
  }

  const settleAccepted = (record: Item) => {
    const { key } = record
    if (tries.size > 0) tries.delete(record)
    accepted(record)
    if (key === undefined) return
    const next = lanes.get(key)?.shift()
    if (next === undefined) lanes.delete(key)
    else makeReady(next)
  }

  const settleRefused = (record: Item, refusal: Refusal) => {
    const { key } = record
    const error = parts.errorOf(record, { tries: triesOf(record), ...refusal })
    const behind = key === undefined ? undefined : lanes.get(key)
    tries.delete(record)
    if (key !== undefined) lanes.delete(key)
    parts.refused(record, error)
    for (const one of behind ?? []) parts.refused(one, error)
  }

  return {
    post(record) {
      const { key } = record
      const lane = key === undefined ? undefined : lanes.get(key)
      if (lane !== undefined) return void lane.push(record)
      if (key !== undefined) lanes.set(key, [])
      makeReady(record)
      sendBatches(false)
    },
    flush: () => sendBatches(true),
  }
}
