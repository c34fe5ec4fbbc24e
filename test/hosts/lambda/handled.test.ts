import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tableName } from '../../../src/aws/names.ts'
import { bakeEntry } from '../../../src/bundle/bake.ts'
import { kinesis } from '../../../src/carriers/kinesis/carrier.ts'
import { createEntry } from '../../../src/hosts/lambda/entry.ts'
import { rememberHandled } from '../../../src/hosts/lambda/handled.ts'
import { buildGraph, parseTopology } from '../../../src/project/parse.ts'
import { encodeMessage } from '../../../src/runtime/event.ts'
import type { Handler } from '../../../src/topology/handler.ts'
import { createTable, startDynalite } from '../../contract/dynalite.ts'
import { callAws, type Emulator, PLACE } from '../../contract/emulator.ts'
import { createFakeStore, recordsIn } from '../../contract/fake-store.ts'
import { messageOf } from '../../contract/message.ts'
import { fastHost, type LogLine, triggerOf } from './cloud.ts'

let emulator: Emulator
let stages = 0
beforeAll(async () => {
  emulator = await startDynalite()
})
afterAll(() => emulator.close())

/** Deploys `b`, which receives from `a` over Kinesis and is idempotent. Its table exists by default. */
async function deploy(handler: Handler, { hasTable = true, forMs = 60_000 } = {}) {
  const stage = `s${stages++}`
  const definition = {
    name: 'test',
    processors: { a: () => {}, b: { handler, idempotent: { ttl: 2 } } },
    streams: [{ from: 'a', to: 'b' }],
  }
  const { topology } = parseTopology(definition, { file: 't', modulesIn: () => undefined })
  const graph = buildGraph(topology!, { stage })
  const table = tableName({ topology: 'test', stage }, '_handled')
  if (hasTable) await createTable(emulator, table)
  const lines: LogLine[] = []
  const store = createFakeStore()
  const parts = { carriers: { kinesis }, openStore: () => store, rememberHandled }
  const baked = JSON.parse(JSON.stringify(bakeEntry(graph, ['b'])))
  /** Opens an instance of the function. */
  const open = () => {
    // Functions share the time of the store, which is ours.
    const host = { ...fastHost((line) => lines.push(line)), now: Date.now, after }
    const entry = createEntry({ ...baked, load: () => ({ name: 'b', handler }) }, parts, {
      host,
      client: emulator.client,
    })
    return (payload: unknown) =>
      entry(payload, {
        awsRequestId: '00000000-0000-0000-0000-000000000000',
        invokedFunctionArn: `arn:aws:lambda:${PLACE.region}:${PLACE.account}:function:test--${stage}--b`,
        getRemainingTimeInMillis: () => forMs,
      })
  }
  const outcomes = () => lines.filter(({ attak }) => attak === 'end').map(({ outcome }) => outcome)
  return { open, lines, outcomes, store, table }
}

function after(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms)
  return () => clearTimeout(timer)
}

/** Records of a shard, each with some events. */
function batchOf(...records: readonly (readonly unknown[])[]): unknown {
  const origin = { topology: 'test', stage: 'dev', time: new Date(0).toISOString() }
  const data = records.flatMap((events, record) =>
    events.map((event, index) => encodeMessage(messageOf({ data: event, ordinal: 10 * record + index }), origin)),
  )
  return {
    Records: data.map((text, index) => ({
      eventSource: 'aws:kinesis',
      eventID: `shardId-000000000000:${100 + index}`,
      eventSourceARN: `arn:aws:kinesis:${PLACE.region}:${PLACE.account}:stream/test--dev--b`,
      kinesis: { sequenceNumber: `${100 + index}`, partitionKey: 'p', data: Buffer.from(text).toString('base64') },
    })),
  }
}

const DONE = { batchItemFailures: [] }
const events = Array.from({ length: 30 }, (_, index) => `event ${index}`)

