import { createRequire } from 'node:module'

const OPTION = '--max-inlined-bytecode-size-cumulative'

/**
 * Lets V8 inline more into one function than it does by itself (920 bytes of bytecode in all): a message passes some
 * twenty small functions, and calling them costs a quarter of a dispatch (row S1 of the benchmarks). To be called
 * when a run has begun to be long: it makes what Node loads later load slower. A V8 that does not know the flag goes on
 * without. Gives what takes it back: V8 refuses compiled code that was kept under other flags than its own.
 */
export function raiseInlining(): () => void {
  const v8: typeof import('node:v8') = createRequire(import.meta.url)('node:v8')
  v8.setFlagsFromString(`${OPTION}=2500`)
  return () => v8.setFlagsFromString(`${OPTION}=920`)
}
