import { hash } from 'node:crypto'
import type { AwsClient } from '../../aws/client.ts'
import { isPassing } from '../../aws/failure.ts'
import { placeOfArn } from '../../aws/names.ts'
import { refuseAll, senderOf } from '../../aws/sender.ts'
import { BROKEN, brokenDelivery, decodeBytes, recordsIn } from '../../runtime/codec.ts'
import { idOf } from '../../runtime/message.ts'
import { fieldsOf } from '../../runtime/text.ts'
import type { Delivery, Receiver, Refusal, WireLimits, WireRecord, WireTransport } from '../../runtime/transport.ts'

/**
 * What a Kinesis stream takes: records of 1 MiB with their key (the default of a stream), and calls of 500 records.
 * PutRecords takes 10 MiB since late 2025; calls are kept to the 5 MiB of before, which every account and emulator takes.
 * Source: AWS API reference, PutRecords, and the model of @aws-sdk/client-kinesis 3.1143.0, read 2026-11-21.
 */
export const KINESIS_LIMITS: WireLimits = {
  messageBytes: 1024 * 1024,
  orderedByKey: true,
  batchRecords: 500,
  batchBytes: 5 * 1024 * 1024,
}

/** Sends records to Kinesis streams by PutRecords. An address is a stream's ARN. */
export function createKinesisTransport(client: AwsClient): WireTransport {
  return {
    name: 'kinesis',
    limits: KINESIS_LIMITS,
    open: (address) => senderOf((batch, withinMs) => putRecords(client, address, { batch, withinMs })),
  }
}

interface Put {
  readonly batch: readonly WireRecord[]
  readonly withinMs: number | undefined
}

async function putRecords(client: AwsClient, arn: string, { batch, withinMs }: Put): Promise<readonly Refusal[]> {
  // Put together by hand: JSON.stringify would look at each character of data that it leaves as it is.
  let body = `{"StreamARN":${JSON.stringify(arn)},"Records":[`
  for (const [index, record] of batch.entries()) {
    body += `${index === 0 ? '' : ','}{"PartitionKey":${JSON.stringify(partitionKeyOf(record))},"Data":"${base64Of(record)}"}`
  }
  const result = await client.call({
    service: 'kinesis',
    region: placeOfArn(arn)?.region ?? '',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Kinesis_20131202.PutRecords' },
    body: `${body}]}`,
    withinMs,
  })
  if (!result.ok) return refuseAll(batch, result)
  const { Records: answers = [] } = result.value as PutRecordsAnswer
  return batch.flatMap((_, index) => refusalIn(answers[index], index))
}

/** Most records fit in here on their way to base64: memory of its own for each takes longer than to encode it (row D4). */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

function base64Of({ body, bytes }: WireRecord): string {
  if (bytes > scratch.length) return Buffer.from(body).toString('base64')
  return scratch.toString('base64', 0, scratch.write(body))
}

/** One answer for each record, in their order: with a sequence number where it was accepted. */
interface PutRecordsAnswer {
  readonly Records?: readonly PutRecordAnswer[]
}

interface PutRecordAnswer {
  readonly SequenceNumber?: string | null
  readonly ErrorCode?: string | null
  readonly ErrorMessage?: string | null
}

function refusalIn(answer: PutRecordAnswer | undefined, index: number): readonly Refusal[] {
  if (answer?.SequenceNumber && !answer.ErrorCode) return []
  const code = answer?.ErrorCode ?? 'NoAnswer'
  return [{ index, passing: code === 'NoAnswer' || isPassing(code), why: `${code}: ${answer?.ErrorMessage ?? ''}` }]
}

/**
 * The key of a record in its stream. Without a key, any will do that spreads. A key that Kinesis does not take (empty,
 * longer than 256 characters, not valid Unicode) travels as its hash, and as it is in the message.
 */
export function partitionKeyOf({ key, messages }: WireRecord): string {
  if (key === undefined) return idOf(messages[0]!)
  const isTaken = key !== '' && key.length <= MOST_KEY_CHARACTERS && !/\p{Surrogate}/u.test(key)
  return isTaken ? key : hash('sha256', JSON.stringify(key), 'hex')
}

/** Source: AWS API reference, PutRecordsRequestEntry, read 2026-11-21. */
const MOST_KEY_CHARACTERS = 256

/** A record as Lambda hands it to a function that reads a stream. Source: Lambda developer guide, "with-kinesis", read 2026-11-21. */
interface KinesisRecord {
  /** `shardId-000000000006:49590338271490256608559692538361571095921575989136588898` */
  readonly eventID: string
  readonly eventSourceARN: string
  readonly kinesis: { readonly sequenceNumber: string; readonly partitionKey: string; readonly data: string }
}

/**
 * Reads what Lambda hands over from a stream, and answers it: bare data has the record's partition key as its key, since
 * who wrote it may count on their order. A failed record comes again with all that follow it in its shard, so that the
 * first is all there is to say. Source: Lambda developer guide, "services-kinesis-batchfailurereporting", read 2026-11-21.
 */
export const kinesisReceiver: Receiver = {
  redeliversAtOnce: true,
  decode: (payload, to) =>
    recordsIn(payload).map((record) => (isKinesisRecord(record) ? deliveryOf(record, to) : brokenDelivery(record, to))),
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
    (eventSource === undefined || eventSource === 'aws:kinesis')
  )
}

const SEQUENCE = /^\d{1,128}$/

function deliveryOf({ eventID, eventSourceARN, kinesis }: KinesisRecord, to: string): Delivery {
  const { sequenceNumber, partitionKey, data } = kinesis
  const position = placeOf(eventSourceARN, eventID) + sequenceNumber
  const messages = decodeBytes(Buffer.from(data, 'base64'), { position, key: partitionKey, to })
  return { record: sequenceNumber, position, messages }
}

/** The last place that was told: the records of a payload are of one shard. */
let last = { arn: '', shard: '', place: '' }

/** What positions of a shard begin with: `<stream>/<shard>/`. */
function placeOf(arn: string, eventID: string): string {
  if (arn !== last.arn || !eventID.startsWith(last.shard)) {
    const shard = eventID.slice(0, eventID.indexOf(':') + 1)
    last = { arn, shard, place: `${arn.slice(arn.lastIndexOf('/') + 1)}/${shard.slice(0, -1)}/` }
  }
  return last.place
}

/** Sequence numbers are whole numbers of up to 128 digits. What has none comes first: Lambda then gives all again. */
function bySequence(a: string, b: string): number {
  const [one, other] = [a, b].map((sequence) => (sequence === BROKEN ? -1n : BigInt(sequence))) as [bigint, bigint]
  return one < other ? -1 : one > other ? 1 : 0
}
