import { expect, test } from 'vitest'
import type { Graph } from '../../src/graph/graph.ts'
import { onlyProcessors } from '../../src/graph/only.ts'
import { buildGraph } from '../../src/project/parse.ts'

function graphOf(names: readonly string[], edges: readonly (readonly [string, string])[]): Graph {
  const processors = names.map(
    (name) => ({ name, namedByIndex: false, source: { kind: 'module', path: `./${name}` } }) as const,
  )
  const streams = edges.map(([from, to]) => ({ from, to }))
  return buildGraph({ name: 't', processors, streams }, { stage: 'dev' })
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
  expect(part.channels.map(({ name, to, streams }) => [name, to, streams])).toEqual([['c', ['c'], [0, 1]]])
})

test('all names return an equal graph', () => {
  expect(onlyProcessors(LINE, ['a', 'b', 'c'])).toEqual(LINE)
})

test('refuses names that the graph does not have', () => {
  const graph = graphOf(['billing', 'mailer'], [])
  expect(() => onlyProcessors(graph, ['biling', 'mailer'])).toThrow('no processor named "biling"')
  expect(() => onlyProcessors(graph, ['x', 'y'])).toThrow(
    expect.objectContaining({ message: 'no processors named "x", "y"', remedy: 'There are: billing, mailer.' }),
  )
})
