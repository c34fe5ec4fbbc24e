import * as fc from 'fast-check'
import type { Graph } from '../../../src/graph/graph.ts'
import { graphOf } from '../../contract/graph.ts'

/** Somewhere to deploy to. */
export const PLACE = { partition: 'aws', region: 'eu-west-1', account: '123456789012' }

/** Artifacts of all processors of a graph, each with its own hash. */
export function artifactsOf(graph: Graph) {
  return new Map(graph.processors.map(({ name }) => [name, { hash: `hash of ${name}`, handler: 'index.handler' }]))
}

/** Graphs of up to six processors, joined at random by streams of both kinds and by calls, with what becomes of failures at random. */
export const anyGraph: fc.Arbitrary<Graph> = fc
  .integer({ min: 1, max: 6 })
  .chain((count) => {
    const names = Array.from({ length: count }, (_, index) => `p${index}`)
    const name = fc.constantFrom(...names)
    const edge = fc.record({
      from: name,
      to: name,
      topic: fc.integer({ min: 0, max: 1e9 }).map(String),
      carried: fc.constantFrom({}, { via: 'sqs' }, { via: 'sqs', fifo: true }, { shards: 2 }),
    })
    return fc.record({
      edges: fc.uniqueArray(edge, { maxLength: 10, selector: ({ from, to, topic }) => `${from} ${to} ${topic}` }),
      invokes: fc.array(fc.tuple(name, name), { maxLength: 4 }),
      networks: fc.subarray(names),
      retried: fc.subarray(names),
      remembering: fc.subarray(names),
      errors: fc.constantFrom({}, { errors: 'dynamodb' }),
    })
  })
  .map(({ edges, invokes, networks, retried, remembering, errors }) => {
    const names = [...new Set([...edges.flatMap(({ from, to }) => [from, to]), ...invokes.flat(), ...networks, 'p0'])]
    const processors = Object.fromEntries(
      names.map((name) => [
        name,
        {
          handler: () => {},
          invokes: [...new Set(invokes.flatMap(([from, to]) => (from === name ? [to] : [])))],
          ...(retried.includes(name) && { retries: 2 }),
          ...(remembering.includes(name) && { idempotent: true }),
          ...(networks.includes(name) && { vpc: { subnets: ['subnet-1'], securityGroups: ['sg-1'] } }),
        },
      ]),
    )
    const streams = edges.map(({ carried, ...stream }) => ({ ...stream, ...carried }))
    return graphOf({ name: 'any', processors, streams, ...errors })
  })
