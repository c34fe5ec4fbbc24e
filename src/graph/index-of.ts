import type { Graph, GraphChannel, GraphProcessor, GraphStream } from './graph.ts'

/** A stream with its place in `graph.streams`. */
export interface IndexedStream extends GraphStream {
  readonly index: number
}

/** A graph by name: each look-up takes the same time, however large the graph is. */
export interface GraphIndex {
  /** The streams that a processor emits to, in the order of the graph. */
  outgoing(processor: string): readonly IndexedStream[]
  processor(name: string): GraphProcessor | undefined
  channel(name: string): GraphChannel | undefined
}

const indexes = new WeakMap<Graph, GraphIndex>()

/** Returns the index of a graph. It is made once for each graph, which is frozen. */
export function indexOf(graph: Graph): GraphIndex {
  const index = indexes.get(graph) ?? makeIndex(graph)
  indexes.set(graph, index)
  return index
}

function makeIndex({ processors, streams, channels }: Graph): GraphIndex {
  const outgoing = new Map<string, IndexedStream[]>()
  for (const [index, stream] of streams.entries()) {
    const others = outgoing.get(stream.from)
    if (others === undefined) outgoing.set(stream.from, [{ ...stream, index }])
    else others.push({ ...stream, index })
  }
  const processorsByName = new Map(processors.map((processor) => [processor.name, processor]))
  const channelsByName = new Map(channels.map((channel) => [channel.name, channel]))
  return {
    outgoing: (processor) => outgoing.get(processor) ?? [],
    processor: (name) => processorsByName.get(name),
    channel: (name) => channelsByName.get(name),
  }
}
