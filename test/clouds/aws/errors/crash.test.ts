import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCrash, suspectsOf } from '../../../../src/clouds/aws/errors/crash.ts'
import { decodeText } from '../../../../src/runtime/codec.ts'
import { encodeMessage } from '../../../../src/runtime/event.ts'
import { recordIdFor } from '../../../../src/runtime/id.ts'
import { createPack } from '../../../../src/runtime/pack.ts'
import { parseRecord } from '../../../../src/runtime/parse-record.ts'
import { invokeCrashOf, streamCrashOf } from '../../../contract/crash.ts'
import { graphOf } from '../../../contract/graph.ts'
import { messageOf } from '../../../contract/message.ts'
import { at } from '../../../contract/position.ts'
import { PLACE } from '../graphs.ts'

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
const stage = { graph, place: PLACE }
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

describe('a crash with records of a stream', () => {
  test('has a record with processor, count, reason, and the position of the events', () => {
    const crash = readCrash(message(KINESIS), stage)
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
          message: 'the function did not finish 500 records in 3 invocations: RetryAttemptsExhausted, Unhandled',
        },
        position: at(`orders--dev--b/shardId-000000000001/${KINESIS.KinesisBatchInfo.startSequenceNumber}`),
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

  test('has an id from the text of its position, as in older versions', () => {
    const { startSequenceNumber, endSequenceNumber } = KINESIS.KinesisBatchInfo
    const about = `orders--dev--b/shardId-000000000001/${startSequenceNumber}-${endSequenceNumber}`
    const queued = {
      id: '5d1e',
      body: '1',
      sentMs: 0,
      sourceArn: 'arn:aws:sqs:x:1:orders--dev--_retry-b',
      where: 'here',
    }
    expect(readCrash(message(KINESIS), stage)).toMatchObject({ record: { id: recordIdFor(about, '', 'b', 'crash') } })
    const id = recordIdFor('orders--dev--_retry-b/5d1e', '', 'b', 'crash')
    expect(readCrash(queued, stage)).toMatchObject({ record: { id } })
  })

  test('is one record if reported twice, and another for another range', () => {
    const idOf = (payload: object) => {
      const crash = readCrash(message(payload), stage)
      return 'record' in crash ? crash.record.id : undefined
    }
    expect(idOf({ ...KINESIS, timestamp: '2026-11-21T14:00:00.000Z' })).toBe(idOf(KINESIS))
    const info = {
      ...KINESIS.KinesisBatchInfo,
      endSequenceNumber: '49601189658422359378836298522902373528957594348623495187',
    }
    expect(idOf({ ...KINESIS, KinesisBatchInfo: info })).not.toBe(idOf(KINESIS))
  })

  test('suspects every message of a pack, except those for other receivers of the stream', () => {
    const own = [1, 2].map((n) => messageOf({ data: n, topic: 'shared', edge: { from: 'b', to: 'd' } }))
    const other = messageOf({ data: 3, topic: 'other', edge: { from: 'a', to: 'c' } })
    const place = { position: at('orders--dev--all/s/1'), key: undefined, to: 'd' }
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

describe('a crash of an invocation', () => {
  test('has the message of the invocation, and the error of Lambda: out of memory', () => {
    const sent = messageOf({
      data: { order: 1 },
      topic: undefined,
      parent: undefined,
      hop: 1,
      edge: { from: undefined, to: 'a' },
    })
    const requestPayload = JSON.parse(encodeMessage(sent, origin))
    const crash = readCrash(message({ ...INVOKED, requestPayload, responsePayload: OUT_OF_MEMORY }), stage)
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
        position: { channel: 'invoke', ref: 'e4b46cbf-b738-4dce-8880-a18cdf61200e' },
        suspects: [requestPayload],
      },
    })
  })

  test('takes any other event as an input', () => {
    const crash = readCrash(message({ ...INVOKED, requestPayload: { order: 1 }, responsePayload: null }), stage)
    expect(crash).toMatchObject({
      record: {
        error: { name: 'Crash', message: 'RetriesExhausted' },
        suspects: [{ id: 'e4b46cbfb7384dce8880a18cdf61200e', type: 'attak.input', data: { order: 1 }, attakhop: 1 }],
      },
    })
  })

  test('is found by the name of a function that is no longer in the topology', () => {
    const requestContext = {
      ...INVOKED.requestContext,
      functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:orders--dev--gone',
    }
    expect(readCrash(message({ ...INVOKED, requestContext, requestPayload: 1 }), stage)).toMatchObject({
      record: { processor: 'gone' },
    })
  })
})

describe('a forged or broken report', () => {
  const invoked = { ...INVOKED, requestPayload: { order: 1 } }
  const withContext = (report: typeof KINESIS | typeof invoked, more: object) => ({
    ...report,
    requestContext: { ...report.requestContext, ...more },
  })
  const withBatch = (more: object) => ({ ...KINESIS, KinesisBatchInfo: { ...KINESIS.KinesisBatchInfo, ...more } })

  test.each([
    ['a channel', 'orders--dev--c--sqs', 'c'],
    ['a retry queue', 'orders--dev--_retry-c', 'c'],
    ['no queue of this stage', 'orders--dev--gone', undefined],
  ])('is data of its sender if it comes from the queue of %s', (_, queue, processor) => {
    for (const body of [KINESIS, invoked]) {
      const given = message(body, { sourceArn: `arn:aws:sqs:eu-west-1:123456789012:${queue}` })
      const crash = readCrash(given, stage)
      expect('range' in crash).toBe(false)
      if (processor === undefined) expect(crash).toMatchObject({ code: 'RECORD_UNREADABLE' })
      else expect(crash).toMatchObject({ record: { processor, position: at(`${queue}/${given.id}`, 'sqs') } })
    }
  })

  const { streamArn } = KINESIS.KinesisBatchInfo
  const functionArn = `${FUNCTIONS}:orders--dev--b`
  test.each<readonly [string, object | string]>([
    ...['payroll-of-others', 'orders--prod--b', 'orders--dev--all', 'orders--dev--c', ''].map(
      (name) => [`the stream "${name}"`, withBatch({ streamArn: streamArn.replace('orders--dev--b', name) })] as const,
    ),
    ['a stream of another region', withBatch({ streamArn: streamArn.replace('eu-west-1', 'eu-west-2') })],
    ['a stream of another account', withBatch({ streamArn: streamArn.replace('123456789012', '210987654321') })],
    ['no stream', withBatch({ streamArn: undefined })],
    ['a list as stream', withBatch({ streamArn: [streamArn] })],
    ['a text instead of a batch', { ...KINESIS, KinesisBatchInfo: 'x' }],
    ['nothing instead of a batch', { ...KINESIS, KinesisBatchInfo: null }],
    ...['abc', 1.5, '1.5', '-1', '', '0x10', '1e9', '9'.repeat(1000), null, undefined].flatMap((sequence) => [
      [`the first sequence number ${sequence}`, withBatch({ startSequenceNumber: sequence })] as const,
      [`the last sequence number ${sequence}`, withBatch({ endSequenceNumber: sequence })] as const,
    ]),
    ...['', 'a/b', null].map((shardId) => [`the shard ${shardId}`, withBatch({ shardId })] as const),
    ...[-1, 1.5, '2', 1e9].map((batchSize) => [`a batch of ${batchSize}`, withBatch({ batchSize })] as const),
    ...['never', 7, '', '2026-99-99T00:00:00Z'].flatMap((timestamp) => [
      [`the time ${timestamp}`, { ...KINESIS, timestamp }] as const,
      [`the time ${timestamp} of an invocation`, { ...invoked, timestamp }] as const,
    ]),
    ...[
      functionArn.replace('eu-west-1', 'us-east-1'),
      functionArn.replace('123456789012', '210987654321'),
      functionArn.replace('orders--dev--b', 'cr--dev--b'),
      functionArn.replace('orders--dev--b', 'orders--prod--b'),
      functionArn.replace('orders--dev--b', 'orders--dev--'),
      functionArn.replace(':lambda:', ':sqs:'),
      'b',
      7,
    ].map((arn) => [`the function ${arn}`, withContext(invoked, { functionArn: arn })] as const),
    ['the request "x/y"', withContext(invoked, { requestId: 'x/y' })],
    ['the number of invocations "3"', withContext(KINESIS, { approximateInvokeCount: '3' })],
    ['an object as condition', withContext(KINESIS, { condition: {} })],
    [
      'data that nests too deep',
      JSON.stringify({ ...invoked, requestPayload: 0 }).replace(':0}', `:${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
    ],
  ])('cannot be read if it has %s', (_, body) => {
    expect(readCrash(message(body), stage)).toMatchObject({
      code: 'RECORD_UNREADABLE',
      where: 'queue orders--dev--_crashes, message 059f36b4',
      remedy: expect.stringContaining('attak errors purge --unreadable'),
    })
  })

  test('is a complete record or cannot be read, with any value in a field', () => {
    const paths = (value: object, path: readonly string[] = []): (readonly string[])[] =>
      Object.entries(value).flatMap(([name, inner]) => [
        [...path, name],
        ...(typeof inner === 'object' && inner !== null ? paths(inner, [...path, name]) : []),
      ])
    const put = (value: unknown, [name, ...rest]: readonly string[], what: unknown): unknown =>
      name === undefined
        ? what
        : { ...(value as object), [name]: put((value as Record<string, unknown>)[name], rest, what) }
    const answered = { ...invoked, responsePayload: { ...OUT_OF_MEMORY, trace: ['at a'] } }
    const place = fc.constantFrom(
      ...[KINESIS, answered].flatMap((report) => paths(report).map((path) => [report, path] as const)),
    )
    const what = fc.oneof(fc.jsonValue(), fc.constantFrom({ toString: 1 }, [{ toString: 1 }], 1e308, -0))
    fc.assert(
      fc.property(place, what, ([report, path], value) => {
        const crash = readCrash(message(put(report, path, value)), stage)
        if (!('record' in crash)) {
          expect(crash.code).toBe('RECORD_UNREADABLE')
          return
        }
        expect(parseRecord(JSON.stringify(crash.record), 'here')).toMatchObject({ kind: 'record' })
        if (crash.range) expect(streamArn.endsWith(`/${crash.range.stream}`)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a message that a queue gave up', () => {
  const sent = messageOf({ data: 7, topic: 'q', edge: { from: 'a', to: 'c' } })
  const body = encodeMessage(sent, origin)
  const arn = 'arn:aws:sqs:eu-west-1:123456789012:'

  test.each([
    ['the queue of a channel', `${arn}orders--dev--c`],
    ['a retry queue', `${arn}orders--dev--_retry-c`],
    ['no queue, if only one processor receives it', undefined],
  ])('has a processor by %s', (_, sourceArn) => {
    expect(readCrash(message(body, sourceArn && { sourceArn }), stage)).toMatchObject({
      record: {
        id: recordIdFor(`${sourceArn?.slice(arn.length) ?? 'queue'}/${message(body).id}`, '', 'c', 'crash'),
        kind: 'crash',
        processor: 'c',
        time: '2026-11-21T13:00:00.000Z',
        suspects: [{ data: 7, type: 'q', attakparent: 'the id of its parent', attakhop: 2 }],
      },
    })
  })

  test('is a suspect if it came over Kinesis before a retry queue', () => {
    const other = messageOf({ data: 3, topic: 'other', edge: { from: 'a', to: 'c' } })
    const given = message(encodeMessage(other, origin), { sourceArn: `${arn}orders--dev--_retry-c` })
    expect(readCrash(given, stage)).toMatchObject({ record: { processor: 'c', suspects: [{ data: 3 }] } })
  })

  test('is marked as refused, with its beginning, if it breaks a bound', () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
    expect(readCrash(message(deep, { sourceArn: `${arn}orders--dev--c--sqs` }), stage)).toMatchObject({
      record: { processor: 'c', error: { code: 'RECORD_REFUSED', message: expect.stringContaining('nests deeper') } },
    })
  })

  test('is a problem and stays if it is for no processor', () => {
    const unknown = encodeMessage(messageOf({ topic: 'unheard of', edge: { from: 'a', to: 'c' } }), origin)
    expect(readCrash(message(unknown), stage)).toMatchObject({
      code: 'RECORD_UNREADABLE',
      where: 'queue orders--dev--_crashes, message 059f36b4',
    })
  })
})
