import type { Refusal, Sender, SendLimits, WireRecord } from './carrier.ts'

/** The timing of sending. */
export interface Pacing {
  /** Calls back after a wait. Returns what takes that back. */
  readonly after: (ms: number, call: () => void) => () => void
  /** From 0 up to 1. */
  readonly random: () => number
  /** How much longer sending may take; records that are not accepted by then are refused. */
  readonly remainingMs: () => number
}

/** An item to send; items with one key are sent one after the other. */
export type Sent = Pick<WireRecord, 'key' | 'bytes'>

/** Sends records to one place, as many in one call as that takes, until each is accepted or refused. */
export interface Dispatch<Item extends Sent> {
  /** Takes a record. It is sent when a call is full, or by {@link Dispatch.flush}. */
  post(record: Item): void
  /** Sends what waits, also in calls that are not full. */
  flush(): void
}

/** The arguments of a dispatch. */
export interface DispatchParts<Item extends Sent> extends Pacing {
  readonly limits: Pick<SendLimits, 'batchRecords' | 'batchBytes'>
  readonly sender: Pick<Sender<Item>, 'send'>
  /** Makes the error of a refusal that is permanent, or that lasted until the time was over. */
  readonly errorOf: (record: Item, refused: Refused) => Error
  /** Called for each record that was accepted. */
  readonly accepted: (record: Item) => void
  /** Called for each that was not, and is not sent again. */
  readonly refused: (record: Item, error: Error) => void
}

/** A refusal, after `tries` tries. */
export interface Refused extends Refusal {
  readonly tries: number
}

/** The most calls to one place at the same time: more would only meet its limits sooner. */
const MOST_CALLS = 4
/** The longest that one call may take: if a connection hangs, there must be time for another try. */
const CALL_MS = 10_000
const FIRST_WAIT_MS = 50
const MOST_WAIT_MS = 2_000

/** A dispatch, and the records that it has. */
interface Sending<Item extends Sent> extends DispatchParts<Item> {
  /** Keys of which a record is ready, being sent, or waits to be sent again; with those behind it. */
  readonly lanes: Map<string, Item[]>
  /** How often temporarily refused records were sent. */
  readonly tries: Map<Item, number>
  ready: Item[]
  readyBytes: number
  /** Calls under way. */
  calls: number
}

/**
 * Makes a dispatch. Records with one key are sent one after the other, each when the previous one was accepted, because
 * no carrier guarantees the order of a partly refused batch. A temporarily refused record is sent again, alone, after a
 * wait that doubles, with jitter, while time remains. If a record with a key is finally refused, those behind it are
 * refused, too.
 */
export function createDispatch<Item extends Sent>(parts: DispatchParts<Item>): Dispatch<Item> {
  const sending: Sending<Item> = {
    ...parts,
    lanes: new Map(),
    tries: new Map(),
    ready: [],
    readyBytes: 0,
    calls: 0,
  }
  return {
    post: (record) => post(sending, record),
    flush: () => sendBatches(sending, true),
  }
}

function post<Item extends Sent>(sending: Sending<Item>, record: Item): void {
  const { key } = record
  const lane = key === undefined ? undefined : sending.lanes.get(key)
  if (lane !== undefined) return void lane.push(record)
  if (key !== undefined) sending.lanes.set(key, [])
  makeReady(sending, record)
  sendBatches(sending, false)
}

function makeReady<Item extends Sent>(sending: Sending<Item>, record: Item): void {
  sending.ready.push(record)
  sending.readyBytes += record.bytes
}

function sendBatches<Item extends Sent>(sending: Sending<Item>, partial: boolean): void {
  const { batchRecords, batchBytes } = sending.limits
  const isFull = () => sending.ready.length >= batchRecords || sending.readyBytes >= batchBytes
  while (sending.calls < MOST_CALLS && sending.ready.length > 0 && (partial || isFull())) {
    void sendBatch(sending, takeBatch(sending))
  }
}

function takeBatch<Item extends Sent>(sending: Sending<Item>): readonly Item[] {
  const { ready, limits } = sending
  let [count, bytes] = [0, 0]
  while (count < Math.min(ready.length, limits.batchRecords)) {
    const next = ready[count]!.bytes
    if (count > 0 && bytes + next > limits.batchBytes) break
    bytes += next
    count++
  }
  sending.ready = ready.slice(count)
  sending.readyBytes -= bytes
  return ready.slice(0, count)
}

async function sendBatch<Item extends Sent>(sending: Sending<Item>, batch: readonly Item[]): Promise<void> {
  sending.calls++
  const refusals = new Map((await refusalsOf(sending, batch)).map((refusal) => [refusal.index, refusal]))
  sending.calls--
  const again: Item[] = []
  batch.forEach((record, index) => {
    const refusal = refusals.get(index)
    if (refusal === undefined) settleAccepted(sending, record)
    else {
      sending.tries.set(record, triesOf(sending, record) + 1)
      if (refusal.passing) again.push(record)
      else settleRefused(sending, record, refusal)
    }
  })
  if (again.length > 0) sendAgain(sending, again, refusals.get(batch.indexOf(again[0]!))!)
  sendBatches(sending, true)
}

async function refusalsOf<Item extends Sent>(
  { sender, remainingMs }: Sending<Item>,
  batch: readonly Item[],
): Promise<readonly Refusal[]> {
  const withinMs = Math.min(CALL_MS, remainingMs())
  const allRefused = (passing: boolean, why: string) => batch.map((_, index) => ({ index, passing, why }))
  if (withinMs <= 0) return allRefused(true, 'no time was left')
  try {
    return (await sender.send(batch, withinMs)) ?? []
  } catch (error) {
    return allRefused(false, String(error))
  }
}

function triesOf<Item extends Sent>({ tries }: Sending<Item>, record: Item): number {
  return tries.get(record) ?? 0
}

function sendAgain<Item extends Sent>(sending: Sending<Item>, records: readonly Item[], refusal: Refusal): void {
  const { after, random, remainingMs } = sending
  const sent = Math.max(...records.map((record) => triesOf(sending, record)))
  const waitMs = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** (sent - 1)) * (0.5 + random() / 2)
  if (waitMs >= remainingMs()) {
    for (const record of records) settleRefused(sending, record, refusal)
    return
  }
  after(waitMs, () => {
    for (const record of records) makeReady(sending, record)
    sendBatches(sending, true)
  })
}

function settleAccepted<Item extends Sent>(sending: Sending<Item>, record: Item): void {
  const { lanes, tries } = sending
  const { key } = record
  if (tries.size > 0) tries.delete(record)
  sending.accepted(record)
  if (key === undefined) return
  const next = lanes.get(key)?.shift()
  if (next === undefined) lanes.delete(key)
  else makeReady(sending, next)
}

function settleRefused<Item extends Sent>(sending: Sending<Item>, record: Item, refusal: Refusal): void {
  const { lanes, tries } = sending
  const { key } = record
  const error = sending.errorOf(record, { tries: triesOf(sending, record), ...refusal })
  const behind = key === undefined ? undefined : lanes.get(key)
  tries.delete(record)
  if (key !== undefined) lanes.delete(key)
  sending.refused(record, error)
  for (const one of behind ?? []) sending.refused(one, error)
}
