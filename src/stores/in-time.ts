import type { ErrorStore } from '../runtime/store.ts'

/** A clock for time limits. */
export interface Answering {
  /** Calls back after a wait. Returns what cancels it. */
  readonly after: (ms: number, call: () => void) => () => void
}

/** Returns the answer of a call; rejects if it does not come in time, though the call may have had its effect. */
export function inTime<Value>(
  call: Promise<Value>,
  { withinMs, after }: Answering & { readonly withinMs: number },
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = after(withinMs, () => reject(new Error(`no answer within ${Math.round(withinMs)} ms`)))
    call.then(resolve, reject).finally(cancel)
  })
}

/** Waits until a store has a batch. Each of its records is refused for now if that fails, or does not end in time. */
export async function putInTime(
  batch: Parameters<ErrorStore['put']>[0],
  call: Promise<unknown>,
  limit: Answering & { readonly withinMs: number },
): ReturnType<ErrorStore['put']> {
  try {
    await inTime(call, limit)
    return []
  } catch (error) {
    const why = (error as Error).message
    return batch.map((_, index) => ({ index, passing: true, why }))
  }
}
