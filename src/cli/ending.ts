import type { Signals } from './signals.ts'

/** The functions of the process that attak calls. */
export type OwnProcess = Pick<
  NodeJS.Process,
  'env' | 'cwd' | 'pid' | 'hrtime' | 'exit' | 'getBuiltinModule' | 'on' | 'off'
> & {
  readonly exitWith: (code: number, prepare: () => unknown) => never
  readonly onFirst: NodeJS.Process['prependListener']
}

/** Calls a function when the process is about to end. The returned function takes that back. */
export type OnExit = (take: (code: number | undefined) => void) => () => void

/** What Node calls last when it ends, with the code that the listeners for the end have left. */
type Ending = NodeJS.Process & { reallyExit: (code: number) => never }

/** Returns what ends the process with a code, whatever the project's own listeners do meanwhile. `prepare` is called first. */
export function exitWithOf(process: NodeJS.Process): OwnProcess['exitWith'] {
  const ending = process as Ending
  const { exit, reallyExit } = ending
  return (code, prepare) => {
    const end = () => reallyExit.call(process, code)
    // Node cannot end a process that the project froze.
    if (!Object.isExtensible(process)) return end()
    prepare()
    ending.reallyExit = end
    return exit(code)
  }
}

/** Returns what ends the process for good, and whether that has begun. */
export function leavingWith({ exitWith }: OwnProcess, { letEnd }: Signals) {
  let leaving = false
  const leave = (code: number): never => {
    leaving = true
    return exitWith(code, letEnd)
  }
  return { leave, isLeaving: () => leaving }
}

/**
 * Returns a function that subscribes to the end of the process. The subscriber receives the exit code if the project ends the
 * process, and undefined if the process ends because no work is left. `isOurs` is true while attak itself ends it.
 */
export function exitsOf({ onFirst, on, off }: OwnProcess, isOurs: () => boolean): OnExit {
  return (take) => {
    const onExit = (code: number) => {
      if (!isOurs()) take(code)
    }
    const onIdle = () => take(undefined)
    // A listener of the project may end the process before others are called.
    onFirst('exit', onExit)
    on('beforeExit', onIdle)
    return () => {
      off('exit', onExit)
      off('beforeExit', onIdle)
    }
  }
}
