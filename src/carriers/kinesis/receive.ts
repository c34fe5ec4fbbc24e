import { streamName } from '../../aws/names.ts'
import type { Delivery, Receiver } from '../../runtime/carrier.ts'
import { BROKEN, brokenDelivery, decodeBytes, recordsIn } from '../../runtime/codec.ts'
import { fieldsOf } from '../../runtime/text.ts'
import { shardPlaceOf } from './place.ts'

const SOURCE = 'aws:kinesis'

/** A record as Lambda hands it to a function that reads a stream. Source: Lambda developer guide, "with-kinesis", read 2026-11-21. */
interface KinesisRecord {
  /** `shardId-000000000006:49590338271490256608559692538361571095921575989136588898` */
  readonly eventID: string
  readonly eventSourceARN: string
  readonly kinesis: { readonly sequenceNumber: string; readonly partitionKey: string; readonly data: string }
}

/**
 * Reads Lambda's payload from a stream, and answers it. Bare data has the record's partition key as its key, because
 * its sender may rely on their order. A failed record is redelivered with all later ones of its shard, so the answer
 * contains only the first. Source: Lambda developer guide, "services-kinesis-batchfailurereporting", read 2026-11-21.
 */
export const kinesisReceiver: Receiver = {
  eventSource: SOURCE,
  redeliversAtOnce: true,
  channelOf: (scope, { name }) => streamName(scope, name),
  decode: (payload, to) =>
    recordsIn(payload).map((record) => (isKinesisRecord(record) ? deliveryOf(record, to) : brokenDelivery(record, to))),
  isKept: (position) => shardPlaceOf(position) !== undefined,
  settle(failed) {
    const first = [...failed].sort(bySequence)[0]
    return { batchItemFailures: first === undefined ? [] : [{ itemIdentifier: first }] }
  },
}

function isKinesisRecord(record: unknown): record is KinesisRecord {
  const { eventID, eventSourceARN, eventSource, kinesis } = fieldsOf(record) ?? {}
  const { sequenceNumber, partitionKey, data } = fieldsOf(kinesis) ?? {}
  const texts = [eventID, eventSourceARN, sequenceNumber, partitionKey, data]
  return (
    texts.every((text) => typeof text === 'string') &&
    SEQUENCE.test(sequenceNumber as string) &&
    (eventSource === undefined || eventSource === SOURCE)
  )
}

const SEQUENCE = /^\d{1,128}$/

function deliveryOf({ eventID, eventSourceARN, kinesis }: KinesisRecord, to: string): Delivery {
  const { sequenceNumber, partitionKey, data } = kinesis
  const { channel, shard } = laneOf(eventSourceARN, eventID)
  const position = { carrier: 'kinesis', channel, ref: `${shard}/${sequenceNumber}` }
  const messages = decodeBytes(Buffer.from(data, 'base64'), { position, key: partitionKey, to })
  return { record: sequenceNumber, position, messages }
}

/** The last result: the records of a payload are of one shard. */
let last = { arn: '', start: '', channel: '', shard: '' }

/** The stream and the shard that a record is in. */
function laneOf(arn: string, eventID: string): typeof last {
  if (arn !== last.arn || !eventID.startsWith(last.start)) {
    const start = eventID.slice(0, eventID.indexOf(':') + 1)
    last = { arn, start, channel: arn.slice(arn.lastIndexOf('/') + 1), shard: start.slice(0, -1) }
  }
  return last
}

/**
 * Sequence numbers are whole numbers of up to 128 digits. A record without one comes first: Lambda then redelivers all.
 */
function bySequence(a: string, b: string): number {
  const [one, other] = [a, b].map((sequence) => (sequence === BROKEN ? -1n : BigInt(sequence))) as [bigint, bigint]
  return one < other ? -1 : one > other ? 1 : 0
}
