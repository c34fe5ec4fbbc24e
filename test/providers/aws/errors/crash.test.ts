import { describe, expect, test } from 'vitest'
import { readCrash, suspectsOf } from '../../../../src/providers/aws/errors/crash.ts'
import { decodeText } from '../../../../src/runtime/codec.ts'
import { encodeMessage } from '../../../../src/runtime/event.ts'
import { recordIdFor } from '../../../../src/runtime/id.ts'
import { createPack } from '../../../../src/runtime/pack.ts'
import { invokeCrashOf, streamCrashOf } from '../../../contract/crash.ts'
import { messageOf } from '../../../contract/message.ts'
import { graphOf } from '../graphs.ts'

const origin = { topology: 'orders', stage: 'dev', time: '2026-11-21T13:00:00.000Z' }
const graph = graphOf({
  name: 'orders',
  processors: { a: () => {}, b: () => {}, c: () => {}, d: () => {} },
  streams: [
    { from: 'a', to: 'b', topic: 't' },
    { from: 'a', to: 'c', topic: 'q', via: 'sqs' },
    { from: 'b', to: 'c', topic: 'q', via: 'sqs' },
    { from: 'b', to: 'd', topic: 'shared', stream: 'all' },
    { from: 'a', to: 'c', topic: 'other', stream: 'all' },
  ],
  retryQueue: true,
})
const message = (body: unknown, more = {}) => ({
  id: '059f36b4-87a3-44ab-83d2-661975830a7d',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  sentMs: Date.UTC(2026, 10, 21, 13),
  where: 'queue orders--dev--_crashes, message 059f36b4',
  ...more,
})

const FUNCTIONS = 'arn:aws:lambda:eu-west-1:123456789012:function'
const KINESIS = streamCrashOf({
  functionArn: `${FUNCTIONS}:orders--dev--b`,
  streamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders--dev--b',
  shardId: 'shardId-000000000001',
  startSequenceNumber: '49601189658422359378836298521827638475320189012309704722',
  endSequenceNumber: '49601189658422359378836298522902373528957594348623495186',
  batchSize: 500,
})
const INVOKED = invokeCrashOf(`${FUNCTIONS}:orders--dev--a`)
const OUT_OF_MEMORY = {
  errorType: 'Runtime.ExitError',
  errorMessage: 'RequestId: e4b46cbf-b738-4dce-8880-a18cdf61200e Error: Runtime exited with error: signal: killed',
}

describe('of records in a stream', () => {
  test('the record says who, how often and why, and where the events are', () => {
    const crash = readCrash(message(KINESIS), graph)
    expect(crash).toMatchObject({
      record: {
        kind: 'crash',
        time: '2026-11-21T13:38:06.021Z',
        topology: 'orders',
        stage: 'dev',
        processor: 'b',
        attempt: 3,
        error: {
          name: 'Crash',
          message: 'the function did not get through 500 records in 3 invocations: RetryAttemptsExhausted, Unhandled',
        },
        position: `orders--dev--b/shardId-000000000001/${KINESIS.KinesisBatchInfo.startSequenceNumber}`,
      },
      range: {
        stream: 'orders--dev--b',
        shard: 'shardId-000000000001',
        first: KINESIS.KinesisBatchInfo.startSequenceNumber,
        last: KINESIS.KinesisBatchInfo.endSequenceNumber,
        count: 500,
      },
    })
  })

  test('told twice, it is one record; another range is another', () => {
    const idOf = (payload: object) => {
      const crash = readCrash(message(payload), graph)
      return 'record' in crash ? crash.record.id : undefined
    }
    expect(idOf({ ...KINESIS, timestamp: '2026-11-21T14:00:00.000Z' })).toBe(idOf(KINESIS))
    const info = {
      ...KINESIS.KinesisBatchInfo,
      endSequenceNumber: '49601189658422359378836298522902373528957594348623495187',
    }
    expect(idOf({ ...KINESIS, KinesisBatchInfo: info })).not.toBe(idOf(KINESIS))
  })

  test('every message of a pack is a suspect; those for others who share the stream are none', () => {
    const own = [1, 2].map((n) => messageOf({ data: n, topic: 'shared', edge: { from: 'b', to: 'd' } }))
    const other = messageOf({ data: 3, topic: 'other', edge: { from: 'a', to: 'c' } })
    const place = { position: 'orders--dev--all/s/1', key: undefined, to: 'd' }
    const pack = createPack(origin, undefined)
    for (const one of own) pack.add(one, JSON.stringify(one.data), 10_000)
    const texts = [pack.encode(origin.time), encodeMessage(other, origin)]
    const messages = texts.flatMap((text) => decodeText(text, place))
    const record = { processor: 'd', position: place.position }
    const suspects = suspectsOf(messages, record as Parameters<typeof suspectsOf>[1], graph)
    expect(suspects.map(({ data, type, attakhop }) => [data, type, attakhop])).toEqual([
      [1, 'shared', 2],
      [2, 'shared', 2],
    ])
  })
})

