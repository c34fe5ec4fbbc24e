import { describe, expect, it } from 'vitest'
import { buildGraph } from '../../../src/project/parse.ts'
import type { LoadedProcessor } from '../../../src/runtime/invocation.ts'
import { type Context, type Handler, Retry } from '../../../src/topology/handler.ts'
import { parsedOf } from '../../contract/graph.ts'
import { type CloudParts, type FakeCloud, openCloud, triggerOf } from './cloud.ts'

const BACKOFF = { firstMs: 100_000, factor: 10, maxMs: 86_400_000, jitter: false }

/** Deploys `a`, which emits its event, and `b`, whose handler is `handler`. */
function deploy(handler: Handler, stream: object = {}, said: Partial<CloudParts> & { b?: object } = {}): FakeCloud {
  const { b = {}, ...parts } = said
  const a: Handler = (event, context) => {
    const { key } = event as { key?: string }
    return context.emit('t', event, key === undefined ? {} : { key })
  }
  const processors = { a, b: { handler, ...b } }
  const definition = { name: 'test', backoff: BACKOFF, processors, streams: [{ from: 'a', to: 'b', ...stream }] }
  const topology = parsedOf(definition)
  const loaded = new Map<string, LoadedProcessor>()
  for (const { name, source } of topology.processors) {
    if (source.kind === 'inline') loaded.set(name, { name, handler: source.handler })
  }
  return openCloud({ graph: buildGraph(topology, { stage: 'dev' }), processors: loaded, forMs: 30_000, ...parts })
}

const endsOf = (cloud: FakeCloud) => cloud.lines.filter(({ attak, processor }) => attak === 'end' && processor === 'b')

/** Fails on all attempts before `last`, and notes when it was called. */
function failingUntil(last: number, calls: unknown[] = []): Handler {
  return (_, { attempt, id, root, hop, from, topic }: Context) => {
    calls.push({ attempt, id, root, hop, from, topic })
    if (attempt < last) throw new Error('not yet')
  }
}

const secondsOf = (cloud: FakeCloud) => {
  const times = endsOf(cloud).map(({ time }) => Date.parse(String(time)))
  return times.map((time) => Math.round((time - times[0]!) / 1000))
}

describe('a message whose wait does not fit', () => {
  it('is retried after its waits, as often as its stream allows, as the same message', async () => {
    const calls: object[] = []
    const cloud = deploy(failingUntil(4, calls), { retries: 3 })
    await cloud.invoke('a', {})
    await cloud.drain()
    expect(endsOf(cloud).map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'retry'],
      [2, 'retry'],
      [3, 'retry'],
      [4, 'ok'],
    ])
    expect(secondsOf(cloud)).toEqual([0, 100, 1100, 11_100])
    expect(new Set(calls.map((call) => JSON.stringify({ ...call, attempt: 0 }))).size).toBe(1)
    const positions = endsOf(cloud).map(({ position }) => String(position).split('/')[0])
    expect(positions).toEqual(['b', '_retry-b', '_retry-b', '_retry-b'])
  })

  it('becomes an error after its last attempt', async () => {
    const cloud = deploy(failingUntil(9), { retries: 2 })
    await cloud.invoke('a', {})
    await cloud.drain()
    const errors = cloud.lines.filter(({ attak }) => attak === 'error')
    expect(errors).toMatchObject([{ processor: 'b', attempt: 3, from: 'a', topic: 't', hop: 2 }])
    expect(String(errors[0]?.position)).toMatch(/^_retry-b\//)
  })

  it('waits as long as it asks, even longer than a queue can hold it', async () => {
    const handler: Handler = (_, { attempt }: Context) => {
      if (attempt <= 3) throw new Retry(86_400_000)
      throw new Error('no')
    }
    const cloud = deploy(handler, { retries: 1 })
    await cloud.invoke('a', {})
    await cloud.drain()
    expect(endsOf(cloud).map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'retry'],
      [2, 'retry'],
      [3, 'retry'],
      [4, 'retry'],
      [5, 'failed'],
    ])
    expect(secondsOf(cloud)).toEqual([0, 86_400, 172_800, 259_200, 259_300])
  })

  it('is not handled early from a queue that delays nothing', async () => {
    const cloud = deploy(failingUntil(2), { retries: 1 }, { holds: 0 })
    await cloud.invoke('a', {})
    await cloud.drain()
    expect(secondsOf(cloud)).toEqual([0, 100])
  })

  it('has the policy of its stream, and an input has that of its processor', async () => {
    for (const stream of [{ retries: 1 }, { retries: 1, via: 'sqs' }, { retries: 1, stream: 'other' }]) {
      const cloud = deploy(failingUntil(9), stream, { b: { retries: 3 } })
      await cloud.invoke('a', {})
      await cloud.drain()
      expect(endsOf(cloud)).toHaveLength(2)
      await cloud.invoke('b', triggerOf({ event: {} }, 1))
      await cloud.drain()
      expect(endsOf(cloud)).toHaveLength(2 + 4)
    }
  })

  it('from a foreign sender has the policy of the stream that it came over', async () => {
    const cloud = deploy(failingUntil(9), { retries: 1, via: 'sqs' }, { b: { retries: 0 } })
    const record = { eventSource: 'fake sqs', position: 'b--sqs/0/1', key: undefined, body: '{"n":1}' }
    expect(await cloud.invoke('b', { Records: [record] })).toEqual([])
    await cloud.drain()
    expect(endsOf(cloud).map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'retry'],
      [2, 'failed'],
    ])
  })

  it('stays with its key in its stream', async () => {
    const cloud = deploy(failingUntil(3), { retries: 2 }, { forMs: 60_000 })
    await cloud.invoke('a', { key: 'k' })
    await cloud.drain()
    const positions = endsOf(cloud).map(({ position }) => String(position).split('/')[0])
    expect(positions).toEqual(['b', 'b', 'b'])
    expect(endsOf(cloud).map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'postponed'],
      [2, 'postponed'],
      [3, 'ok'],
    ])
  })

  it('stays without a key if there is no queue', async () => {
    const handler: Handler = (_, { attempt }: Context) => {
      if (attempt === 1) throw new Retry(100_000)
    }
    const cloud = deploy(handler)
    await cloud.invoke('a', {})
    await cloud.drain()
    expect(endsOf(cloud).map(({ outcome }) => outcome)).toEqual(['postponed', 'ok'])
  })

  it('is not acknowledged if the queue does not accept it', async () => {
    let calls = 0
    const cloud = deploy(failingUntil(9), { retries: 1 }, { refuses: () => calls++ >= 1 && calls < 300 })
    await cloud.invoke('a', {})
    await cloud.drain()
    expect(endsOf(cloud).at(-1)).toMatchObject({ outcome: 'failed', attempt: 2 })
  })
})

it('an input waits in the queue, with a key too, and its invocation ends', async () => {
  for (const key of [undefined, 'k']) {
    const cloud = deploy(failingUntil(3), {}, { b: { retries: 2 } })
    const input = { event: 1, topic: 'u', ...(key !== undefined && { key }) }
    expect(await cloud.invoke('b', triggerOf(input, 1))).toBeUndefined()
    await cloud.drain()
    expect(endsOf(cloud).map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'ok'])
  }
})
