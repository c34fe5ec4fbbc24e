import { streamArn, streamName } from '../../aws/names.ts'
import { createKinesisTransport, kinesisReceiver } from '../../carriers/kinesis/transport.ts'
import type { CarrierMaker } from './carrier.ts'

/** Kinesis streams. */
export const kinesisCarrier: CarrierMaker = (client) => ({
  via: 'kinesis',
  eventSource: 'aws:kinesis',
  receiver: kinesisReceiver,
  transport: () => createKinesisTransport(client),
  nameOf: streamName,
  addressOf: streamArn,
})
