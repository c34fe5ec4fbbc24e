/** How much happened somewhere, or was done by someone. */
export interface Counts {
  events: number
  commits: number
  comments: number
}

export function noCounts(): Counts {
  return { events: 0, commits: 0, comments: 0 }
}

/** Adds up what goes by the same name; the busiest come first. */
export function sumByName(entries: readonly (readonly [name: string, counts: Counts])[]): [string, Counts][] {
  const sums = new Map<string, Counts>()
  for (const [name, counts] of entries) sums.set(name, add(sums.get(name) ?? noCounts(), counts))
  return [...sums].sort(([left, a], [right, b]) => effort(b) - effort(a) || (left < right ? -1 : 1))
}

function add(a: Counts, b: Counts): Counts {
  return { events: a.events + b.events, commits: a.commits + b.commits, comments: a.comments + b.comments }
}

function effort({ events, commits, comments }: Counts): number {
  return events + commits + comments
}
