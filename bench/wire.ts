// What the benchmarks call of the code that moves messages within a deployed function.
export { createAwsClient } from '../src/aws/client.ts'
export { createKinesisTransport, kinesisReceiver } from '../src/carriers/kinesis/transport.ts'
export { createOutbox } from '../src/runtime/outbox.ts'
