import type { SourceWorld } from '../runtime/source.ts'

/** Whether a source was asked to take nothing more. */
export interface Stop {
  readonly isStopped: boolean
  /** Resolves when it was. */
  readonly stopped: Promise<undefined>
  stop(): void
}

/** Makes what stops a source. */
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

/** Waits for a while, or until a source is stopped. */
export async function waitFor({ after }: Pick<SourceWorld, 'after'>, ms: number, { stopped }: Stop): Promise<void> {
  let cancel = () => {}
  const waited = new Promise<void>((resolve) => {
    cancel = after(ms, resolve)
  })
  await Promise.race([waited, stopped])
  cancel()
}
