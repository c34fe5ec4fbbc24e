import { queueArn, queueName } from '../../aws/names.ts'
import { createSqsTransport, sqsReceiver } from '../../carriers/sqs/transport.ts'
import type { CarrierMaker } from './carrier.ts'

/** SQS queues. */
export const sqsCarrier: CarrierMaker = (client) => ({
  via: 'sqs',
  eventSource: 'aws:sqs',
  receiver: sqsReceiver,
  transport: (fifo) => createSqsTransport(client, { fifo }),
  nameOf: (scope, channel, fifo) => queueName(scope, channel, { fifo }),
  addressOf: queueArn,
})
