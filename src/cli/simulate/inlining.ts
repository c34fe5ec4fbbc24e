import { setFlagsFromString } from 'node:v8'

/**
 * Lets V8 inline more into one function than it does by itself (920 bytes of bytecode in all): a message passes some
 * twenty small functions, and calling them costs a quarter of a dispatch (row S1 of the benchmarks). To be called before
 * a run, once a process; a V8 that does not know the flag goes on without.
 */
export function raiseInlining(): void {
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=2500')
}
