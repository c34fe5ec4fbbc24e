import { AttakError, nearest } from '../errors.ts'
import type { Graph, GraphChannel, GraphStream } from './graph.ts'

/**
 * Returns the part of a graph that has only these processors and the streams between them. Emits to other processors become
 * outputs. Throws TOPOLOGY_UNKNOWN_PROCESSOR with every name that the graph does not have.
 */
export function onlyProcessors(graph: Graph, names: readonly string[]): Graph {
  const kept = new Set(names)
  const known = new Set(graph.processors.map(({ name }) => name))
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length > 0) throw unknownProcessors(unknown, known)
  const streams = graph.streams.filter(({ from, to }) => kept.has(from) && kept.has(to))
  return Object.freeze({
    ...graph,
    processors: Object.freeze(graph.processors.filter(({ name }) => kept.has(name))),
    streams: Object.freeze(streams),
    ...(graph.sources && { sources: Object.freeze(graph.sources.filter(({ to }) => kept.has(to))) }),
    channels: Object.freeze(graph.channels.flatMap((channel) => channelOf(channel, streams) ?? [])),
  })
}

/** A channel with those of its streams that are left; undefined when none is. */
function channelOf(channel: GraphChannel, left: readonly GraphStream[]): GraphChannel | undefined {
  const carried = [...left.entries()].filter(([, stream]) => stream.channel === channel.name)
  if (carried.length === 0) return undefined
  const to = [...new Set(carried.map(([, stream]) => stream.to))]
  return Object.freeze({ ...channel, to: Object.freeze(to), streams: Object.freeze(carried.map(([index]) => index)) })
}

function unknownProcessors(unknown: readonly string[], known: ReadonlySet<string>): AttakError {
  const quoted = unknown.map((name) => `"${name}"`).join(', ')
  const [first = ''] = unknown
  const near = nearest(first, known)
  return new AttakError(
    'TOPOLOGY_UNKNOWN_PROCESSOR',
    unknown.length === 1 ? `no processor named ${quoted}` : `no processors named ${quoted}`,
    near === undefined ? `There are: ${[...known].join(', ')}.` : `Did you mean "${near}"?`,
  )
}
