import { expect, test } from 'vitest'
import type { Graph, GraphProcessor, GraphStream } from '../../src/graph/graph.ts'
import { onlyProcessors } from '../../src/graph/only.ts'

const POLICY = { retries: 0, backoff: { firstMs: 1, factor: 1, maxMs: 1, jitter: false } }

function graphOf(names: readonly string[], edges: readonly (readonly [string, string])[]): Graph {
  const processors: GraphProcessor[] = names.map((name) => ({ name, timeoutMs: 1, callback: false, ...POLICY }))
  const streams: GraphStream[] = edges.map(([from, to]) => ({ from, to, ...POLICY }))
  return { name: 't', stage: 'dev', hopLimit: 100, processors, streams }
}

const LINE = graphOf(
  ['a', 'b', 'c'],
  [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'c'],
  ],
)

test('keeps the named processors, in the order of the graph, and the streams between them', () => {
  const part = onlyProcessors(LINE, ['c', 'b'])
  expect(part.processors.map(({ name }) => name)).toEqual(['b', 'c'])
  expect(part.streams.map(({ from, to }) => [from, to])).toEqual([
    ['b', 'c'],
    ['c', 'c'],
  ])
})

test('all names give an equal graph', () => {
  expect(onlyProcessors(LINE, ['a', 'b', 'c'])).toEqual(LINE)
})

test('refuses names that the graph does not have', () => {
  const graph = graphOf(['billing', 'mailer'], [])
  expect(() => onlyProcessors(graph, ['biling', 'mailer'])).toThrow('no processor named "biling"')
  expect(() => onlyProcessors(graph, ['x', 'y'])).toThrow(
    expect.objectContaining({ message: 'no processors named "x", "y"', remedy: 'There are: billing, mailer.' }),
  )
})
