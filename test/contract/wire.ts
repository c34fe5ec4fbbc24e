import type { Refusal, Sender, SendLimits, WireRecord } from '../../src/runtime/carrier.ts'

/** How a fake carrier takes a batch: what it refuses, at once or later. */
export type Take = (batch: readonly WireRecord[], call: number) => readonly Refusal[] | Promise<readonly Refusal[]>

/** A way between processes. */
export interface Wire {
  readonly limits: SendLimits
  /** Opens the way to one address. */
  open(address: string): Sender<WireRecord>
}

/** A way between processes that keeps what it accepted. */
export interface FakeWire extends Wire {
  /** All batches that were sent, by address. */
  readonly batches: ReadonlyMap<string, readonly (readonly WireRecord[])[]>
  /** The records that were accepted, over all addresses, in order. */
  readonly accepted: readonly WireRecord[]
  /** The most batches that were in flight at the same time. */
  readonly mostAtOnce: number
  /** Senders that were closed. */
  readonly closed: number
}

const LIMITS: SendLimits = { messageBytes: 100_000, orderedByKey: true, batchRecords: 500, batchBytes: 5_000_000 }

/** Makes a way that takes batches as a test says: all of them by default. */
export function createFakeWire(take: Take = () => [], limits: Partial<SendLimits> = {}): FakeWire {
  const batches = new Map<string, (readonly WireRecord[])[]>()
  const accepted: WireRecord[] = []
  let [calls, atOnce, mostAtOnce, closed] = [0, 0, 0, 0]
  return {
    limits: { ...LIMITS, ...limits },
    batches,
    accepted,
    get mostAtOnce() {
      return mostAtOnce
    },
    get closed() {
      return closed
    },
    open: (address) => ({
      async send(batch) {
        batches.set(address, [...(batches.get(address) ?? []), batch])
        mostAtOnce = Math.max(mostAtOnce, ++atOnce)
        const refusals = await take(batch, calls++)
        atOnce--
        const refused = new Set(refusals.map(({ index }) => index))
        accepted.push(...batch.filter((_, index) => !refused.has(index)))
        return refusals
      },
      async close() {
        closed++
      },
    }),
  }
}
