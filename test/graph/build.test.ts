import { describe, expect, it } from 'vitest'
import { CARRIER_RULES } from '../../src/carriers/table.ts'
import { DEFAULTS } from '../../src/graph/build.ts'
import { buildGraph } from '../../src/project/parse.ts'
import type { Topology } from '../../src/topology/topology.ts'

const a = { name: 'a', namedByIndex: false, source: { kind: 'module', path: './a' } } as const
const b = { ...a, name: 'b' }

function graphOf(topology: Partial<Topology>) {
  return buildGraph({ name: 't', processors: [a, b], streams: [], ...topology }, { stage: 'dev' })
}

describe('buildGraph', () => {
  it('fills in defaults', () => {
    const { retries, backoff, timeoutMs, hopLimit, logRetention, memory, runtime, architecture, outputs, errors } =
      DEFAULTS
    const nothing = { invokes: [], environment: {}, tags: {}, include: [], external: [] }
    const recording = { logEvents: false, retryQueue: false }
    const deployment = { memory, runtime, architecture, outputs, ...nothing }
    const source = { source: 'module', namedByIndex: false }
    const settings = { batch: 100, ...CARRIER_RULES.kinesis.defaults }
    expect(graphOf({ processors: [a], streams: [{ from: 'a', to: 'a' }] })).toEqual({
      name: 't',
      stage: 'dev',
      hopLimit,
      processors: [{ name: 'a', ...source, timeoutMs, callback: false, retries, backoff, ...recording, ...deployment }],
      streams: [{ from: 'a', to: 'a', retries, backoff, via: 'kinesis', fifo: false, pack: 25, channel: 'a' }],
      carriers: CARRIER_RULES,
      channels: [{ name: 'a', via: 'kinesis', fifo: false, pack: 25, to: ['a'], streams: [0], settings }],
      logRetention,
      tags: {},
      errors,
    })
  })

  it('a stream overrides its receiver, and the receiver overrides the topology, field by field', () => {
    const graph = graphOf({
      retries: 1,
      timeoutMs: 5,
      backoff: { firstMs: 1, factor: 1, maxMs: 1 },
      processors: [
        { ...a, retries: 9 },
        { ...b, retries: 2, timeoutMs: 7, backoff: { factor: 3, maxMs: 3 } },
      ],
      streams: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'b', retries: 0, backoff: { maxMs: 4 } },
      ],
    })
    expect(graph.processors[1]).toMatchObject({ retries: 2, timeoutMs: 7 })
    expect(graph.processors[0]).toMatchObject({ retries: 9, timeoutMs: 5 })
    expect(graph.streams[0]).toMatchObject({ retries: 2, backoff: { firstMs: 1, factor: 3, maxMs: 3, jitter: true } })
    expect(graph.streams[1]).toMatchObject({ retries: 0, backoff: { firstMs: 1, factor: 3, maxMs: 4, jitter: true } })
  })

  it('a processor with retries gets a retry queue, unless a setting switches it off', () => {
    const queues = (topology: Partial<Topology>) => graphOf(topology).processors.map(({ retryQueue }) => retryQueue)
    expect(queues({ retries: 1 })).toEqual([true, true])
    expect(queues({ streams: [{ from: 'a', to: 'b', retries: 1 }] })).toEqual([false, true])
    expect(queues({ retries: 1, processors: [{ ...a, retries: 0 }, b] })).toEqual([false, true])
    expect(queues({ retries: 1, processors: [{ ...a, retryQueue: false }, b] })).toEqual([false, true])
    expect(queues({ retryQueue: true })).toEqual([true, true])
  })

  it('a processor overrides the topology for idempotent and logEvents', () => {
    const graph = graphOf({
      idempotent: { ttlHours: 24 },
      logEvents: true,
      processors: [a, { ...b, idempotent: false, logEvents: false }],
    })
    expect(graph.processors[0]).toMatchObject({ idempotent: { ttlHours: 24 }, logEvents: true })
    expect(graph.processors[1]).toMatchObject({ logEvents: false })
    expect(graph.processors[1]).not.toHaveProperty('idempotent')
  })

  it('sorts topics and drops repeats', () => {
    const { streams } = graphOf({ streams: [{ from: 'a', to: 'b', topics: ['y', 'x', 'y'] }] })
    expect(streams[0]?.topics).toEqual(['x', 'y'])
  })

  it('returns a frozen value', () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen))
    expect(frozen(graphOf({ streams: [{ from: 'a', to: 'b', topics: ['x'] }] }))).toBe(true)
  })
})
