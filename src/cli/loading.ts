import { errorOf } from '../errors.ts'
import { shown } from '../project/find.ts'
import { cleanStackText } from '../project/stack.ts'
import { colorsOf, drawError } from '../view/print.ts'
import type { Host } from './host.ts'
import { slowLine } from './slow.ts'

/** Code of the user's that a command awaits. */
export interface AwaitedCode {
  /** Its name in messages. */
  readonly who: string
  /** The topology's file, absolute. */
  readonly file: string
}

/** How {@link awaitCode} calls the modules of a project. */
export const MODULES = 'a module of the project'

/**
 * Awaits the user's code. Meanwhile SIGINT and SIGTERM end the process at once, and a terminal shows when it takes
 * long. If the code ends the process, throws outside of every `catch`, or can never settle, that is reported and the
 * process exits with 1. Throws BUILT_IN_CHANGED.
 */
export async function awaitCode<Value>(awaited: AwaitedCode, host: Host, code: () => Promise<Value>): Promise<Value> {
  const name = shown(awaited.file, host.cwd)
  const off = host.onExit((exitCode) => {
    const ending = exitCode === undefined ? NEVER : endedWith(exitCode, callsHere(host.cwd))
    const { what, ...rest } = ending
    const error = errorOf([
      { code: 'TOPOLOGY_LOAD_FAILED', severity: 'error', where: name, what: `${awaited.who} ${what}`, ...rest },
    ])
    host.err.tell(drawError(error, colorsOf(host.err)))
    host.exit(1)
  })
  // While somebody subscribes, what nobody catches is printed before the process ends.
  const offUncaught = host.onUncaught(() => false)
  const takeSignals = host.letSignalsEnd()
  const loaded = slowLine(host)(`loading ${name}`)
  try {
    const value = await code()
    if (host.builtIns.areWrong()) throw errorOf(host.builtIns.takeProblems())
    return value
  } finally {
    loaded()
    takeSignals()
    offUncaught()
    off()
  }
}

const NEVER = { what: 'awaits a promise that never settles', remedy: 'Correct that await.' } as const

function endedWith(exitCode: number, stack: string) {
  const what = `ended the process, with exit code ${exitCode}`
  return { what, remedy: 'Throw an error instead.', ...(stack.trim() !== '' && { stack }) }
}

/** The calls in the user's code that led here. */
function callsHere(dir: string): string {
  return cleanStackText(new Error().stack?.replace(/^.*\n/, '') ?? '', dir)
}
