import type { Problem } from '../errors.ts'
import { placeOfProcessor } from '../topology/name.ts'
import type { Graph } from './graph.ts'

/**
 * What looks like a mistake in a graph as a whole: a processor that no stream touches, while streams join others. A
 * topology without streams is a set of processors of their own, which is fine.
 */
export function checkGraph(graph: Graph): readonly Problem[] {
  if (graph.streams.length === 0) return []
  const joined = new Set(graph.streams.flatMap(({ from, to }) => [from, to]))
  return graph.processors.filter(({ name }) => !joined.has(name)).map(({ name }) => unused(name))
}

function unused(name: string): Problem {
  return {
    code: 'TOPOLOGY_UNUSED_PROCESSOR',
    severity: 'warning',
    where: placeOfProcessor(name),
    what: 'no stream leads to it or from it: it hears only inputs, and all it emits are outputs',
    remedy: 'Add a stream, or remove it if it is a leftover.',
  }
}
