// What the benchmarks call of the code that moves messages within a deployed function.
export { createAwsClient } from '../src/aws/client.ts'
export { kinesis } from '../src/carriers/kinesis/carrier.ts'
export { kinesisReceiver } from '../src/carriers/kinesis/receive.ts'
export { senderToStream } from '../src/carriers/kinesis/send.ts'
export { createOutbox } from '../src/runtime/outbox.ts'
