import * as z from 'zod/mini'
import type { AwsCarrier } from '../../aws/carrier.ts'
import { streamArn, streamName } from '../../aws/names.ts'
import { actions } from '../../aws/resources.ts'
import type { CarrierRules } from '../../topology/carrier-rules.ts'
import { wholeNumber, yesOrNo } from '../../topology/rules.ts'
import { kinesisReceiver } from './receive.ts'
import { channelResources } from './resources.ts'
import { kinesisSender } from './send.ts'

/**
 * What Kinesis Data Streams allow. Records of 1 MiB with their key (the default of a stream), and calls of 500 records.
 * PutRecords takes 10 MiB since late 2025; calls are kept to the 5 MiB of before, which every account and emulator takes.
 * Sources, read 2026-11-21: Kinesis Data Streams quotas (retention 24 to 8,760 hours); AWS API reference, PutRecords, and
 * the model of @aws-sdk/client-kinesis 3.1143.0; Lambda guide, parameters for Kinesis event source mappings.
 */
const rules: CarrierRules = {
  limits: { messageBytes: 1024 * 1024, batchRecords: 500, batchBytes: 5 * 1024 * 1024 },
  orderedByKey: { plain: true, fifo: true },
  settings: {
    maximumRecordAge: wholeNumber(60, 604_800, 'a whole number of seconds'),
    bisect: yesOrNo(),
    parallelization: wholeNumber(1, 10),
    startingPosition: {
      schema: () => z.string().check(z.regex(/^(?:TRIM_HORIZON|LATEST|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)$/)),
      must: '"TRIM_HORIZON", "LATEST" or a time like "2026-11-21T08:00:00Z"',
    },
    shards: wholeNumber(1, 20_000),
  },
  defaults: {
    window: 0,
    retention: 24,
    maximumRetryAttempts: -1,
    maximumRecordAge: 3600,
    bisect: true,
    parallelization: 1,
    metrics: false,
  },
  ranges: { retention: [24, 8760], maximumRetryAttempts: [-1, 10_000] },
  mostRecords: { plain: 10_000, withoutWindow: 10_000, fifo: 10_000 },
  mostReceivers: Number.POSITIVE_INFINITY,
  waitsFor: 'maximumRecordAge',
  mostDelayMs: 0,
}

/**
 * Kinesis Data Streams: a stream for each channel. Source of the actions, read 2026-11-21: AWS managed policy
 * AWSLambdaKinesisExecutionRole.
 */
export const kinesis: AwsCarrier = {
  name: 'kinesis',
  rules,
  openSender: kinesisSender,
  receiver: kinesisReceiver,
  resources: { channel: channelResources },
  holder: 'stream',
  actions: {
    receive: actions(
      'kinesis',
      'DescribeStream DescribeStreamSummary GetRecords GetShardIterator ListShards ListStreams SubscribeToShard',
    ),
    send: ['kinesis:PutRecords'],
  },
  addressOf: (place, scope, { name }) => streamArn(place, streamName(scope, name)),
}
