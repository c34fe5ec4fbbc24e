import { describe, expect, it } from 'vitest'
import { bakeEntry } from '../../src/bundle/bake.ts'
import type { Graph } from '../../src/graph/graph.ts'
import { graphOf as parsedGraph } from '../contract/graph.ts'

function graphOf(streams: readonly object[], processors: Record<string, object> = {}): Graph {
  const names = [...new Set(streams.flatMap((stream) => Object.values(stream).slice(0, 2) as string[]))]
  const inline = Object.fromEntries(names.map((name) => [name, { handler: () => {}, ...processors[name] }]))
  return parsedGraph({ name: 't', processors: inline, streams })
}

describe('what is baked into an artifact', () => {
  it('has the routes of its emits, numbered among its own streams', () => {
    const graph = graphOf([
      { from: 'x', to: 'y' },
      { from: 'a', to: 'b' },
      { from: 'a', to: 'c', topics: ['t'] },
    ])
    const { streams, processors } = bakeEntry(graph, ['a'])
    expect(streams.map(({ to }) => to)).toEqual(['b', 'c'])
    expect(processors.a?.routes).toEqual({ all: [0], byTopic: { t: [0, 1] } })
    expect(Object.keys(processors)).toEqual(['a'])
  })

  it('has the streams that the processor receives, with their retries', () => {
    const graph = graphOf([
      { from: 'a', to: 'b', topics: ['t'], retries: 2 },
      { from: 'c', to: 'b' },
    ])
    const { hears, retries } = bakeEntry(graph, ['b']).processors.b!
    expect(hears).toMatchObject([
      { from: 'a', topics: ['t'], retries: 2, channel: 'b' },
      { from: 'c', retries: 0, channel: 'b' },
    ])
    expect(retries).toBe(0)
  })

  it('does not change when a stream is added elsewhere', () => {
    const before = [{ from: 'a', to: 'b' }]
    const after = [{ from: 'c', to: 'd' }, ...before, { from: 'd', to: 'c', topics: ['t'] }]
    for (const processors of [['a'], ['b'], ['a', 'b']]) {
      expect(bakeEntry(graphOf(after), processors)).toEqual(bakeEntry(graphOf(before), processors))
    }
  })

  it('has the store of its errors and the rules for redeliveries', () => {
    const graph = graphOf([{ from: 'a', to: 'b', retries: 1 }], { b: { idempotent: { ttl: 2 } } })
    const { errors, processors } = bakeEntry(graph, ['a', 'b'])
    expect(errors).toEqual({ store: 'sqs' })
    expect(processors.a).toMatchObject({ logEvents: false, retryQueue: false })
    expect(processors.b).toMatchObject({ idempotent: { ttlHours: 2 }, retryQueue: true })
    const kept = { store: 'dynamodb', retentionHours: 5 } as const
    expect(bakeEntry({ ...graph, errors: kept }, ['a']).errors).toEqual(kept)
  })

  it('is plain data that JSON keeps, with any names of topics', () => {
    const baked = bakeEntry(graphOf([{ from: 'a', to: 'b', topics: ['t', '__proto__'] }]), ['a', 'b'])
    const { byTopic } = baked.processors.a!.routes
    expect(JSON.stringify(byTopic)).toBe('{"__proto__":[0],"t":[0]}')
    expect(JSON.parse(JSON.stringify(baked)).processors.b.hears).toEqual(baked.processors.b?.hears)
  })
})
