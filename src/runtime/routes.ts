import type { RoutingTable } from '../graph/graph.ts'
import { routeOf } from '../graph/routes.ts'

/** Finds where emits with a topic go. */
export type Router<R> = (topic: string) => R

/**
 * Makes a router of a baked routing table. `makeRoute` gets the indexes of a topic's streams, ascending; without any an
 * emit is an output. A topic that is seen again gets the same route.
 */
export function routerOf<R>(
  table: RoutingTable,
  makeRoute: (streams: readonly number[], topic: string) => R,
): Router<R> {
  const known = new Map<string, R>()
  return (topic) => {
    const seen = known.get(topic)
    if (seen !== undefined) return seen
    const route = makeRoute(routeOf(table, topic), topic)
    if (known.size < MOST_TOPICS) known.set(topic, route)
    return route
  }
}

/** Topics made from data would fill memory: past this many, the routes of new ones are made anew each time. */
const MOST_TOPICS = 1000
