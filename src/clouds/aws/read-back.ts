import { GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-kinesis'
import { streamArn } from '../../aws/names.ts'
import { failedWith } from '../../aws/sdk.ts'
import { shardPlaceOf } from '../../carriers/kinesis/place.ts'
import type { ReadBack } from '../../deploy/cloud.ts'
import type { Graph, GraphChannel } from '../../graph/graph.ts'
import { decodeBytes } from '../../runtime/codec.ts'
import type { Message } from '../../runtime/message.ts'
import type { Position } from '../../runtime/position.ts'
import { isQueued, nameOfChannel } from './channels.ts'
import { unlessAbsent } from './failure.ts'
import type { Account } from './kind.ts'

/** Records that stood in a shard, from the first to the last, both included: one record where the two are the same. */
export interface RecordRange {
  /** Its name: `orders--dev--bill`. */
  readonly stream: string
  readonly shard: string
  readonly first: string
  readonly last: string
  /** No more records than this are read. */
  readonly most: number
}

/** A record as its stream still has it. */
export interface KeptRecord {
  readonly position: Position
  readonly sequence: string
  readonly partitionKey: string
  readonly data: Buffer
}

/**
 * What Lambda hands to a function at once, at most; one call of GetRecords takes as many records. Sources: Lambda developer
 * guide, quotas (6 MB for an invocation); Lambda API reference, CreateEventSourceMapping (BatchSize), read 2026-11-28.
 */
export const MOST_RECORDS = 10_000
const MOST_BYTES = 6 * 1024 * 1024

/** The receiver to read records for: a processor of a topology and stage. */
export interface Receiver {
  readonly graph: Graph
  readonly processor: string
}

/** The channels of a processor that retain records after reading: streams of Kinesis. */
export function receivedFrom(graph: Graph, processor: string): readonly GraphChannel[] {
  return graph.channels.filter((channel) => !isQueued(channel) && channel.to.includes(processor))
}

/**
 * Reads records again that a function received, in order. Records that the stream no longer has, or never had, are
 * missing; if the stream does not exist, all are. Returns undefined, and reads nothing, if the processor does not
 * receive from that stream: a stranger may have named it. The client paces and retries the calls.
 */
export async function readBack(
  { clients, place }: Pick<Account, 'clients' | 'place'>,
  { graph, processor }: Receiver,
  { stream, shard, first, last, most }: RecordRange,
): Promise<readonly KeptRecord[] | undefined> {
  const scope = { topology: graph.name, stage: graph.stage }
  const channel = receivedFrom(graph, processor).find((one) => nameOfChannel(scope, one) === stream)
  if (channel === undefined) return undefined
  const StreamARN = streamArn(place, stream)
  const [from, to] = [BigInt(first), BigInt(last)]
  const iteratorAt = async (at: { ShardIteratorType: 'AT_SEQUENCE_NUMBER' | 'TRIM_HORIZON' }) => {
    const StartingSequenceNumber = at.ShardIteratorType === 'TRIM_HORIZON' ? undefined : first
    const command = new GetShardIteratorCommand({ StreamARN, ShardId: shard, ...at, StartingSequenceNumber })
    return (await unlessAbsent(clients.kinesis.send(command)))?.ShardIterator
  }
  const found: KeptRecord[] = []
  let iterator: string | undefined
  try {
    iterator = await iteratorAt({ ShardIteratorType: 'AT_SEQUENCE_NUMBER' })
  } catch (error) {
    // A trimmed sequence number may be refused: then the rest of the range begins with the oldest record.
    if (!failedWith(error, 'InvalidArgumentException')) throw error
    iterator = await iteratorAt({ ShardIteratorType: 'TRIM_HORIZON' })
  }
  const wanted = from === to ? 1 : Math.min(most, MOST_RECORDS)
  let bytes = 0
  while (iterator !== undefined && found.length < wanted) {
    const Limit = wanted - found.length
    const page = await clients.kinesis.send(new GetRecordsCommand({ StreamARN, ShardIterator: iterator, Limit }))
    for (const { SequenceNumber = '', PartitionKey = '', Data = new Uint8Array() } of page.Records ?? []) {
      const at = BigInt(SequenceNumber)
      // Records before the first one are there: it was not trimmed, and was never in the shard.
      if (at > to || at < from) return found
      bytes += Data.byteLength
      if (bytes > MOST_BYTES && found.length > 0) return found
      const position = { carrier: channel.via, channel: stream, ref: `${shard}/${SequenceNumber}` }
      found.push({ position, sequence: SequenceNumber, partitionKey: PartitionKey, data: Buffer.from(Data) })
      if (at === to) return found
    }
    if (page.Records?.length === 0 && page.MillisBehindLatest === 0) return found
    iterator = page.NextShardIterator
  }
  return found
}

/** Reads again what a processor received from a position: see `CloudStage`. */
export async function readPosition(
  account: Pick<Account, 'clients' | 'place'>,
  receiver: Receiver,
  position: Position,
): Promise<ReadBack> {
  const { processor } = receiver
  const place = shardPlaceOf(position)
  if (place === undefined) return { messages: [], missing: whyGone(position) }
  const { shard, sequence } = place
  const stream = position.channel
  const kept = await readBack(account, receiver, { stream, shard, first: sequence, last: sequence, most: 1 })
  if (kept === undefined)
    return { messages: [], missing: `"${processor}" does not receive from the stream ${stream}`, isForeign: true }
  const messages = kept.flatMap((record) => messagesIn(record, processor))
  return { messages, missing: `the stream ${stream} no longer has it` }
}

function whyGone({ channel }: Position): string {
  if (channel === 'invoke') return 'it was sent to the function directly, so no stream has it'
  return 'it arrived over a queue, which deletes handled messages'
}

/** Returns the messages in a record, as the function of `to` received them, including those for others who share it. */
export function messagesIn({ data, position, partitionKey }: KeptRecord, to: string): readonly Message[] {
  return decodeBytes(data, { position, key: partitionKey, to })
}
