/** What ends something that goes on: a source that takes no more, a wait. */
export interface Stop {
  readonly isStopped: boolean
  /** Resolves when it is stopped. */
  readonly stopped: Promise<undefined>
  /**
   * Waits for a value, or until it is stopped: then it is undefined. It leaves nothing behind. A race with `stopped` would keep
   * each wait until the stop.
   */
  until<Value>(value: Promise<Value> | Value): Promise<Value | undefined>
  stop(): void
}

/** Makes what is not stopped yet. */
export function createStop(): Stop {
  let isStopped = false
  let resolve = (_: undefined) => {}
  const stopped = new Promise<undefined>((resolveIt) => {
    resolve = resolveIt
  })
  const ends = new Set<() => void>()
  return {
    stopped,
    until: (value) =>
      new Promise((settle, reject) => {
        const end = () => settle(undefined)
        if (isStopped) end()
        else ends.add(end)
        Promise.resolve(value)
          .finally(() => ends.delete(end))
          .then(settle, reject)
      }),
    get isStopped() {
      return isStopped
    },
    stop() {
      isStopped = true
      resolve(undefined)
      for (const end of ends) end()
      ends.clear()
    },
  }
}

/** Waits for a while, or until one of these is stopped. */
export async function waitFor(
  { after }: { readonly after: (ms: number, call: () => void) => () => void },
  ms: number,
  ...stops: readonly Pick<Stop, 'until'>[]
): Promise<void> {
  let cancel = () => {}
  let waiting = new Promise<undefined>((resolve) => {
    cancel = after(ms, () => resolve(undefined))
  })
  for (const stop of stops) waiting = stop.until(waiting)
  await waiting
  cancel()
}
