import type { Consumer } from '@platformatic/kafka'

/** Where a group begins. */
export interface Begin {
  readonly topics: readonly string[]
  readonly from: 'earliest' | 'latest'
  say(text: string): void
}

/**
 * Commits where the group begins in partitions that it has not read yet, so that a consumer that takes one over does not begin
 * behind records that are not done; and in those whose place is not there any more.
 */
export async function commitBegin(consumer: Consumer, { topics, from, say }: Begin): Promise<void> {
  const assigned = consumer.assignments ?? []
  if (assigned.length === 0) return
  const [committed, earliest, latest] = await Promise.all([
    consumer.listCommittedOffsets({ topics: [...assigned] }),
    consumer.listOffsets({ topics: [...topics], timestamp: -2n }),
    consumer.listOffsets({ topics: [...topics], timestamp: -1n }),
  ])
  const offsets = assigned.flatMap(({ topic, partitions }) =>
    partitions.flatMap((partition) => {
      const place = committed.get(topic)?.[partition] ?? -1n
      const [first, end] = [earliest.get(topic)?.[partition] ?? 0n, latest.get(topic)?.[partition] ?? 0n]
      if (place >= first && place <= end) return []
      if (place >= 0n) say(`${topic}, partition ${partition}: the records from ${place} on are not there any more.`)
      const offset = place < 0n && from === 'latest' ? end : first
      return [{ topic, partition, offset, leaderEpoch: -1 }]
    }),
  )
  if (offsets.length > 0) await consumer.commit({ offsets })
}
