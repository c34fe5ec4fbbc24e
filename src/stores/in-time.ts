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
