import type * as Kafka from '@platformatic/kafka'
import type { Cluster, Target } from './client.ts'
import { failureOf } from './failure.ts'
import { byLeader } from './read.ts'

/** A record on its way to a partition. */
export interface Outgoing {
  readonly topic: string
  readonly partition: number
  readonly key: string | undefined
  /** Undefined removes what a compacted topic has with the key. */
  readonly value: string | undefined
}

/** Numbers its records, so that one that is sent again is not there twice. */
export interface Producer {
  readonly id: bigint
  readonly epoch: number
  /** The name of its transactions, if it makes any. */
  readonly transaction: string | undefined
  readonly sequences: Kafka.NumericMap
}

/** The most of a request, in bytes; a server takes 1,048,588 of a partition at once unless it is told otherwise. */
const MOST_BYTES = 900_000
/** A server that does not reach its replicas in so long says so. */
const PRODUCE_MS = 10_000
/** A transaction that is not ended in so long is taken back. Its next owner takes it back before. */
const TRANSACTION_MS = 60_000
const SEQUENCES = 2 ** 31

interface Batch {
  readonly topic: string
  readonly partition: number
  readonly messages: Kafka.MessageRecord[]
  bytes: number
}

/** Opens a producer. One with transactions ends those of an earlier one with its name, which can send nothing more. */
export async function openProducer(cluster: Cluster, transaction?: string): Promise<Producer> {
  const { kafka } = cluster
  const target: Target = transaction === undefined ? { kind: 'any' } : { kind: 'transaction', id: transaction }
  const { producerId, producerEpoch } = await cluster.persist(target, (connection) =>
    kafka.initProducerIdV4.api.async(connection, transaction, TRANSACTION_MS, -1n, -1),
  )
  return { id: producerId, epoch: producerEpoch, transaction, sequences: new kafka.NumericMap() }
}

/** Sends records; those of a partition in order. Resolves when all servers have them. */
export async function produce(cluster: Cluster, producer: Producer, records: readonly Outgoing[]): Promise<void> {
  for (const round of roundsOf(records)) {
    for (let left: readonly Batch[] = round; left.length > 0; ) {
      left = await produceOnce(cluster, producer, left)
      if (left.length > 0) await cluster.pause(20)
    }
  }
}

/** Each round has one batch for each partition. */
function roundsOf(records: readonly Outgoing[]): readonly (readonly Batch[])[] {
  const batches = new Map<string, Batch[]>()
  for (const { topic, partition, key, value } of records) {
    const name = `${topic}:${partition}`
    const found = batches.get(name) ?? []
    batches.set(name, found)
    const message = {
      ...{ topic, partition, value: value === undefined ? undefined : Buffer.from(value) },
      ...(key !== undefined && { key: Buffer.from(key) }),
    } as Kafka.MessageRecord
    const bytes = 64 + (message.key?.length ?? 0) + (message.value?.length ?? 0)
    let last = found.at(-1)
    if (last === undefined || last.bytes + bytes > MOST_BYTES) {
      last = { topic, partition, messages: [], bytes: 0 }
      found.push(last)
    }
    last.messages.push(message)
    last.bytes += bytes
  }
  const rounds: Batch[][] = []
  for (const list of batches.values()) {
    for (const [round, batch] of list.entries()) {
      rounds[round] ??= []
      rounds[round].push(batch)
    }
  }
  return rounds
}

/** Returns the batches that have to be sent again. Throws for one that is refused. */
async function produceOnce(cluster: Cluster, producer: Producer, batches: readonly Batch[]): Promise<readonly Batch[]> {
  if (cluster.stop.isStopped) throw new Error('the connection is closed')
  const leaders = await byLeader(cluster, batches)
  const asked = [...leaders].map(([id, list]) => produceTo(cluster, producer, id, list))
  return (await Promise.all(asked)).flat()
}

async function produceTo(
  cluster: Cluster,
  producer: Producer,
  id: number,
  batches: readonly Batch[],
): Promise<readonly Batch[]> {
  const { kafka } = cluster
  const options = {
    ...{ transactionalId: producer.transaction, producerId: producer.id, producerEpoch: producer.epoch },
    sequences: producer.sequences,
  }
  const messages = batches.flatMap((batch) => batch.messages)
  try {
    await cluster.call({ kind: 'node', id }, (connection) =>
      kafka.produceV9.api.async(connection, -1, PRODUCE_MS, messages, options),
    )
    for (const batch of batches) count(producer, batch)
    return []
  } catch (error) {
    const { response } = error as { readonly response?: Kafka.produceV9.ProduceResponse }
    if (response === undefined) {
      if (failureOf(error).isPassing) return batches
      throw error
    }
    return leftOf(cluster, producer, batches, response)
  }
}

function leftOf(
  { kafka }: Cluster,
  producer: Producer,
  batches: readonly Batch[],
  { responses }: Kafka.produceV9.ProduceResponse,
): readonly Batch[] {
  const codes = new Map<string, { readonly code: number; readonly text: string | null | undefined }>()
  for (const { name, partitionResponses } of responses) {
    for (const { index, errorCode, errorMessage } of partitionResponses) {
      codes.set(`${name}:${index}`, { code: errorCode, text: errorMessage })
    }
  }
  return batches.filter((batch) => {
    const { code, text } = codes.get(`${batch.topic}:${batch.partition}`) ?? { code: 0, text: null }
    // It came the first time.
    if (code === 0 || kafka.protocolErrorsCodesById[code] === 'DUPLICATE_SEQUENCE_NUMBER') {
      count(producer, batch)
      return false
    }
    const error = new kafka.ProtocolError(code, text)
    if (!failureOf(error).isPassing) throw error
    return true
  })
}

/** The next batch of the partition has the numbers behind these. */
function count({ sequences }: Producer, { topic, partition, messages }: Batch): void {
  const name = `${topic}:${partition}`
  sequences.set(name, (sequences.getWithDefault(name, 0) + messages.length) % SEQUENCES)
}
