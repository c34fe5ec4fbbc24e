import { fstatSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { LendVariables } from '../project/project.ts'
import { temporaryFolders } from '../project/temporary.ts'
import { currentInvocation } from '../runtime/current.ts'
import { keepVariables, lendVariables } from '../runtime/environment.ts'
import { visible } from '../view/controls.ts'
import { hang } from '../view/print.ts'
import { type BuiltIns, rememberBuiltIns, tellChanged } from './built-ins.ts'
import { exitsOf, exitWithOf, leavingWith, type OwnProcess } from './ending.ts'
import { printWarnings } from './node-warnings.ts'
import { belongsColor, isSet, outputOf } from './output.ts'
import { type ReadWatch, watchReads } from './reads.ts'
import { openSignals } from './signals.ts'
import { keepStandardOpen } from './standard-streams.ts'
import { type Terminal, terminalTo } from './terminal.ts'
import { type TimerWatch, watchTimers } from './timers.ts'
import { cleanWrites } from './writes.ts'

/** The process as a command sees it; nothing else in `src/` touches `process`. */
export interface Host {
  readonly cwd: string
  /** The id of the process. */
  readonly pid: number
  readonly env: Readonly<Record<string, string | undefined>>
  /** Sets variables that the process does not have; handlers see them. */
  readonly addVariables: (variables: Readonly<Record<string, string>>) => void
  /** Sets variables that handlers see, until the returned function is called. */
  readonly lendVariables: LendVariables
  /** Returns a function that restores the current environment. */
  readonly keepVariables: () => () => void
  /** Notes from now on which variables the project's own code reads. */
  readonly watchReads: () => ReadWatch
  readonly out: Terminal
  readonly err: Terminal
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  /** Whether a user can answer questions: stdin and stderr are terminals, and this is no CI. */
  readonly interactive: boolean
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Milliseconds since 1970. */
  readonly date: () => number
  /** Waits for some milliseconds. The signal ends it early. */
  readonly sleep: (ms: number) => Promise<void>
  /** Aborted on SIGINT and SIGTERM, the signal's name being the reason. Reading it takes over from Node's own end. */
  readonly signal: AbortSignal
  /** Aborts the signal as SIGINT does. */
  readonly interrupt: () => void
  /** Until the returned function is called, signals end the process at once, also in code that never yields. */
  readonly letSignalsEnd: () => () => void
  /** The console that handlers use. */
  readonly console: Console
  /**
   * Calls `take` for each uncaught error. If it returns false, earlier subscribers are called; if all return false, the
   * process ends with 1. Returns a function that unsubscribes.
   */
  readonly onUncaught: (take: (error: unknown) => boolean) => () => void
  /**
   * Subscribes to an end of the process that attak did not cause. Either the project's code ends it, with an exit code;
   * or an awaited promise can never settle, without one. Returns a function that unsubscribes.
   */
  readonly onExit: (take: (code: number | undefined) => void) => () => void
  /** Knows which timers handlers have started since it was first called. */
  readonly watchTimers: () => Pick<TimerWatch, 'pending' | 'forget'>
  /** Tracks which built-ins of JavaScript a project changed, and restores them. */
  readonly builtIns: BuiltIns
  /** Makes a folder for temporary files. It is removed when the process ends, also by a signal. */
  readonly temporaryFolder: () => string
  /** Ends the process at once. Used if a handler never yields. */
  readonly exit: (code: number) => never
  /** Ends the process with this code, whatever the project's own listeners do at the end. A signal ends one that loops. */
  readonly leave: (code: number) => never
}

/** The one real host. */
export function hostOf(process: NodeJS.Process): Host {
  const own = functionsOf(process)
  const signals = openSignals(own)
  const [closeSync, builtIns] = [keepStandardOpen(), rememberBuiltIns(process)]
  const { leave, isLeaving } = leavingWith(own, signals)
  // Read once: while attak runs, the folder may be removed, or the project may change to another one.
  const currentFolder = once(own.cwd)
  const stdout = takeStdout(process)
  const stderr = takeStderr(process, own.env)
  printWarnings(process, console)
  keepErrorsSeen(process)
  // Stacks of built code show the lines that the user wrote.
  process.setSourceMapsEnabled(true)
  return {
    pid: own.pid,
    // Throws FILE_FAILED if the current folder was removed before it was first read.
    get cwd() {
      return currentFolder()
    },
    env: own.env,
    addVariables: (variables) => void Object.assign(own.env, variables),
    lendVariables: (variables) => lendVariables(process, variables),
    keepVariables: () => keepVariables(process),
    watchReads: once(() => watchReads(process)),
    out: terminalTo(outputOf({ name: 'stdout', stream: stdout, descriptor: 1 }, own.env)),
    err: terminalTo(outputOf({ name: 'stderr', stream: stderr, descriptor: 2 }, own.env)),
    get stdin() {
      return stdinOf(process)
    },
    get interactive() {
      return process.stdin.isTTY === true && process.stderr.isTTY === true && !isSet(own.env.CI)
    },
    // `performance` takes a fiftieth of `node -e 0` to be there.
    now() {
      const [seconds, nanoseconds] = own.hrtime()
      return seconds * 1000 + nanoseconds / 1e6
    },
    date: () => Date.now(),
    sleep(ms) {
      return sleep(ms, this.signal)
    },
    get signal() {
      return signals.signal
    },
    ...{ interrupt: signals.interrupt, letSignalsEnd: signals.letEnd },
    console,
    onUncaught: catcherOf(own, { leave, restore: builtIns.restore, stderr }),
    builtIns,
    onExit: exitsOf(own, isLeaving),
    watchTimers: once(() => watchTimers(() => currentInvocation()?.processor)),
    temporaryFolder: temporaryFolders(own),
    exit(code) {
      tellChanged(this)
      // Otherwise Node would print that it waits for an inspector, which is the watchdog.
      closeSync(2)
      return leave(code)
    },
    leave,
  }
}

/** Returns what makes something when it is first asked for it. */
function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** Returns the process functions that attak calls, so that a project that replaces them affects its own calls only. */
function functionsOf(process: NodeJS.Process): OwnProcess {
  const { env, cwd, pid, hrtime, exit, getBuiltinModule } = process
  const [on, off] = [process.on.bind(process), process.off.bind(process)]
  const onFirst = process.prependListener.bind(process)
  return { env, cwd, pid, hrtime, exit, exitWith: exitWithOf(process), getBuiltinModule, on, off, onFirst }
}

/**
 * Reserves stdout for results. What a project's code writes there, while it loads or by `process.stdout.write`, goes to
 * stderr from now on. Returns a function that opens the real stdout.
 */
function takeStdout(process: NodeJS.Process): () => NodeJS.WriteStream {
  const own = Object.getOwnPropertyDescriptor(process, 'stdout')
  Object.defineProperty(process, 'stdout', { configurable: true, enumerable: true, get: () => process.stderr })
  return () => own?.get?.call(process) ?? own?.value
}

/** Cleans what handlers write to stderr from now on. Returns a function that opens the real stderr. */
function takeStderr(process: NodeJS.Process, env: OwnProcess['env']): () => NodeJS.WriteStream {
  const own = Object.getOwnPropertyDescriptor(process, 'stderr')
  const inHandler = () => currentInvocation() !== undefined
  let stream: NodeJS.WriteStream | undefined
  const open = once((): NodeJS.WriteStream => {
    stream = (own?.get?.call(process) ?? own?.value) as NodeJS.WriteStream
    return cleanWrites(stream, { inHandler, hasColor: () => belongsColor(env, true) })
  })
  const get = () => {
    open()
    return stream
  }
  Object.defineProperty(process, 'stderr', { configurable: true, enumerable: true, get })
  return open
}

/** A callback that captures errors would hide them from all who subscribe to them. From now on, it subscribes to them, too. */
function keepErrorsSeen(process: NodeJS.Process): void {
  let subscribed: ((error: Error) => void) | null = null
  process.setUncaughtExceptionCaptureCallback = (capture) => {
    if (subscribed !== null) process.off('uncaughtException', subscribed)
    subscribed = capture && ((error) => capture(error))
    if (subscribed !== null) process.on('uncaughtException', subscribed)
  }
  process.hasUncaughtExceptionCaptureCallback = () => subscribed !== null
}

const STDIN_IS_FOLDER = { code: 'EISDIR', syscall: 'read', path: 'stdin' }

function stdinOf(process: NodeJS.Process): NodeJS.Process['stdin'] {
  // Node gives an empty stream for a folder.
  if (isFolderAt(0)) throw Object.assign(new Error('stdin is a folder'), STDIN_IS_FOLDER)
  return process.stdin
}

function isFolderAt(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isDirectory()
  } catch {
    return false
  }
}