describe('of an invocation', () => {
  test('the message is the one it was invoked with, and the error what Lambda says: out of memory', () => {
    const sent = messageOf({
      data: { order: 1 },
      topic: undefined,
      parent: undefined,
      hop: 1,
      edge: { from: undefined, to: 'a' },
    })
    const requestPayload = JSON.parse(encodeMessage(sent, origin))
    const crash = readCrash(message({ ...INVOKED, requestPayload, responsePayload: OUT_OF_MEMORY }), graph)
    expect(crash).toEqual({
      record: {
        attakerror: 1,
        id: recordIdFor('invoke/e4b46cbf-b738-4dce-8880-a18cdf61200e', '', 'a', 'crash'),
        kind: 'crash',
        time: '2026-11-21T13:16:05.568Z',
        topology: 'orders',
        stage: 'dev',
        processor: 'a',
        attempt: 1,
        error: { name: 'Runtime.ExitError', message: OUT_OF_MEMORY.errorMessage },
        position: 'invoke/e4b46cbf-b738-4dce-8880-a18cdf61200e',
        suspects: [requestPayload],
      },
    })
  })

  test('any other event was an input', () => {
    const crash = readCrash(message({ ...INVOKED, requestPayload: { order: 1 }, responsePayload: null }), graph)
    expect(crash).toMatchObject({
      record: {
        error: { name: 'Crash', message: 'RetriesExhausted' },
        suspects: [{ id: 'e4b46cbfb7384dce8880a18cdf61200e', type: 'attak.input', data: { order: 1 }, attakhop: 1 }],
      },
    })
  })

  test('of a function that is no longer in the topology, by its name', () => {
    const requestContext = {
      ...INVOKED.requestContext,
      functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:orders--dev--gone',
    }
    expect(readCrash(message({ ...INVOKED, requestContext, requestPayload: 1 }), graph)).toMatchObject({
      record: { processor: 'gone' },
    })
  })
})

describe('of a queue that gave a message up', () => {
  const sent = messageOf({ data: 7, topic: 'q', edge: { from: 'a', to: 'c' } })
  const body = encodeMessage(sent, origin)
  const arn = 'arn:aws:sqs:eu-west-1:123456789012:'

  test.each([
    ['the queue of a channel', `${arn}orders--dev--c`],
    ['a retry queue', `${arn}orders--dev--_retry-c`],
    ['no queue, where one processor alone hears it', undefined],
  ])('by %s it is known who it was for', (_, sourceArn) => {
    expect(readCrash(message(body, sourceArn && { sourceArn }), graph)).toMatchObject({
      record: {
        id: recordIdFor(`${sourceArn?.slice(arn.length) ?? 'queue'}/${message(body).id}`, '', 'c', 'crash'),
        kind: 'crash',
        processor: 'c',
        time: '2026-11-21T13:00:00.000Z',
        suspects: [{ data: 7, type: 'q', attakparent: 'the id of its parent', attakhop: 2 }],
      },
    })
  })

  test('what is for nobody is a problem, and left there', () => {
    const unknown = encodeMessage(messageOf({ topic: 'unheard of', edge: { from: 'a', to: 'c' } }), origin)
    expect(readCrash(message(unknown), graph)).toMatchObject({
      code: 'RECORD_UNREADABLE',
      where: 'queue orders--dev--_crashes, message 059f36b4',
    })
  })
})
