import { relative } from 'node:path'
import { type FSWatcher, watch as watchFiles } from 'chokidar'
import { AttakError } from '../../errors.ts'
import { type Host, interruptCode } from '../host.ts'
import { colorsOf, drawError } from '../print.ts'

/** Runs once. Calls `onFiles` as soon as it knows which files it depends on, also when it then fails. */
export type WatchedRun = (options: {
  readonly signal: AbortSignal
  readonly onFiles: (files: readonly string[]) => void
}) => Promise<unknown>

/** Editors and version control write in bursts; a run begins when this many milliseconds have passed since the first write. */
const SETTLE_MS = 80

/** Runs, and runs again when a file it depends on changes, also in the middle of a run. Ends with the host's signal. */
export async function watch(run: WatchedRun, host: Host): Promise<number> {
  const colors = colorsOf(host.err)
  const watcher = watchFiles([], { ignoreInitial: true })
  const onFiles = (files: readonly string[]) => void watcher.add([...files])
  try {
    for (let round = 1; ; round++) {
      const change = nextChange(watcher, host.signal)
      await runOnce(run, { signal: AbortSignal.any([host.signal, change.signal]), onFiles }, host)
      if (host.signal.aborted) return interruptCode(host.signal) ?? 0
      if (!change.signal.aborted) host.err.write(colors.dim('\nWaiting for changes; Ctrl-C ends.\n'))
      const file = await change.file
      if (file === undefined) return 0
      host.err.write(
        `\n${colors.bold(drawRule(`run ${round + 1} · ${relative(host.cwd, file)} changed`, host.err.columns))}\n\n`,
      )
    }
  } finally {
    await watcher.close()
  }
}

/** A project that does not load is told of like everywhere, and then waited for. */
async function runOnce(run: WatchedRun, options: Parameters<WatchedRun>[0], host: Host): Promise<void> {
  try {
    await run(options)
  } catch (error) {
    if (!(error instanceof AttakError) || error.code === 'USAGE') throw error
    host.err.write(drawError(error, colorsOf(host.err)))
  }
}

interface Change {
  /** Aborted as soon as anything changes. */
  readonly signal: AbortSignal
  /** What changed, when things are quiet again; undefined when the host's signal came first. */
  readonly file: Promise<string | undefined>
}

function nextChange(watcher: FSWatcher, ended: AbortSignal): Change {
  const changed = new AbortController()
  const file = new Promise<string | undefined>((resolve) => {
    const finish = (file: string | undefined) => {
      watcher.off('all', onChange)
      ended.removeEventListener('abort', onEnd)
      resolve(file)
    }
    const onEnd = () => finish(undefined)
    const onChange = (_event: string, file: string) => {
      if (changed.signal.aborted) return
      changed.abort('changed')
      setTimeout(() => finish(file), SETTLE_MS)
    }
    watcher.on('all', onChange)
    ended.addEventListener('abort', onEnd)
  })
  return { signal: changed.signal, file }
}

function drawRule(text: string, columns: number): string {
  return `── ${text} ${'─'.repeat(Math.max(3, Math.min(columns, 100) - text.length - 4))}`
}
