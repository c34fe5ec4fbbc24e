import type { Problem } from '../errors.ts'
import { keepsOrder } from '../topology/carrier-rules.ts'
import { placeOfProcessor } from '../topology/name.ts'
import type { Graph, GraphStream } from './graph.ts'
import { longestWaitMs, mostWaitInPlaceMs } from './holds.ts'

/**
 * Returns problems of a graph as a whole:
 * - A processor without streams that no processor invokes and no source feeds, while the graph has streams. A graph without streams is fine.
 * - Retries that do not fit. A stream that keeps order holds an event with a key before each attempt, and its carrier limits how
 *   long. This is an error if the topology sets `fifo`. Elsewhere it is a warning, because only a run shows which emits have keys.
 */
export function checkGraph(graph: Graph): readonly Problem[] {
  return [...unusedProcessors(graph), ...graph.streams.flatMap((stream) => misfits(stream, graph))]
}

function unusedProcessors(graph: Graph): readonly Problem[] {
  if (graph.streams.length === 0) return []
  const calls = graph.processors.flatMap(({ name, invokes }) => (invokes.length === 0 ? [] : [name, ...invokes]))
  const fed = (graph.sources ?? []).map(({ to }) => to)
  const joined = new Set([...graph.streams.flatMap(({ from, to }) => [from, to]), ...calls, ...fed])
  return graph.processors.filter(({ name }) => !joined.has(name)).map(({ name }) => unused(name))
}

/** What waits in its place has to get through all of its tries there. */
function misfits(stream: GraphStream, graph: Graph): readonly Problem[] {
  const rules = graph.carriers[stream.via]
  const mostMs = mostWaitInPlaceMs(graph, stream)
  const totalMs = totalWaitMs(stream)
  if (!keepsOrder(rules, stream) || mostMs === undefined || totalMs < mostMs) return []
  const { from, to, fifo } = stream
  const { waitsFor } = rules
  const limit = waitsFor === 'timeout' ? `the timeout of "${to}"` : waitsFor
  return [
    {
      code: 'TOPOLOGY_INVALID',
      severity: fifo ? 'error' : 'warning',
      where: `stream "${from} → ${to}"`,
      what: `an event with a key waits in its stream before each attempt, ${totalMs / 1000} s in total, but ${limit} is ${mostMs / 1000} s`,
      remedy: `Set retries or backoff lower, or ${limit} above ${totalMs / 1000}${fifo ? '' : '; events without a key do not need that'}.`,
    },
  ]
}

/** Warns of each source: a deploy leaves it out. */
export function undeployedSources({ sources = [] }: Graph): readonly Problem[] {
  return sources.map(({ name, type, to }) => ({
    code: 'SOURCE_NOT_DEPLOYED',
    severity: 'warning',
    where: `sources.${name}`,
    what: `a deploy leaves it out: only attak run serves a source of the type "${type}"`,
    remedy: `Send its events to "${to}" with attak trigger, or run the topology with attak run.`,
  }))
}

/** All waits of one message together, at the longest. */
function totalWaitMs({ retries, backoff }: GraphStream): number {
  let totalMs = 0
  for (let failures = 1; failures <= retries; failures++) totalMs += longestWaitMs(failures, backoff)
  return totalMs
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
    what: 'no stream leads to them or from them: they receive only inputs, and all their emits are outputs',
    remedy: 'Add streams, or remove what is not needed.',
  }
  return problems.flatMap((problem) => (problem === first ? [summary] : unused.includes(problem) ? [] : [problem]))
}

const MOST_SHOWN = 5

function unused(name: string): Problem {
  return {
    code: 'TOPOLOGY_UNUSED_PROCESSOR',
    severity: 'warning',
    where: placeOfProcessor(name),
    what: 'no stream leads to it or from it: it receives only inputs, and all its emits are outputs',
    remedy: 'Add a stream, or remove it if it is not needed.',
  }
}
