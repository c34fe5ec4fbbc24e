// What the benchmarks call of the code that moves messages within a deployed function.
export { createAwsClient } from '../src/aws/client.ts'
export { createOutbox } from '../src/runtime/outbox.ts'
export { createKinesisTransport, kinesisReceiver } from '../src/transports/kinesis/transport.ts'
