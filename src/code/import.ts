import own from 'node:process'
import { setImmediate } from 'node:timers'

/** The result of an import. An error is any value that was thrown. */
export type Imported<Value> =
  | { readonly kind: 'imported'; readonly value: Value }
  | { readonly kind: 'threw'; readonly error: unknown }

/**
 * Runs `load`, which imports code of a project, and catches what it throws.
 *
 * If an ES module imports CommonJS that throws, Node 20 reports the error a second time, as an unhandled rejection. This second
 * report is suppressed. If another module imports the same CommonJS later, that import even succeeds, and Node only makes the
 * report. Then the result is the error, too.
 */
export async function catchImport<Value>(load: () => Promise<Value>): Promise<Imported<Value>> {
  try {
    const value = await load()
    const again = caught.size === 0 ? [] : await takeReports()
    return again.length === 0 ? { kind: 'imported', value } : { kind: 'threw', error: again[0] }
  } catch (error) {
    caught.add(error)
    await takeReports()
    return { kind: 'threw', error }
  }
}

const EVENT = 'unhandledRejection'

/** All that imports have thrown in this process. */
const caught = new Set<unknown>()

/** The imports that have ended, and what was reported again since. Node reports before it runs the next immediate. */
const taking = new Set<unknown[]>()

/** The subscribers to unhandled rejections. They receive all others. */
let subscribers: ReturnType<NodeJS.Process['rawListeners']> = []

/** Keeps second reports from those who subscribed until Node has made them. Returns the errors that were reported again. */
async function takeReports(): Promise<readonly unknown[]> {
  if (taking.size === 0) {
    subscribers = own.rawListeners(EVENT)
    own.removeAllListeners(EVENT)
    own.on(EVENT, onReport)
  }
  const reported: unknown[] = []
  taking.add(reported)
  await new Promise<void>((resolve) => setImmediate(resolve))
  taking.delete(reported)
  if (taking.size === 0) {
    own.off(EVENT, onReport)
    for (const subscriber of subscribers) own.on(EVENT, subscriber as () => void)
  }
  return reported
}

function onReport(reason: unknown, promise: Promise<unknown>): void {
  if (caught.has(reason)) {
    for (const reported of taking) reported.push(reason)
    return
  }
  // Without subscribers an unhandled rejection ends the process. So does this.
  if (subscribers.length === 0) throw reason
  for (const subscriber of subscribers) Reflect.apply(subscriber, own, [reason, promise])
}
