import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** stdin, stdout and stderr. */
const MOST_STANDARD = 2

/**
 * Keeps descriptors 0, 1 and 2 open if code of a project closes one. Otherwise the next opened file would get its
 * number, and attak would write its results there. Node does the same for `process.stdout`. Returns the function that
 * really closes.
 */
export function keepStandardOpen(): typeof fs.closeSync {
  const { close, closeSync } = fs
  const done = (error: Error | null | undefined) => {
    if (error) throw error
  }
  fs.closeSync = (descriptor) => {
    if (!isStandard(descriptor)) closeSync(descriptor)
  }
  const keep: typeof close = Object.assign(
    (descriptor: number, callback: fs.NoParamCallback = done) => {
      if (isStandard(descriptor)) queueMicrotask(() => callback(null))
      else close(descriptor, callback)
    },
    { __promisify__: close.__promisify__ },
  )
  fs.close = keep
  syncBuiltinESMExports()
  return closeSync
}

function isStandard(descriptor: unknown): boolean {
  return typeof descriptor === 'number' && descriptor >= 0 && descriptor <= MOST_STANDARD
}
