import type { RoutingTable } from '../graph/graph.ts'

/** The edges that an emit with one topic goes over; none makes it an output. */
export interface Route<E> {
  readonly topic: string
  readonly edges: readonly E[]
}

/** Finds the route of a topic. */
export type Router<E> = (topic: string) => Route<E>

/** Makes a router of a baked routing table, over the edges that its indexes name. */
export function routerOf<E>(table: RoutingTable, edges: readonly E[]): Router<E> {
  const routeOf = (topic: string, indexes: readonly number[]): Route<E> => ({
    topic,
    edges: indexes.map((index) => edges[index]!),
  })
  const known = new Map(Object.entries(table.byTopic).map(([topic, indexes]) => [topic, routeOf(topic, indexes)]))
  let last: Route<E> | undefined
  return (topic) => {
    if (last !== undefined && last.topic === topic) return last
    let route = known.get(topic)
    if (route === undefined) {
      route = routeOf(topic, table.all)
      if (known.size < MOST_TOPICS) known.set(topic, route)
    }
    last = route
    return route
  }
}

/** Topics made from data would fill memory: past this many, routes of unlisted topics are made anew each time. */
const MOST_TOPICS = 1000
