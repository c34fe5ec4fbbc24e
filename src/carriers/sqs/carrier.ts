import * as z from 'zod/mini'
import type { AwsCarrier } from '../../aws/carrier.ts'
import { queueArn, queueName } from '../../aws/names.ts'
import { SQS_MOST } from '../../aws/queue.ts'
import { actions } from '../../aws/resources.ts'
import type { CarrierRules } from '../../topology/carrier-rules.ts'
import { wholeNumber, yesOrNo } from '../../topology/rules.ts'
import { sqsReceiver } from './receive.ts'
import { channelResources, retryResources } from './resources.ts'
import { sqsSender } from './send.ts'

/**
 * What SQS queues allow. Sources, read 2026-11-21: Amazon SQS message quotas (retention to 14 days; a delay of up to 15
 * minutes, and none of one message in a FIFO queue); Lambda guide, parameters for Amazon SQS event source mappings (10
 * records of a FIFO queue, and without a window).
 */
const rules: CarrierRules = {
  limits: SQS_MOST,
  orderedByKey: { plain: false, fifo: true },
  settings: {
    fifo: yesOrNo(),
    maximumConcurrency: wholeNumber(2, 1000),
    provisionedPollers: {
      schema: () =>
        z
          .strictObject({ minimum: z.int().check(z.gte(2), z.lte(200)), maximum: z.int().check(z.gte(2), z.lte(2000)) })
          .check(z.refine(({ minimum, maximum }) => minimum <= maximum)),
      must: '{ minimum, maximum } with a minimum from 2 to 200, and a maximum from there to 2000',
    },
  },
  exclusive: ['maximumConcurrency', 'provisionedPollers'],
  defaults: { window: 0, retention: 96, maximumRetryAttempts: 4, metrics: false },
  ranges: { retention: [1, 336], maximumRetryAttempts: [0, 999] },
  mostRecords: { plain: 10_000, withoutWindow: 10, fifo: 10 },
  mostReceivers: 1,
  waitsFor: 'timeout',
  mostDelayMs: 900_000,
}

/**
 * SQS: a queue for each channel, and one for each processor in which messages wait for a retry. Sources of the actions,
 * read 2026-11-21: AWS managed policy AWSLambdaSQSQueueExecutionRole; Lambda guide, services-sqs-configure.
 */
export const sqs: AwsCarrier = {
  name: 'sqs',
  rules,
  openSender: sqsSender,
  receiver: sqsReceiver,
  resources: { channel: channelResources, retry: retryResources },
  holder: 'queue',
  actions: { receive: actions('sqs', 'DeleteMessage GetQueueAttributes ReceiveMessage'), send: ['sqs:SendMessage'] },
  addressOf: (place, scope, { name, fifo }) => queueArn(place, queueName(scope, name, { fifo })),
}
