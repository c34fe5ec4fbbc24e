import { createRequire } from 'node:module'

const OPTION = '--max-inlined-bytecode-size-cumulative'

/**
 * Lets V8 inline more into one function than it does by itself (920 bytes of bytecode in all): a message passes some
 * twenty small functions, and calling them costs a quarter of a dispatch (row S1 of the benchmarks). It begins when the turn of
 * the event loop in which this is called is over: what Node loads later loads slower, and a short run does without. A V8
 * that does not know the flag goes on without, too. Gives what takes it back, which is for the end: V8 refuses compiled
 * code that was kept under other flags than its own.
 */
export function raiseInlining(): () => void {
  let lower = () => {}
  const timer = setTimeout(() => {
    const v8: typeof import('node:v8') = createRequire(import.meta.url)('node:v8')
    v8.setFlagsFromString(`${OPTION}=2500`)
    lower = () => v8.setFlagsFromString(`${OPTION}=920`)
  })
  return () => {
    clearTimeout(timer)
    lower()
  }
}
