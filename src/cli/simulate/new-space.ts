import { createRequire } from 'node:module'

/** What is asked of Node's `v8`. */
export type V8 = Pick<typeof import('node:v8'), 'getHeapSpaceStatistics' | 'setFlagsFromString'>

/** Both halves of it, of 8 MiB each. */
const ENOUGH_BYTES = 16 * 1024 * 1024
const LOOK_EVERY_MS = 50
const OPTION = '--semi-space-growth-factor'

/**
 * Keeps V8's space for new objects from growing to the 2 × 16 MiB that it takes by itself in a run of some seconds: what a
 * simulation makes is gone before half of that is full, so a run is no slower, and takes 17 MB less (row M1 of the
 * benchmarks). Gives what takes it back, which is for the end: V8 refuses compiled code that was kept under other flags.
 */
export function holdNewSpace(open: () => V8 = () => createRequire(import.meta.url)('node:v8')): () => void {
  let v8: V8 | undefined
  let release = () => {}
  const looking = setInterval(() => {
    v8 ??= open()
    const size = v8.getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0
    if (size < ENOUGH_BYTES) return
    clearInterval(looking)
    v8.setFlagsFromString(`${OPTION}=1`)
    release = () => v8?.setFlagsFromString(`${OPTION}=2`)
  }, LOOK_EVERY_MS)
  looking.unref()
  return () => {
    clearInterval(looking)
    release()
  }
}
