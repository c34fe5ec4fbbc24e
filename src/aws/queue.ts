import type { Refusal } from '../runtime/carrier.ts'
import type { AwsClient } from './client.ts'
import { isPassing } from './failure.ts'
import { placeOfArn } from './names.ts'
import { refuseAll } from './sender.ts'

/**
 * What an SQS queue takes: messages of 1 MiB, and calls of 10 of them with 1 MiB together. Source: AWS API reference,
 * SendMessageBatch, and the model of @aws-sdk/client-sqs 3.1169.0, read 2026-11-21; older pages say 256 KiB.
 */
export const SQS_MOST = Object.freeze({ messageBytes: 1024 * 1024, batchRecords: 10, batchBytes: 1024 * 1024 })

/** What one message of a call says, as the API names it. */
export interface QueueEntry {
  readonly MessageBody: string
  readonly MessageGroupId?: string
  readonly MessageDeduplicationId?: string
}

/** Sends messages to a queue in one call of SendMessageBatch, and returns the refused ones. */
export async function sendMessages(
  client: AwsClient,
  arn: string,
  entries: readonly QueueEntry[],
  withinMs: number | undefined,
): Promise<readonly Refusal[]> {
  const { region = '', account = '' } = placeOfArn(arn) ?? {}
  const QueueUrl = `${client.endpoint('sqs', region)}/${account}/${queueIn(arn)}`
  const result = await client.call({
    service: 'sqs',
    region,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.SendMessageBatch' },
    body: JSON.stringify({ QueueUrl, Entries: entries.map((entry, index) => ({ Id: `${index}`, ...entry })) }),
    withinMs,
  })
  if (!result.ok) return refuseAll(entries, result)
  const { Successful = [], Failed = [] } = result.value as SendMessageBatchAnswer
  const accepted = new Set(Successful.map(({ Id }) => Id))
  const failures = new Map(Failed.map((failure) => [failure.Id, failure]))
  return entries.flatMap((_, index) => {
    const failure = failures.get(`${index}`)
    if (failure !== undefined) return [refusalOf(failure, index)]
    return accepted.has(`${index}`) ? [] : [{ index, passing: true, why: 'NoAnswer' }]
  })
}

/** The name of a queue, by its ARN. */
export function queueIn(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1)
}

/** Each entry of a call is in one of the two. */
interface SendMessageBatchAnswer {
  readonly Successful?: readonly { readonly Id: string }[]
  readonly Failed?: readonly FailedEntry[]
}

interface FailedEntry {
  readonly Id: string
  readonly Code: string
  readonly Message?: string
  readonly SenderFault: boolean
}

function refusalOf({ Code, Message = '', SenderFault }: FailedEntry, index: number): Refusal {
  return { index, passing: !SenderFault || isPassing(Code), why: `${Code}: ${Message}` }
}
