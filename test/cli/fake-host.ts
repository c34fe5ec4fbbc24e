import { Readable } from 'node:stream'
import type { Host } from '../../src/cli/host.ts'
import { main } from '../../src/cli/main.ts'
import { type Output, terminalTo } from '../../src/cli/terminal.ts'
import { folderOf } from './folder.ts'

/** What a command line left behind. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What differs from a pipe in an empty environment. */
export interface HostOptions {
  readonly env?: Record<string, string>
  readonly stdin?: Iterable<string | Buffer> | Readable
  readonly interactive?: boolean
  readonly isTTY?: boolean
  readonly color?: boolean
  readonly columns?: number
  readonly signal?: AbortSignal
  /** Time stands still by default, and no handler's is ever up. */
  readonly now?: () => number
  /** Milliseconds since 1970; 0 by default. */
  readonly date?: () => number
  /** Called with each piece written to stdout. */
  readonly onOut?: (text: string) => void
  /** The same for stderr. */
  readonly onErr?: (text: string) => void
}

/** A host that keeps what is written. */
export function fakeHost(cwd: string, options: HostOptions = {}): Host & { readonly ran: (code: number) => Ran } {
  const written = { out: '', err: '' }
  const interrupted = new AbortController()
  const output = (name: 'out' | 'err'): Output => ({
    write(text) {
      written[name] += text
      const listener = name === 'out' ? options.onOut : options.onErr
      listener?.(text)
      return true
    },
    drained: () => Promise.resolve(),
    isClosed: false,
    failure: undefined,
    isTTY: options.isTTY ?? false,
    columns: options.columns ?? 80,
    color: options.color ?? false,
  })
  return {
    cwd,
    pid: process.pid,
    env: options.env ?? {},
    addVariables: () => {},
    lendVariables: () => () => {},
    keepVariables: () => () => {},
    watchReads: () => ({ begin() {}, take: () => [] }),
    out: terminalTo(output('out')),
    err: terminalTo(output('err')),
    stdin: options.stdin instanceof Readable ? options.stdin : Readable.from(options.stdin ?? []),
    interactive: options.interactive ?? false,
    now: options.now ?? (() => 0),
    date: options.date ?? (() => 0),
    // Time passes unseen: tests move their own clocks.
    sleep: () => new Promise(setImmediate),
    signal: options.signal ?? interrupted.signal,
    interrupt: () => interrupted.abort('SIGINT'),
    letSignalsEnd: () => () => {},
    console: globalThis.console,
    onUncaught: () => () => {},
    onExit: () => () => {},
    builtIns: { restore: () => [], takeProblems: () => [], areWrong: () => false },
    temporaryFolder: () => folderOf({}),
    watchTimers: () => ({ pending: () => [], forget() {} }),
    exit: (code) => {
      throw new Error(`exit ${code}`)
    },
    leave: (code) => {
      throw new Error(`exit ${code}`)
    },
    ran: (code) => ({ code, ...written }),
  }
}

/** Runs one command line in `cwd`. */
export async function attak(cwd: string, argv: readonly string[], options?: HostOptions): Promise<Ran> {
  const host = fakeHost(cwd, options)
  return host.ran(await main(argv, host))
}
