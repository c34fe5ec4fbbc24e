import type { AwsClient } from '../../aws/client.ts'
import { type Place, queueArn, queueName, type Scope, streamArn, streamName } from '../../aws/names.ts'
import type { Receiver, WireTransport } from '../../runtime/transport.ts'
import { createKinesisTransport, kinesisReceiver } from '../../transports/kinesis/transport.ts'
import { createSqsTransport, sqsReceiver } from '../../transports/sqs/transport.ts'

/** One way that messages come to a function and go from it. */
export interface Carrier {
  /** What a stream calls it. */
  readonly via: string
  /** What records of it say of where they come from: `aws:kinesis`. */
  readonly eventSource: string
  readonly receiver: Receiver
  transport(fifo: boolean): WireTransport
  /** What a channel is called, as positions begin. */
  nameOf(scope: Scope, channel: string, fifo: boolean): string
  /** What a transport opens. */
  addressOf(place: Place, name: string): string
}

/** All there are. */
export function carriersBy(client: AwsClient): readonly Carrier[] {
  return [
    {
      via: 'kinesis',
      eventSource: 'aws:kinesis',
      receiver: kinesisReceiver,
      transport: () => createKinesisTransport(client),
      nameOf: streamName,
      addressOf: streamArn,
    },
    {
      via: 'sqs',
      eventSource: 'aws:sqs',
      receiver: sqsReceiver,
      transport: (fifo) => createSqsTransport(client, { fifo }),
      nameOf: (scope, channel, fifo) => queueName(scope, channel, { fifo }),
      addressOf: queueArn,
    },
  ]
}
