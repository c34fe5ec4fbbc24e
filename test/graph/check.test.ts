import { expect, it } from 'vitest'
import { buildGraph } from '../../src/graph/build.ts'
import { checkGraph } from '../../src/graph/check.ts'
import type { TopologyStream } from '../../src/topology/topology.ts'

function warnings(streams: readonly TopologyStream[]) {
  const processors = ['a', 'b', 'c'].map(
    (name) => ({ name, namedByIndex: false, source: { kind: 'module', path: `./${name}` } }) as const,
  )
  const graph = buildGraph({ name: 't', processors, streams }, { stage: 'dev' })
  return checkGraph(graph).map(({ code, severity, where }) => [code, severity, where])
}

it('warns of a processor that no stream touches', () => {
  expect(warnings([{ from: 'a', to: 'b' }])).toEqual([['TOPOLOGY_UNUSED_PROCESSOR', 'warning', 'processors.c']])
})

it('takes a topology without streams as meant', () => {
  expect(warnings([])).toEqual([])
})

it('takes a processor that hears itself alone as used', () => {
  expect(
    warnings([
      { from: 'a', to: 'b' },
      { from: 'c', to: 'c' },
    ]),
  ).toEqual([])
})
