import { AttakError } from '../errors.ts'
import type { BrokerSend } from './broker.ts'

/** How many lanes each channel of a broker has. */
export type LaneCounts = ReadonlyMap<string, number>

/** Makes the function that returns the lane of a record, from 0. It throws BROKER_FAILED for a channel that is not there. */
export function createPlacing(lanesOf: LaneCounts): (send: Pick<BrokerSend, 'channel' | 'key'>) => number {
  let turn = 0
  return ({ channel, key }) => {
    const lanes = lanesOf.get(channel)
    if (lanes === undefined)
      throw new AttakError('BROKER_FAILED', `channel "${channel}" is not there`, 'Start a worker.')
    return key === undefined ? turn++ % lanes : hashOf(key) % lanes
  }
}

/** Returns the warning about channels that were made with another number of lanes than is wanted now; none if there are none. */
export function otherLanes(lanesOf: LaneCounts, channels: readonly string[], wanted: number): readonly string[] {
  const other = channels.filter((channel) => lanesOf.get(channel) !== wanted)
  if (other.length === 0) return []
  const found = other.map((channel) => `"${channel}" has ${lanesOf.get(channel)}`).join(', ')
  return [
    `The number of lanes is fixed when a channel is made: ${found}, not ${wanted}. --lanes has no effect on them.`,
  ]
}

/** FNV-1a of the UTF-16 units of a text: quick, the same everywhere, and even enough for lanes. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  // The lowest bits of FNV differ least.
  return ((hash ^ (hash >>> 15)) >>> 0) % 0x7fffffff
}
