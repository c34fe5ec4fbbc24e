import type { CarrierTable } from '../topology/carrier-rules.ts'
import { kinesisRules } from './kinesis/carrier.ts'
import { sqsRules } from './sqs/carrier.ts'

export type { ChannelSettings, DeliverySettings, Via } from '../topology/delivery.ts'
export type { KinesisSettings } from './kinesis/settings.ts'
export type { SqsSettings } from './sqs/settings.ts'

/** The carriers of AWS. What waits for its next try waits in SQS, whatever carried it. */
export const CARRIERS: CarrierTable = {
  kinesis: { ...kinesisRules, retryVia: 'sqs' },
  sqs: { ...sqsRules, retryVia: 'sqs' },
}
