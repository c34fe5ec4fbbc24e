import type { OutboxParts } from './outbox.ts'
import type { Refusal, Sender, WireLimits, WireRecord } from './transport.ts'

/** What is sent: those of one key one after the other. */
export type Sent = Pick<WireRecord, 'key' | 'bytes'>

/** What is sent, and who waits to hear what became of it. */
export interface Posting<Item extends Sent = WireRecord> {
  readonly record: Item
  accept(): void
  refuse(error: Error): void
}

/** Sends records to one place, as many in one call as that takes, until each is accepted or refused. */
export interface Dispatch<Item extends Sent = WireRecord> {
  /** Takes a record. It is sent when a call is full, or by {@link Dispatch.flush}. */
  post(posting: Posting<Item>): void
  /** Sends what waits, also in calls that are not full. */
  flush(): void
}

/** What a dispatch works with. */
export interface DispatchParts<Item extends Sent = WireRecord>
  extends Pick<OutboxParts, 'after' | 'random' | 'remainingMs'> {
  readonly limits: Pick<WireLimits, 'batchRecords' | 'batchBytes'>
  readonly sender: Pick<Sender<Item>, 'send'>
  /** What is said to those that wait, of a refusal that lasts, or that lasted as long as there was time. */
  readonly errorOf: (record: Item, refused: Refused) => Error
}

/** A refusal, after so many tries. */
export interface Refused extends Refusal {
  readonly tries: number
}

/** A record, and how often it was sent. */
interface Tried<Item extends Sent> extends Posting<Item> {
  tries: number
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
  type Tries = Tried<Item>
  const { limits, sender, after, random, remainingMs } = parts
  /** Keys of which a record is ready, being sent, or waits to be sent again; with those behind it. */
  const lanes = new Map<string, Tries[]>()
  let ready: Tries[] = []
  let readyBytes = 0
  let calls = 0

  const makeReady = (posting: Tries) => {
    ready.push(posting)
    readyBytes += posting.record.bytes
  }

  const isFull = () => ready.length >= limits.batchRecords || readyBytes >= limits.batchBytes

  const sendBatches = (partial: boolean) => {
    while (calls < MOST_CALLS && ready.length > 0 && (partial || isFull())) sendBatch(takeBatch())
  }

  const takeBatch = (): readonly Tries[] => {
    let [count, bytes] = [0, 0]
    while (count < Math.min(ready.length, limits.batchRecords)) {
      const next = ready[count]!.record.bytes
      if (count > 0 && bytes + next > limits.batchBytes) break
      bytes += next
      count++
    }
    const batch = ready.slice(0, count)
    ready = ready.slice(count)
    readyBytes -= bytes
    return batch
  }

  const sendBatch = async (batch: readonly Tries[]) => {
    calls++
    const refusals = new Map((await refusalsOf(batch)).map((refusal) => [refusal.index, refusal]))
    calls--
    const again: Tries[] = []
    batch.forEach((posting, index) => {
      const refusal = refusals.get(index)
      posting.tries++
      if (refusal === undefined) settleAccepted(posting)
      else if (refusal.passing) again.push(posting)
      else settleRefused(posting, refusal)
    })
    if (again.length > 0) sendAgain(again, refusals.get(batch.indexOf(again[0]!))!)
    sendBatches(true)
  }

  const refusalsOf = async (batch: readonly Tries[]): Promise<readonly Refusal[]> => {
    const withinMs = Math.min(CALL_MS, remainingMs())
    const allRefused = (passing: boolean, why: string) => batch.map((_, index) => ({ index, passing, why }))
    if (withinMs <= 0) return allRefused(true, 'no time was left')
    try {
      const records = batch.map(({ record }) => record)
      return (await sender.send(records, withinMs)) ?? []
    } catch (error) {
      return allRefused(false, String(error))
    }
  }

  const sendAgain = (postings: readonly Tries[], refusal: Refusal) => {
    const tries = Math.max(...postings.map((posting) => posting.tries))
    const waitMs = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.5 + random() / 2)
    if (waitMs >= remainingMs()) {
      for (const posting of postings) settleRefused(posting, refusal)
      return
    }
    after(waitMs, () => {
      postings.forEach(makeReady)
      sendBatches(true)
    })
  }

  const settleAccepted = ({ record: { key }, accept }: Tries) => {
    accept()
    if (key === undefined) return
    const next = lanes.get(key)?.shift()
    if (next === undefined) lanes.delete(key)
    else makeReady(next)
  }

  const settleRefused = ({ record, tries, refuse }: Tries, refusal: Refusal) => {
    const { key } = record
    const error = parts.errorOf(record, { tries, ...refusal })
    const behind = key === undefined ? undefined : lanes.get(key)
    if (key !== undefined) lanes.delete(key)
    refuse(error)
    for (const posting of behind ?? []) posting.refuse(error)
  }

  return {
    post(posting) {
      const { key } = posting.record
      const tried = { ...posting, tries: 0 }
      const lane = key === undefined ? undefined : lanes.get(key)
      if (lane !== undefined) return void lane.push(tried)
      if (key !== undefined) lanes.set(key, [])
      makeReady(tried)
      sendBatches(false)
    },
    flush: () => sendBatches(true),
  }
}
