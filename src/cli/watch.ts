import { once } from 'node:events'
import { relative } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import { watch as watchFiles } from 'chokidar'
import { AttakError, errorOfSystem } from '../errors.ts'
import { stampOf } from '../project/modules.ts'
import { own } from '../view/controls.ts'
import { colorsOf, drawError } from '../view/print.ts'
import { type Host, interruptCode } from './host.ts'

/** Runs once. Calls `onFiles` as soon as it knows which files it depends on, also when it then fails. */
export type WatchedRun = (options: {
  readonly signal: AbortSignal
  readonly onFiles: (files: readonly string[]) => void
}) => Promise<unknown>

/** The screen is empty, and the first line is the next. Source: ECMA-48, 8.3.39 and 8.3.21, read 2026-11-28. */
const CLEAR = '\x1b[2J\x1b[H'

/** Editors and version control write in bursts: a run begins this many milliseconds after the first write. */
const SETTLE_MS = 80

/**
 * How often to compare the stamps of all files. A watcher reports most changes sooner, and misses some: a write just after it
 * is ready, a file that goes together with its folder or comes back with it. A look takes 2.5 ms for a thousand files.
 */
const LOOK_MS = 500

/** Runs, and runs again when a file it depends on changes, also in the middle of a run. Ends with the host's signal, or when stdout is closed. */
export async function watch(run: WatchedRun, host: Host): Promise<number> {
  const colors = colorsOf(host.err)
  for (let round = 2; ; round++) {
    const change = openFileChange(host.signal)
    try {
      await runOnce(run, { signal: AbortSignal.any([host.signal, change.signal]), onFiles: change.add }, host)
      if (host.out.isClosed) return 0
      await change.settle()
      if (!host.signal.aborted && !change.signal.aborted) {
        host.err.tell(colors.dim('\nWaiting for changes; Ctrl-C ends.\n'))
      }
      const file = await change.file
      if (file === undefined) return interruptCode(host.signal) ?? 0
      const rule = drawRule(`run ${round} · ${relative(host.cwd, file)} changed`, host.err.columns)
      if (host.out.isTTY && host.err.isTTY) host.err.write(own(CLEAR))
      host.err.write(`\n${colors.bold(rule)}\n\n`)
    } finally {
      await change.close()
    }
  }
}

/** If a project does not load, prints the error as usual, and then waits for changes. */
async function runOnce(run: WatchedRun, options: Parameters<WatchedRun>[0], host: Host): Promise<void> {
  try {
    await run(options)
  } catch (error) {
    const known = error instanceof AttakError ? error : errorOfSystem(error)
    if (known === undefined || (known.code === 'USAGE' && !isInFiles(known))) throw error
    host.err.tell(drawError(known, colorsOf(host.err)))
  }
}

function isInFiles({ problems }: AttakError): boolean {
  return problems.length > 0 && problems.every(({ inFile }) => inFile)
}

interface FileChange {
  /** Watches these files as well, as they are now. */
  add(files: readonly string[]): void
  /** Aborted as soon as one of them changes. */
  readonly signal: AbortSignal
  /** The first that changed, when things are quiet again; undefined when the host's signal came first. */
  readonly file: Promise<string | undefined>
  /** From now on no change is missed, and what changed since the files were added is noticed. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** A watcher misses what happens before it is ready; so the files' stamps are compared when it is. */
function openFileChange(ended: AbortSignal): FileChange {
  const changed = new AbortController()
  const stamps: Stamps = stampsOf()
  let found: (file: string | undefined) => void = () => {}
  const file = new Promise<string | undefined>((resolve) => {
    found = resolve
  })
  const onEnd = () => found(undefined)
  const onChange = (name: string) => {
    if (changed.signal.aborted) return
    changed.abort('changed')
    setTimeout(() => found(name), SETTLE_MS)
  }
  const open = (files: readonly string[]) =>
    watchFiles([...files], { ignoreInitial: true }).on('all', (_event, name) => onChange(name))
  const look = () => {
    const name = stamps.changed()
    if (name !== undefined) onChange(name)
  }
  let watcher = open([])
  let looking: NodeJS.Timeout | undefined
  ended.addEventListener('abort', onEnd)
  if (ended.aborted) onEnd()
  return {
    signal: changed.signal,
    file,
    add(files) {
      stamps.add(files)
      watcher.add([...files])
      // A service goes on until something changes.
      looking ??= setInterval(look, LOOK_MS)
    },
    async settle() {
      if (changed.signal.aborted || ended.aborted || stamps.files().length === 0) return
      await watcher.close()
      watcher = open(stamps.files())
      await once(watcher, 'ready')
      look()
    },
    async close() {
      ended.removeEventListener('abort', onEnd)
      clearInterval(looking)
      await watcher.close()
    },
  }
}

function drawRule(text: string, columns: number): string {
  return `── ${text} ${'─'.repeat(Math.max(3, Math.min(columns, 100) - text.length - 4))}`
}

/** Remembers how files were when they were added. */
export interface Stamps {
  add(files: readonly string[]): void
  files(): readonly string[]
  /** A file that is no longer as it was; made and removed count too. */
  changed(): string | undefined
}

/** Starts with no files. */
export function stampsOf(): Stamps {
  const stamps = new Map<string, string | undefined>()
  return {
    add(files) {
      for (const file of files) if (!stamps.has(file)) stamps.set(file, stampOf(file))
    },
    files: () => [...stamps.keys()],
    changed() {
      for (const [file, stamp] of stamps) if (stampOf(file) !== stamp) return file
      return undefined
    },
  }
}
