import { Console } from 'node:console'
import { Writable } from 'node:stream'
import type { AwsCarrier } from '../../../src/aws/carrier.ts'
import type { AwsClient } from '../../../src/aws/client.ts'
import { CARRIERS } from '../../../src/carriers/table.ts'
import { createEntry } from '../../../src/hosts/lambda/entry.ts'
import type { WireRecord } from '../../../src/runtime/carrier.ts'
import { describeThrown } from '../../../src/runtime/thrown.ts'
import type { Lifecycle } from '../../../src/topology/exported.ts'
import type { Handler } from '../../../src/topology/handler.ts'
import { createFakeClock } from '../../contract/clock.ts'
import { createFakeStore } from '../../contract/fake-store.ts'
import { bakedOf } from '../../contract/graph.ts'

type Via = 'kinesis' | 'sqs'

/** Makes the function of a processor `b` that receives from `a`, with the real receivers, on its own clock. */
export function openFunctionOf(via: Via, handler: Handler, settings: object = {}, lifecycle: Lifecycle = {}) {
  const clock = createFakeClock(Date.UTC(2026, 10, 21))
  const store = createFakeStore()
  const lines: Record<string, unknown>[] = []
  const sent: WireRecord[] = []
  const definition = {
    name: 'test',
    processors: { a: () => {}, b: { handler, timeout: 1, ...settings } },
    streams: [{ from: 'a', to: 'b', topics: ['t'] }],
    ...{ via, retries: 0, backoff: { firstMs: 1, jitter: false } },
  }
  const baked = bakedOf(definition, 'b')
  const host = {
    env: {},
    console: new Console(new Writable({ write: (_chunk, _encoding, done) => done() })),
    write(text: string) {
      for (const line of text.trimEnd().split('\n')) lines.push(JSON.parse(line))
    },
    ...{ now: clock.now, after: clock.after, random: () => 0.5, describe: describeThrown, onUncaught: () => {} },
  }
  const client: AwsClient = { endpoint: () => '', close: () => {}, call: () => Promise.reject(new Error('none')) }
  const send = async (batch: readonly WireRecord[]) => {
    sent.push(...batch)
    return []
  }
  const takingAll = (carrier: AwsCarrier) => ({ ...carrier, openSender: () => ({ send, close: async () => {} }) })
  const carriers = { kinesis: takingAll(CARRIERS.kinesis), sqs: takingAll(CARRIERS.sqs) }
  const entry = createEntry(
    { ...baked, load: () => ({ name: 'b', handler, ...lifecycle }) },
    { carriers, openStore: () => store },
    { host, client },
  )
  const context = {
    awsRequestId: '00000000-0000-0000-0000-000000000001',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:test--dev--b',
    getRemainingTimeInMillis: () => 60_000,
  }
  return { invoke: (payload: unknown) => clock.until(entry(payload, context)), store, lines, sent, clock }
}

/** A record as the platform hands it over; `queue` says from which, where it is no channel's. */
export function recordOf(via: Via, name: string, body: string | Buffer, queue = 'test--dev--b'): unknown {
  if (via === 'sqs') {
    const eventSourceARN = `arn:aws:sqs:eu-west-1:123456789012:${queue}`
    return { eventSource: 'aws:sqs', eventSourceARN, messageId: name, body: String(body), attributes: {} }
  }
  const kinesis = { sequenceNumber: name, partitionKey: 'p', data: Buffer.from(body as string).toString('base64') }
  const eventSourceARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/test--dev--b'
  return { eventSource: 'aws:kinesis', eventSourceARN, eventID: `shardId-000000000000:${name}`, kinesis }
}
