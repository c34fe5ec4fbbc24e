import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How a process takes over the signals that ask it to end. */
export interface Signals {
  /** Aborted by the first SIGINT or SIGTERM, the signal's name being the reason. The second ends the process at once. */
  readonly signal: AbortSignal
  /** Whether the first signal is for the command. */
  readonly areTaken: boolean
  /** Until the returned function is called, signals end the process at once, also in code that never yields. */
  letEnd(): () => void
}

const NAMES = ['SIGINT', 'SIGTERM'] as const

/** Opens what takes signals over; nothing is taken over before `signal` is read. */
export function openSignals(process: NodeJS.Process): Signals {
  let abort: AbortController | undefined
  let letting = 0
  const take = (name: string) => {
    release()
    abort?.abort(name)
  }
  const release = () => {
    for (const name of NAMES) process.off(name, take)
  }
  const subscribe = () => {
    if (abort === undefined || abort.signal.aborted || letting > 0) return
    for (const name of NAMES) process.on(name, take)
  }
  return {
    get signal() {
      if (abort === undefined) {
        abort = new AbortController()
        subscribe()
      }
      return abort.signal
    },
    get areTaken() {
      return abort !== undefined && letting === 0
    },
    letEnd() {
      letting++
      release()
      return () => {
        letting--
        subscribe()
      }
    },
  }
}

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** Makes folders that are removed when the process ends. Where a command takes signals over, the first of them is for the command. */
export function temporaryFolders(
  process: NodeJS.Process,
  { leave, areTaken }: { readonly leave: (code: number) => never; readonly areTaken: () => boolean },
): () => string {
  const folders: string[] = []
  let signals = 0
  const watch = () => {
    process.on('exit', () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    })
    for (const [name, code] of Object.entries(SIGNALS)) {
      process.on(name, () => {
        const isForCommand = name !== 'SIGHUP' && areTaken() && signals++ === 0
        if (!isForCommand) leave(code)
      })
    }
  }
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'attak-'))
    if (folders.push(folder) === 1) watch()
    return folder
  }
}
