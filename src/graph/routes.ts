import type { Graph, RoutingTable } from './graph.ts'

/** The routing table of one processor: everything a transport needs to know of the graph to send its emits. */
export function routesFor(graph: Graph, processor: string): RoutingTable {
  const all: number[] = []
  const topics = new Set<string>()
  const outgoing = graph.streams.flatMap((stream, index) => (stream.from === processor ? [{ ...stream, index }] : []))
  for (const stream of outgoing) {
    if (stream.topics === undefined) all.push(stream.index)
    else for (const topic of stream.topics) topics.add(topic)
  }
  const byTopic: Record<string, readonly number[]> = Object.create(null)
  for (const topic of topics) {
    const hearing = outgoing.filter((stream) => stream.topics === undefined || stream.topics.includes(topic))
    byTopic[topic] = Object.freeze(hearing.map(({ index }) => index))
  }
  return Object.freeze({ all: Object.freeze(all), byTopic: Object.freeze(byTopic) })
}

/** The streams, as indexes into `graph.streams`, that an emit with `topic` goes over. */
export function routeOf(routes: RoutingTable, topic: string): readonly number[] {
  return Object.hasOwn(routes.byTopic, topic) ? routes.byTopic[topic]! : routes.all
}
