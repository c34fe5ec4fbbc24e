/** What ends something that goes on: a source that takes no more, a wait. */
export interface Stop {
  readonly isStopped: boolean
  /** Resolves when it is stopped. */
  readonly stopped: Promise<undefined>
  stop(): void
}

/** Makes what is not stopped yet. */
export function createStop(): Stop {
  let isStopped = false
  let resolve = (_: undefined) => {}
  const stopped = new Promise<undefined>((resolveIt) => {
    resolve = resolveIt
  })
  return {
    stopped,
    get isStopped() {
      return isStopped
    },
    stop() {
      isStopped = true
      resolve(undefined)
    },
  }
}

/** Waits for a while, or until it is stopped. */
export async function waitFor(
  { after }: { readonly after: (ms: number, call: () => void) => () => void },
  ms: number,
  { stopped }: { readonly stopped: Promise<unknown> },
): Promise<void> {
  let cancel = () => {}
  const waited = new Promise<void>((resolve) => {
    cancel = after(ms, resolve)
  })
  await Promise.race([waited, stopped])
  cancel()
}
