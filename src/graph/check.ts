import type { Problem } from '../errors.ts'
import { placeOfProcessor } from '../topology/name.ts'
import type { Graph } from './graph.ts'

/**
 * What looks like a mistake in a graph as a whole: a processor that no stream touches and nobody invokes, while streams
 * join others. A topology without streams is a set of processors of their own, which is fine.
 */
export function checkGraph(graph: Graph): readonly Problem[] {
  if (graph.streams.length === 0) return []
  const calls = graph.processors.flatMap(({ name, invokes }) => (invokes.length === 0 ? [] : [name, ...invokes]))
  const joined = new Set([...graph.streams.flatMap(({ from, to }) => [from, to]), ...calls])
  return graph.processors.filter(({ name }) => !joined.has(name)).map(({ name }) => unused(name))
}

/** The same problems, with one for all processors that no stream touches: where somebody asked for something else. */
export function summarizeUnused(problems: readonly Problem[]): readonly Problem[] {
  const unused = problems.filter(({ code }) => code === 'TOPOLOGY_UNUSED_PROCESSOR')
  const [first] = unused
  if (first === undefined || unused.length === 1) return problems
  const shown = unused.slice(0, MOST_SHOWN).map(({ where }) => where)
  const more = unused.length > MOST_SHOWN ? [`${unused.length - MOST_SHOWN} more`] : []
  const summary: Problem = {
    ...first,
    where: [...shown, ...more].join(', '),
    what: 'no stream leads to them or from them: they hear only inputs, and all they emit are outputs',
    remedy: 'Add streams, or remove what is a leftover.',
  }
  return problems.flatMap((problem) => (problem === first ? [summary] : unused.includes(problem) ? [] : [problem]))
}

const MOST_SHOWN = 5

function unused(name: string): Problem {
  return {
    code: 'TOPOLOGY_UNUSED_PROCESSOR',
    severity: 'warning',
    where: placeOfProcessor(name),
    what: 'no stream leads to it or from it: it hears only inputs, and all it emits are outputs',
    remedy: 'Add a stream, or remove it if it is a leftover.',
  }
}
