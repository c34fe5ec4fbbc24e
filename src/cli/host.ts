import { closeSync } from 'node:fs'

/** The process as a command sees it; nothing else in `src/` touches `process`. */
export interface Host {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly out: Terminal
  readonly err: Terminal
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  /** Someone sits at both ends who can answer a question: terminals on stdin and stderr, and no CI. */
  readonly interactive: boolean
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Aborted on SIGINT and SIGTERM, the signal's name being the reason. Reading it takes over from Node's own end. */
  readonly signal: AbortSignal
  /** Ends the process at once, for where nothing else can: a handler that never gives the thread back. */
  readonly exit: (code: number) => never
}

/** Where a command writes. */
export interface Terminal {
  /** Returns false when the reader is behind; `drained` then gives the promise to wait for. */
  write(text: string): boolean
  /** Resolves when all that was written has been taken. */
  drained(): Promise<void>
  readonly isTTY: boolean
  /** Columns; 80 when unknown. */
  readonly columns: number
  /** Whether colour belongs here: a terminal, or FORCE_COLOR, and neither NO_COLOR nor `--no-color`. */
  readonly color: boolean
}

/** The one real host. A reader that goes away (`attak … | head`) ends the process, quietly. */
export function hostOf(process: NodeJS.Process): Host {
  let abort: AbortController | undefined
  return {
    cwd: process.cwd(),
    env: process.env,
    out: terminalOf(process.stdout, process),
    err: terminalOf(process.stderr, process),
    get stdin() {
      return process.stdin
    },
    get interactive() {
      return process.stdin.isTTY === true && process.stderr.isTTY === true && !isSet(process.env.CI)
    },
    now: () => performance.now(),
    get signal() {
      abort ??= abortedBySignals(process)
      return abort.signal
    },
    exit(code) {
      // Node would otherwise tell of an inspector that it waits for, which the watchdog is.
      closeSync(2)
      return process.exit(code)
    },
  }
}

function terminalOf(stream: NodeJS.WriteStream, process: NodeJS.Process): Terminal {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
  return {
    write: (text) => stream.write(text),
    drained: () =>
      new Promise((resolve) => (stream.writableLength === 0 ? resolve() : stream.write('', () => resolve()))),
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns > 0 ? stream.columns : 80
    },
    color: belongsColor(process.env, stream.isTTY === true),
  }
}

/** Whether to colour. Sources: https://no-color.org and https://force-color.org, read 2026-11-21. */
export function belongsColor(env: Host['env'], isTTY: boolean): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  if (env.FORCE_COLOR !== undefined) return isSet(env.FORCE_COLOR)
  return isTTY && env.TERM !== 'dumb'
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}

function abortedBySignals(process: NodeJS.Process): AbortController {
  const abort = new AbortController()
  // `once`: who asks a second time gets Node's own, immediate end.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort(name))
  return abort
}

/** What a process ended by a signal exits with by convention: 128 and the signal's number; undefined when it was not. */
export function interruptCode(signal: AbortSignal): number | undefined {
  if (!signal.aborted) return undefined
  return signal.reason === 'SIGTERM' ? 143 : 130
}
