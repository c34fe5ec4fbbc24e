import type * as Kafka from '@platformatic/kafka'

/** A record that was read. */
export interface FoundRecord {
  readonly offset: number
  readonly key: string | undefined
  readonly value: string | undefined
  readonly timeMs: number
}

/** What was read of a partition. */
export interface Found {
  readonly records: readonly FoundRecord[]
  /** The first offset that was not read. */
  readonly next: number
}

const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** The part of an answer that this needs. */
export type Answered = Pick<Kafka.fetchV12.FetchResponsePartition, 'records' | 'abortedTransactions'>

/**
 * Returns the records of an answer from an offset on, without those of transactions that were taken back. An answer has whole batches, so
 * its first one may begin earlier.
 */
export function recordsOf({ records: batches, abortedTransactions }: Answered, from: number): Found {
  const aborted = [...(abortedTransactions ?? [])].sort((a, b) => Number(a.firstOffset - b.firstOffset))
  const isAborted = new Set<bigint>()
  const records: FoundRecord[] = []
  let next = from
  for (const batch of batches ?? []) {
    const { producerId, attributes } = batch
    const first = Number(batch.firstOffset)
    const last = first + batch.lastOffsetDelta
    while (aborted.length > 0 && Number(aborted[0]!.firstOffset) <= last) isAborted.add(aborted.shift()!.producerId)
    if ((attributes & CONTROL) !== 0) {
      // Its key has a version and a type, which is 0 where a transaction was taken back.
      if (batch.records[0]?.key?.readInt16BE(2) === 0) isAborted.delete(producerId)
    } else if ((attributes & TRANSACTIONAL) === 0 || !isAborted.has(producerId)) {
      for (const { offsetDelta, key, value, timestampDelta } of batch.records) {
        const offset = first + offsetDelta
        if (offset < from) continue
        const timeMs = Number(batch.firstTimestamp + timestampDelta)
        records.push({ offset, key: key?.toString(), value: value?.toString(), timeMs })
      }
    }
    next = Math.max(next, last + 1)
  }
  return { records, next }
}
