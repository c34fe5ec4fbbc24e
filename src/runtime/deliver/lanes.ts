/** The messages that wait for their key: messages with one key are handled one after the other. */
export interface Lane<T> {
  /** A message with the key is being handled, or waits for a retry. */
  held: boolean
  /** One of the key is left for later, so all that follow are too. */
  blocked: boolean
  readonly waiting: T[]
  /** How many of `waiting` have been passed on. */
  left: number
}

/** Finds the lane of a key, making it when it is first asked for. */
export function laneOf<T>(lanes: Map<string, Lane<T>>, key: string): Lane<T> {
  let lane = lanes.get(key)
  if (lane === undefined) {
    lane = { held: false, blocked: false, waiting: [], left: 0 }
    lanes.set(key, lane)
  }
  return lane
}

/** Releases a lane. Returns its next holder, if one waits. */
export function passOn<T>(lane: Lane<T>): T | undefined {
  lane.held = !lane.blocked && lane.left < lane.waiting.length
  return lane.held ? lane.waiting[lane.left++] : undefined
}

/** Returns the messages that still wait. */
export function waitingIn<T>(lane: Lane<T>): readonly T[] {
  return lane.waiting.slice(lane.left)
}
