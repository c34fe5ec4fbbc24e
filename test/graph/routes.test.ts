import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { routeOf, routesFor } from '../../src/graph/routes.ts'
import { buildGraph, parseTopology } from '../../src/project/parse.ts'

function graphOf(streams: readonly unknown[]) {
  const { topology } = parseTopology(
    { name: 't', processors: { a: './a', b: './b', c: './c' }, streams },
    { file: 't.json', modulesIn: () => undefined },
  )
  return topology && buildGraph(topology, { stage: 'dev' })
}

describe('routesFor', () => {
  it('sends a topic over the streams that name it and over those without topics', () => {
    const graph = graphOf([['a', 'b'], ['b', 'c', 'x'], ['a', 'c', 'x'], { from: 'a', to: 'a', topics: ['y', 'x'] }])!
    expect(routesFor(graph, 'a')).toEqual({
      all: [0],
      byTopic: Object.assign(Object.create(null), { x: [0, 2, 3], y: [0, 3] }),
    })
    expect(routesFor(graph, 'c').all).toEqual([])
  })

  it.each(['__proto__', 'constructor', 'toString'])(
    'does not confuse the topic %s with an inherited field',
    (topic) => {
      expect(routeOf(routesFor(graphOf([['a', 'b']])!, 'a'), topic)).toEqual([0])
      expect(routeOf(routesFor(graphOf([['a', 'b', topic]])!, 'a'), topic)).toEqual([0])
      expect(routeOf(routesFor(graphOf([['a', 'b', 'other']])!, 'a'), topic)).toEqual([])
    },
  )

  const name = fc.constantFrom('a', 'b', 'c')
  const topic = fc.oneof(fc.constantFrom('x', 'y', '__proto__', 'constructor'), fc.string({ minLength: 1 }))
  const stream = fc.record(
    { from: name, to: name, topics: fc.array(topic, { minLength: 1, maxLength: 3 }) },
    { requiredKeys: ['from', 'to'] },
  )

  it('equals the plain definition, and delivers an event to each receiver once', () => {
    fc.assert(
      fc.property(fc.array(stream, { maxLength: 8 }), name, topic, (streams, from, emitted) => {
        const graph = graphOf(streams)
        fc.pre(graph !== undefined)
        const expected = graph.streams.flatMap((one, index) =>
          one.from === from && (one.topics === undefined || one.topics.includes(emitted)) ? [index] : [],
        )
        const route = routeOf(routesFor(graph, from), emitted)
        expect(route).toEqual(expected)
        expect(new Set(route.map((index) => graph.streams[index]!.to)).size).toBe(route.length)
      }),
    )
  })
})
