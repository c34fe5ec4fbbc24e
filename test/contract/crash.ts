/** What a test says of the records that a function did not get through. */
export interface StreamCrashSaid {
  readonly functionArn: string
  readonly streamArn: string
  readonly shardId?: string
  readonly startSequenceNumber: string
  readonly endSequenceNumber?: string
  readonly batchSize?: number
  readonly invocations?: number
}

const BASE = {
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  version: '1.0',
}

/**
 * The report of Lambda to a failure destination about records in a stream, as in the Lambda developer guide,
 * "kinesis-on-failure-destination", read 2026-11-21.
 */
export function streamCrashOf({ functionArn, invocations = 3, ...records }: StreamCrashSaid) {
  const { streamArn, startSequenceNumber, endSequenceNumber = startSequenceNumber } = records
  const { shardId = 'shardId-000000000000', batchSize = 1 } = records
  return {
    ...BASE,
    requestContext: {
      requestId: 'c9b8fa9f-5a7f-4d0e-af9c-0c604cde93a5',
      functionArn,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: invocations,
    },
    timestamp: '2026-11-21T13:38:06.021Z',
    KinesisBatchInfo: {
      ...{ shardId, startSequenceNumber, endSequenceNumber },
      approximateArrivalOfFirstRecord: '2026-11-21T13:38:04.835Z',
      approximateArrivalOfLastRecord: '2026-11-21T13:38:05.580Z',
      ...{ batchSize, streamArn },
    },
  }
}

/**
 * Its report about an asynchronous invocation, but for the payload of the function and answered: as in
 * "invocation-async-retain-records", read 2026-11-21.
 */
export function invokeCrashOf(functionArn: string) {
  return {
    ...BASE,
    timestamp: '2026-11-21T13:16:05.568Z',
    requestContext: {
      requestId: 'e4b46cbf-b738-4dce-8880-a18cdf61200e',
      functionArn: `${functionArn}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: 1,
    },
  }
}
