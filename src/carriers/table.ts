import type { AwsCarrier } from '../aws/carrier.ts'
import type { CarrierTable } from '../topology/carrier-rules.ts'
import type { Via } from '../topology/delivery.ts'
import { kinesis } from './kinesis/carrier.ts'
import { sqs } from './sqs/carrier.ts'

export type { ChannelSettings, DeliverySettings, Via } from '../topology/delivery.ts'
export type { KinesisSettings } from './kinesis/settings.ts'
export type { SqsSettings } from './sqs/settings.ts'

/** The carriers of streams. The first is the default. */
export const CARRIERS: Readonly<Record<Via, AwsCarrier>> = { kinesis, sqs }

/** The rules of each carrier. Messages wait for a retry in SQS, whichever carrier brought them. */
export const CARRIER_RULES: CarrierTable = {
  kinesis: { ...kinesis.rules, retryVia: 'sqs' },
  sqs: { ...sqs.rules, retryVia: 'sqs' },
}
