import type { BrokerWorker, Leader } from '../../runtime/broker.ts'

/** Follows which channels this worker leads: the owner of the first lane of a channel leads it. */
export interface Leading {
  /** Adds what the leader of a channel does. */
  add(channel: string, leader: Leader): void
  /** Wraps what takes lanes. A lane is given back when nothing is led with it any more. */
  gained(take: BrokerWorker['gained']): BrokerWorker['gained']
}

/** Makes what leads nothing yet. */
export function createLeading(): Leading {
  const leaders = new Map<string, Leader[]>()
  const led = new Set<string>()
  const endAll = async (channel: string) => {
    led.delete(channel)
    await Promise.all((leaders.get(channel) ?? []).map((leader) => leader.end()))
  }
  return {
    add(channel, leader) {
      leaders.set(channel, [...(leaders.get(channel) ?? []), leader])
      if (led.has(channel)) leader.begin()
    },
    gained: (take) => (lane) => {
      const user = take(lane)
      const { channel, index } = lane
      if (index !== 0) return user
      led.add(channel)
      for (const leader of leaders.get(channel) ?? []) leader.begin()
      return {
        ...user,
        lost() {
          user.lost()
          void endAll(channel)
        },
        async release() {
          await endAll(channel)
          await user.release()
        },
      }
    },
  }
}
