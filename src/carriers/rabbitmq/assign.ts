/** What the shares of workers follow from. */
export interface Member {
  readonly id: string
  readonly channels: readonly string[]
  readonly startedMs: number
}

/**
 * Returns the worker of each lane of a channel. All workers come to the same answer by themselves. Those who came first have all
 * lanes at first; each that came later takes its share from those who have most, so no lane moves between earlier ones.
 */
export function assignLanes(
  channel: string,
  lanes: number,
  members: readonly Member[],
): readonly (string | undefined)[] {
  const sharing = members
    .filter(({ channels }) => channels.includes(channel))
    .sort((a, b) => a.startedMs - b.startedMs || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id)
  const owners: (string | undefined)[] = Array.from({ length: lanes }, () => sharing[0])
  for (const [index, id] of sharing.entries()) {
    if (index === 0) continue
    const earlier = sharing.slice(0, index)
    const countOf = (owner: string | undefined) => owners.filter((other) => other === owner).length
    for (let taken = 0; taken < Math.floor(lanes / (index + 1)); taken++) {
      const richest = earlier.reduce((most, other) => (countOf(other) > countOf(most) ? other : most))
      owners[owners.lastIndexOf(richest)] = id
    }
  }
  return owners
}
