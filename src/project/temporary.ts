import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Waits until its input ends, which is when attak has ended, however that was. The folder is an argument, never code. */
const SWEEPER = 'read -r _; exec rm -rf -- "$1"'

type Owner = Pick<NodeJS.Process, 'env' | 'getBuiltinModule' | 'on' | 'off'>

/**
 * Makes folders that are removed when the process ends, all within one. A process that ends by itself removes them. Otherwise a
 * second process does: signals, SIGKILL among them, can end attak in code that never yields, where no listener of ours can run.
 */
export function temporaryFolders(process: Owner): () => string {
  let made: string | undefined
  return () => {
    // Something that cleans up the system's folder may have removed ours.
    if (made === undefined || !existsSync(made)) made = openFolder(process)
    return mkdtempSync(join(made, 'part-'))
  }
}

/** Makes folders in runs, and removes those of all runs but the last two: code of a run that has ended may still load its files. */
export function foldersOfRuns(make: () => string) {
  let runs: readonly (readonly string[])[] = []
  return {
    /** Begins a run; returns what makes its folders. */
    begin(): () => string {
      const own: string[] = []
      for (const folder of runs.slice(0, -1).flat()) rmSync(folder, { recursive: true, force: true })
      runs = [...runs.slice(-1), own]
      return () => {
        own.push(make())
        return own.at(-1)!
      }
    },
  }
}

function openFolder(process: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), 'attak-'))
  onExitLast(process, () => rmSync(folder, { recursive: true, force: true }))
  sweepAfter(process, folder)
  return folder
}

/** Calls a listener after all others when the process ends: a package that flushes its logs then may need its files. */
function onExitLast(process: Owner, listener: () => void): void {
  const moveToEnd = () => {
    process.off('exit', listener)
    process.on('exit', listener)
  }
  process.on('exit', listener)
  process.on('newListener', (name, added) => {
    // The new listener is added after this one has returned.
    if (name === 'exit' && added !== listener) queueMicrotask(moveToEnd)
  })
}

/** If no shell can be started, only a process that ends by itself removes its folders. */
function sweepAfter({ env, getBuiltinModule }: Owner, folder: string): void {
  // Loaded by the few commands that need it.
  const { spawn } = getBuiltinModule('node:child_process')
  const child = spawn('/bin/sh', ['-c', SWEEPER, 'attak', folder], {
    cwd: '/',
    // Enough to find rm.
    env: { PATH: env.PATH },
    // Neither Ctrl-C nor the end of the terminal reaches it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.on('error', () => {})
  child.unref()
  ;(child.stdin as Socket | undefined)?.on('error', () => {}).unref()
}