describe('a batch of a stream that is delivered again', () => {
  it('runs each handler once, in the same function and in another', async () => {
    const seen: unknown[] = []
    const { open, outcomes } = await deploy((event) => void seen.push(event))
    const first = open()
    for (const invoke of [first, first, open()]) expect(await invoke(batchOf(events))).toEqual(DONE)
    expect(seen.toSorted()).toEqual(events.toSorted())
    expect(outcomes().filter((outcome) => outcome === 'ok').length).toBe(30)
    expect(outcomes().filter((outcome) => outcome === 'skipped').length).toBe(60)
  })

  it('runs each handler once if several functions receive it at the same time', async () => {
    const seen: unknown[] = []
    const { open } = await deploy(async (event) => {
      await new Promise((resolve) => setImmediate(resolve))
      seen.push(event)
    })
    const answers = await Promise.all([open(), open(), open()].map((invoke) => invoke(batchOf(events))))
    expect(answers).toEqual([DONE, DONE, DONE])
    expect(seen.toSorted()).toEqual(events.toSorted())
  })

  it('runs a failed message again, although it was recorded as an error', async () => {
    let isMended = false
    const seen: unknown[] = []
    const { open, outcomes, store } = await deploy((event) => {
      if (event === 'event 1' && !isMended) throw new Error('no')
      seen.push(event)
    })
    expect(await open()(batchOf(['event 0', 'event 1']))).toEqual(DONE)
    isMended = true
    expect(await open()(batchOf(['event 0', 'event 1']))).toEqual(DONE)
    expect(seen).toEqual(['event 0', 'event 1'])
    expect(outcomes().toSorted()).toEqual(['failed', 'ok', 'ok', 'skipped'])
    expect(recordsIn(store).map(({ message }) => message?.data)).toEqual(['event 1'])
  })
})

it('an event that is sent twice is handled once; forced, once more', async () => {
  const seen: unknown[] = []
  const { open, outcomes } = await deploy((event) => void seen.push(event))
  const event = triggerOf({ event: 'e' }, 0) as object
  const invoke = open()
  await invoke(event)
  await invoke(event)
  await invoke({ ...event, attakforce: true })
  expect(seen).toEqual(['e', 'e'])
  expect(outcomes()).toEqual(['ok', 'skipped', 'ok'])
})

it('an invoked message is handled each time, because its caller waits for an answer', async () => {
  const { open } = await deploy((event) => ({ got: event }))
  const event = { ...(triggerOf({ event: 'e', topic: 'attak.invoke' }, 0) as object), attakparent: 'p' }
  const invoke = open()
  expect(await invoke(event)).toEqual({ result: { got: 'e' } })
  expect(await invoke(event)).toEqual({ result: { got: 'e' } })
})

it('without its table nothing is handled, everything is delivered again, and the log has the reason', async () => {
  const seen: unknown[] = []
  const { open, lines } = await deploy((event) => void seen.push(event), { hasTable: false, forMs: 5000 })
  expect(await open()(batchOf(['event 0', 'event 1']))).toEqual({ batchItemFailures: [{ itemIdentifier: '100' }] })
  expect(seen).toEqual([])
  expect(lines.filter(({ attak }) => attak === 'end')).toMatchObject([
    { outcome: 'postponed', error: { code: 'STORE_FAILED', message: expect.stringContaining('ResourceNotFound') } },
    { outcome: 'postponed' },
  ])
})

it('ids are remembered for ttl', async () => {
  const { open, table } = await deploy(() => {})
  await open()(batchOf(['event 0']))
  const { Items } = await callAws(emulator.client, 'DynamoDB_20120810.Scan', { TableName: table })
  const [item] = Items as Record<string, { S?: string; N?: string }>[]
  const nowMs = Date.now()
  expect(item!.id!.S).toMatch(/^b\/[0-9a-f]{32}$/)
  const untilMs = Number(item!.until!.N)
  expect(untilMs - nowMs).toBeGreaterThan(7_200_000 - 60_000)
  expect(untilMs - nowMs).toBeLessThanOrEqual(7_200_000)
})
