import type { Consumer } from '@platformatic/kafka'
import { createProgress, type Progress } from '../progress.ts'

/** A partition that this consumer has, and how far it is done. */
export interface Partition {
  readonly topic: string
  readonly partition: number
  readonly progress: Progress<bigint>
  /** The offset of the next record that was not taken. */
  next: bigint
  /** What the group has committed, as far as this consumer knows. */
  committed: bigint
}

/** The partitions of a consumer. */
export interface Partitions {
  /** Undefined for one that another consumer has by now. */
  of(topic: string, partition: number): Partition | undefined
  /** The consumer was given partitions. It keeps those that it had in the generation before. */
  assigned(): void
  /** Commits soon what is done. */
  commitSoon(): void
  /** Commits what is done. */
  commit(): Promise<void>
}

type Offsets = Parameters<Consumer['commit']>[0]['offsets']

/** Keeps track of the partitions of a consumer. An offset is committed when everything before it is done. */
export function createPartitions(consumer: Consumer): Partitions {
  let byName = new Map<string, Partition>()
  let generation = -1
  let committing: Offsets = []
  let running: Promise<void> | undefined
  let isAsked = false
  const commitOnce = async () => {
    // Until it is known what the consumer has in the next generation, nothing is.
    if (consumer.generationId !== generation) return
    const ready = [...byName.values()].filter(({ progress, committed }) => (progress.done ?? -1n) > committed)
    if (ready.length === 0) return
    committing = ready.map(({ topic, partition, progress }) => ({
      ...{ topic, partition, offset: progress.done!, leaderEpoch: -1 },
    }))
    const sent = [...committing]
    await consumer.commit({ offsets: committing })
    for (const { topic, partition, offset } of sent) {
      const one = byName.get(`${topic}:${partition}`)
      if (one !== undefined && one.committed < offset) one.committed = offset
    }
  }
  const commit = (): Promise<void> => {
    running ??= commitOnce().finally(() => {
      running = undefined
    })
    return running
  }
  return {
    of(topic, partition) {
      return byName.get(`${topic}:${partition}`)
    },
    assigned() {
      const isNext = consumer.generationId === generation + 1
      generation = consumer.generationId
      const kept = isNext ? byName : new Map<string, Partition>()
      byName = assignedTo(consumer, kept)
      // The client repeats a commit in the next generation: what others have now must not go with it.
      const isOurs = ({ topic, partition }: Offsets[0]) => kept.has(`${topic}:${partition}`)
      committing.splice(0, committing.length, ...committing.filter((one) => isOurs(one)))
    },
    commit,
    commitSoon() {
      if (isAsked) return
      isAsked = true
      // What ends in the same turn, or while another commit is on its way, is one commit.
      setImmediate(async () => {
        await running?.catch(() => {})
        isAsked = false
        await commit().catch(() => {})
      })
    },
  }
}

function assignedTo({ assignments }: Consumer, kept: ReadonlyMap<string, Partition>): Map<string, Partition> {
  const entries = (assignments ?? []).flatMap(({ topic, partitions }) =>
    partitions.map((partition) => {
      const made = { topic, partition, progress: createProgress<bigint>(), next: 0n, committed: -1n }
      return [`${topic}:${partition}`, kept.get(`${topic}:${partition}`) ?? made] as const
    }),
  )
  return new Map(entries)
}
