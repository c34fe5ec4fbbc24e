import { hash } from 'node:crypto'
import type { AwsWorld } from '../../aws/carrier.ts'
import type { AwsClient } from '../../aws/client.ts'
import { isPassing } from '../../aws/failure.ts'
import { placeOfArn, streamArn, streamName } from '../../aws/names.ts'
import { refuseAll, senderOf } from '../../aws/sender.ts'
import type { CarriedChannel, Refusal, Sender, WireRecord } from '../../runtime/carrier.ts'
import { idOf } from '../../runtime/message.ts'

/** Opens the way to the Kinesis stream of a channel. */
export function kinesisSender({ client, place, scope }: AwsWorld, { name }: CarriedChannel): Sender<WireRecord> {
  return senderToStream(client, streamArn(place, streamName(scope, name)))
}

/** Sends records to a Kinesis stream by PutRecords. */
export function senderToStream(client: AwsClient, arn: string): Sender<WireRecord> {
  return senderOf((batch, withinMs) => putRecords(client, arn, { batch, withinMs }))
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

/**
 * A shared buffer for base64, which fits most records: allocating one for each takes longer than to encode it (row D4).
 */
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
