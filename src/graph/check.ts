import type { Problem } from '../errors.ts'
import { placeOfProcessor } from '../topology/name.ts'
import type { Graph, GraphStream } from './graph.ts'
import { longestWaitMs, recordAgeMs } from './holds.ts'
import { indexOf } from './index-of.ts'

/**
 * What looks like a mistake in a graph as a whole: a processor that no stream touches and nobody invokes, while streams
 * join others. A topology without streams is a set of processors of their own, which is fine. And what cannot be: a queue
 * that keeps order, which must wait in place before it tries again, for longer than its receiver may run. Over Kinesis only
 * a key makes an event wait so, and who emits with one is known when it runs: so waits that are too long there are told of,
 * and no more.
 */
export function checkGraph(graph: Graph): readonly Problem[] {
  return [...unusedProcessors(graph), ...graph.streams.flatMap((stream) => misfits(stream, graph))]
}

function unusedProcessors(graph: Graph): readonly Problem[] {
  if (graph.streams.length === 0) return []
  const calls = graph.processors.flatMap(({ name, invokes }) => (invokes.length === 0 ? [] : [name, ...invokes]))
  const joined = new Set([...graph.streams.flatMap(({ from, to }) => [from, to]), ...calls])
  return graph.processors.filter(({ name }) => !joined.has(name)).map(({ name }) => unused(name))
}

/** What waits where it is has to get through all of its tries there. */
function misfits(stream: GraphStream, graph: Graph): readonly Problem[] {
  const totalMs = totalWaitMs(stream)
  if (stream.via === 'kinesis') {
    const ageMs = recordAgeMs(graph, stream)
    return ageMs === undefined || totalMs < ageMs ? [] : [tooOld(stream, totalMs, ageMs)]
  }
  const { timeoutMs } = indexOf(graph).processor(stream.to)!
  return stream.fifo && totalMs >= timeoutMs ? [tooLong(stream, totalMs, timeoutMs)] : []
}

/** All waits of one message together, at the longest. */
function totalWaitMs({ retries, backoff }: GraphStream): number {
  let totalMs = 0
  for (let failures = 1; failures <= retries; failures++) totalMs += longestWaitMs(failures, backoff)
  return totalMs
}

function tooLong({ from, to }: GraphStream, totalMs: number, timeoutMs: number): Problem {
  return {
    code: 'TOPOLOGY_INVALID',
    severity: 'error',
    where: `stream "${from} → ${to}"`,
    what: `fifo: true keeps a failed message in its place, and waits of ${totalMs} ms together before its last try do not fit the timeout of "${to}", ${timeoutMs / 1000} s`,
    remedy: `Set retries or backoff lower, or the timeout of "${to}" above ${totalMs / 1000}.`,
  }
}

function tooOld({ from, to }: GraphStream, totalMs: number, ageMs: number): Problem {
  return {
    code: 'TOPOLOGY_INVALID',
    severity: 'warning',
    where: `stream "${from} → ${to}"`,
    what: `an event with a key waits in its stream before each try, ${totalMs / 1000} s together before its last, and is given up when it is ${ageMs / 1000} s old`,
    remedy: `Set retries or backoff lower, or maximumRecordAge above ${totalMs / 1000}; events without a key do not need that.`,
  }
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
