import { GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-kinesis'
import { streamArn } from '../../aws/names.ts'
import { decodeBytes } from '../../runtime/codec.ts'
import type { Message } from '../../runtime/message.ts'
import { failedWith, unlessAbsent } from './failure.ts'
import type { Account } from './kind.ts'

/** Records that stood in a shard, from the first to the last, both included: one record where the two are the same. */
export interface RecordRange {
  /** Its name: `orders--dev--bill`. */
  readonly stream: string
  readonly shard: string
  readonly first: string
  readonly last: string
}

/** A record as its stream still has it. */
export interface KeptRecord {
  /** `<stream>/<shard>/<sequence>` */
  readonly position: string
  readonly sequence: string
  readonly partitionKey: string
  readonly data: Buffer
}

/** What one call takes. Source: Kinesis API reference, GetRecords, read 2026-11-21. */
const MOST_RECORDS = 10_000

/**
 * Reads records again that a function was handed, in order. What the stream no longer keeps, or never had, is missing: none
 * where the stream is gone. Calls are paced and tried again by their client.
 */
export async function readBack(
  { clients, place }: Pick<Account, 'clients' | 'place'>,
  { stream, shard, first, last }: RecordRange,
): Promise<readonly KeptRecord[]> {
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
    // A sequence number that was trimmed may be refused: what is left of the range begins with the oldest record.
    if (!failedWith(error, 'InvalidArgumentException')) throw error
    iterator = await iteratorAt({ ShardIteratorType: 'TRIM_HORIZON' })
  }
  const Limit = from === to ? 1 : MOST_RECORDS
  while (iterator !== undefined) {
    const page = await clients.kinesis.send(new GetRecordsCommand({ StreamARN, ShardIterator: iterator, Limit }))
    for (const { SequenceNumber = '', PartitionKey = '', Data = new Uint8Array() } of page.Records ?? []) {
      const at = BigInt(SequenceNumber)
      if (at > to) return found
      if (at < from) continue
      const position = `${stream}/${shard}/${SequenceNumber}`
      found.push({ position, sequence: SequenceNumber, partitionKey: PartitionKey, data: Buffer.from(Data) })
      if (at === to) return found
    }
    if (page.Records?.length === 0 && page.MillisBehindLatest === 0) return found
    iterator = page.NextShardIterator
  }
  return found
}

/** The messages in a record, as the function of `to` had them: all that were in it, also those for others who share it. */
export function messagesIn({ data, position, partitionKey }: KeptRecord, to: string): readonly Message[] {
  return decodeBytes(data, { position, key: partitionKey, to })
}
