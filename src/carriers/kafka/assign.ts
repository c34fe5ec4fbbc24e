/** A member of the group, as it says itself. */
export interface Member {
  readonly id: string
  /** The channels that it receives, with their numbers of lanes. */
  readonly channels: Readonly<Record<string, number>>
  /** The lanes that it has now, as `bill:3`. */
  readonly owned: readonly string[]
}

/**
 * Decides who owns which lanes. A lane that a member has is given to no other one: a member that has more than its share is not
 * told of some, gives them back, and they are given away the next time. Each member gets an even share of each channel.
 */
export function assignLanes(members: readonly Member[]): ReadonlyMap<string, readonly string[]> {
  const given = new Map<string, string[]>(members.map(({ id }) => [id, []]))
  const channels = new Map<string, number>()
  for (const member of members) {
    for (const [channel, lanes] of Object.entries(member.channels)) {
      channels.set(channel, Math.max(lanes, channels.get(channel) ?? 0))
    }
  }
  for (const [channel, count] of [...channels].sort()) assignChannel(given, members, channel, count)
  return given
}

function assignChannel(
  given: ReadonlyMap<string, string[]>,
  members: readonly Member[],
  channel: string,
  count: number,
): void {
  const taken = new Set<string>()
  const has = new Map<string, readonly string[]>()
  for (const { id, owned } of members) {
    const own = owned.filter((lane) => channelOf(lane) === channel && !taken.has(lane))
    for (const lane of own) taken.add(lane)
    has.set(id, own)
  }
  const loadOf = (id: string) => given.get(id)!.length
  // Who has most of this channel keeps most; else who has least of all.
  const takers = members
    .filter((member) => channel in member.channels)
    .map(({ id }) => id)
    .sort((a, b) => has.get(b)!.length - has.get(a)!.length || loadOf(a) - loadOf(b) || (a < b ? -1 : 1))
  const free = Array.from({ length: count }, (_, index) => `${channel}:${index}`).filter((lane) => !taken.has(lane))
  for (const [place, id] of takers.entries()) {
    const share = Math.floor(count / takers.length) + (place < count % takers.length ? 1 : 0)
    const kept = has.get(id)!.slice(0, share)
    given.get(id)!.push(...kept, ...free.splice(0, share - kept.length))
  }
}

/** Returns the channel of a lane: `bill` of `bill:3`. */
export function channelOf(lane: string): string {
  return lane.slice(0, lane.lastIndexOf(':'))
}
