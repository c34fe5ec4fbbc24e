import type { RoutingTable } from '../graph/graph.ts'

/** Finds where emits with a topic go. */
export type Router<R> = (topic: string) => R

/**
 * Makes a router of a baked routing table. `makeRoute` gets the indexes of a topic's streams, ascending; without any an
 * emit is an output. A topic that is seen again gets the same route.
 */
export function routerOf<R>(table: RoutingTable, makeRoute: (streams: readonly number[]) => R): Router<R> {
  const listed = new Map(Object.entries(table.byTopic))
  const known = new Map<string, R>()
  let lastTopic: string | undefined
  let last: R | undefined
  return (topic) => {
    if (last !== undefined && lastTopic === topic) return last
    let route = known.get(topic)
    if (route === undefined) {
      route = makeRoute(listed.get(topic) ?? table.all)
      if (known.size < MOST_TOPICS) known.set(topic, route)
    }
    lastTopic = topic
    last = route
    return route
  }
}

/** Topics made from data would fill memory: past this many, the routes of new ones are made anew each time. */
const MOST_TOPICS = 1000
