import type { Graph, RoutingTable } from './graph.ts'
import { indexOf } from './index-of.ts'

/** The routing table of one processor: all of the graph that sending its emits needs. */
export function routesFor(graph: Graph, processor: string): RoutingTable {
  const all: number[] = []
  const named = new Map<string, number[]>()
  for (const { topics, index } of indexOf(graph).outgoing(processor)) {
    if (topics === undefined) all.push(index)
    for (const topic of topics ?? []) {
      const streams = named.get(topic) ?? []
      streams.push(index)
      named.set(topic, streams)
    }
  }
  const byTopic: Record<string, readonly number[]> = Object.create(null)
  for (const [topic, own] of named) byTopic[topic] = Object.freeze([...all, ...own].sort((a, b) => a - b))
  return Object.freeze({ all: Object.freeze(all), byTopic: Object.freeze(byTopic) })
}

/** The streams, as indexes into `graph.streams`, that an emit with `topic` goes over. */
export function routeOf(routes: RoutingTable, topic: string): readonly number[] {
  return Object.hasOwn(routes.byTopic, topic) ? routes.byTopic[topic]! : routes.all
}
