import type { Refusal, Sender, WireRecord } from '../runtime/carrier.ts'
import type { AwsFailure } from './failure.ts'

/** Makes a sender of a call that sends a batch; its closing waits for the calls that are under way. */
export function senderOf(
  send: (batch: readonly WireRecord[], withinMs: number | undefined) => Promise<readonly Refusal[]>,
): Sender<WireRecord> {
  const underWay = new Set<Promise<unknown>>()
  return {
    send(batch, withinMs) {
      if (batch.length === 0) return undefined
      const sent = send(batch, withinMs).finally(() => underWay.delete(sent))
      underWay.add(sent)
      return sent
    },
    async close() {
      await Promise.allSettled(underWay)
    },
  }
}

/** What a call that failed says of each record in it. */
export function refuseAll(batch: readonly unknown[], { code, message, passing }: AwsFailure): readonly Refusal[] {
  return batch.map((_, index) => ({ index, passing, why: `${code}: ${message}` }))
}