/** Listens while there is a subscriber. An error that is not taken ends the process, as it would without attak. */
function catcherOf(
  { on, off }: OwnProcess,
  {
    leave,
    restore,
    stderr,
  }: {
    readonly leave: (code: number) => never
    readonly restore: () => unknown
    readonly stderr: () => NodeJS.WriteStream
  },
): Host['onUncaught'] {
  const takers: ((error: unknown) => boolean)[] = []
  const isTaken = (error: unknown) => takers.some((take) => take(error))
  const onError = (error: unknown) => {
    try {
      if (isTaken(error)) return
    } catch {
      // The taking code calls built-ins that the project may have changed.
      restore()
      if (isTaken(error)) return
    }
    const text = error instanceof Error ? error.stack : String(error)
    stderr().write(visible(`Uncaught error outside a handler: ${hang(text ?? '')}\n`))
    leave(1)
  }
  const events = ['uncaughtException', 'unhandledRejection'] as const
  return (take) => {
    if (takers.length === 0) for (const event of events) on(event, onError)
    takers.unshift(take)
    return () => {
      const index = takers.indexOf(take)
      if (index >= 0) takers.splice(index, 1)
      if (takers.length === 0) for (const event of events) off(event, onError)
    }
  }
}

/** The conventional exit code of a process that a signal ended: 128 and the signal's number; undefined if none did. */
export function interruptCode(signal: AbortSignal): number | undefined {
  if (!signal.aborted) return undefined
  return codeOfSignal(signal.reason)
}

/** The same for the name of a signal. */
export function codeOfSignal(name: unknown): number {
  return name === 'SIGTERM' ? 143 : 130
}

/** Waits for some milliseconds; the signal ends it early. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return wait(ms, undefined, { signal }).catch(() => {})
}

/** Returns the result of `work`, or undefined once the signal is aborted, because `work` may never settle. */
export async function unlessAborted<Given>(work: Promise<Given>, signal: AbortSignal): Promise<Given | undefined> {
  let end = () => {}
  const aborted = new Promise<undefined>((resolve) => {
    end = () => resolve(undefined)
  })
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', end)
    // It may fail when it is no longer awaited.
    work.catch(() => undefined)
  }
}
