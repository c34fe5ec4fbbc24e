import { closeSync, openSync, readSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { AttakError, atPath, isWrongPath, wordsOfSystem } from '../../errors.ts'
import type { Terminal } from '../terminal.ts'

/** Takes text piece by piece and hands it on in blocks. */
export interface Blocks {
  add(text: string): void
  /** Writes what is buffered, at once; returns a promise while the reader is behind. */
  flush(): Promise<void> | undefined
  close(): Promise<void>
  /** Why it cannot be written; later additions are dropped. */
  readonly failure: unknown
}

const BLOCK_CHARACTERS = 65_536

/**
 * Blocks for a terminal or pipe, with text for people or JSON. Additions are written at the latest when the thread is
 * next free. Calls `before` before each write.
 */
export function blocksTo(terminal: Terminal, kind: 'text' | 'json', before = () => {}): Blocks {
  const send = kind === 'json' ? terminal.writeJson : terminal.tell
  let block = ''
  let behind = false
  let soon: NodeJS.Immediate | undefined
  const write = () => {
    clearImmediate(soon)
    soon = undefined
    before()
    if (block !== '' && !send(block)) behind = true
    block = ''
  }
  const drain = async () => {
    await terminal.drained()
    behind = false
  }
  const flush = () => {
    write()
    if (!behind) return undefined
    return drain()
  }
  return {
    add(text) {
      if (text === '') return
      block += text
      if (block.length >= BLOCK_CHARACTERS) write()
      else soon ??= setImmediate(write)
    },
    flush,
    close: async () => await flush(),
    get failure() {
      return terminal.failure
    },
  }
}

/**
 * Blocks for a file, which is replaced. They are written synchronously: a disk is fast enough, nothing piles up, and
 * flushed blocks survive even if the process is killed next. Calls `before` before each write. Throws the file system's
 * error if the file cannot be opened.
 */
export function blocksToFile(file: string, before = () => {}): Blocks {
  const descriptor = openSync(file, 'w')
  let block = ''
  let failure: unknown
  const write = () => {
    before()
    try {
      if (block !== '' && failure === undefined) atPath(file, () => writeFileSync(descriptor, block))
    } catch (error) {
      failure = error
    }
    block = ''
  }
  return {
    add(text) {
      block += text
      if (block.length >= BLOCK_CHARACTERS) write()
    },
    flush() {
      write()
      return undefined
    },
    async close() {
      write()
      closeSync(descriptor)
    },
    get failure() {
      return failure
    },
  }
}

/**
 * Blocks for the file that `--trace` names. Overwrites only what an earlier run wrote: the path may be that of the input, or of
 * code. Throws USAGE where it cannot be written.
 */
export function openTrace(file: string, cwd: string, before: () => void): Blocks {
  const path = resolve(cwd, file)
  const refuse = (what: string, remedy: string, cause?: unknown) => {
    return new AttakError('USAGE', `--trace ${file}: ${what}`, remedy, { cause })
  }
  const found = statSync(path, { throwIfNoEntry: false })
  // Opening a pipe blocks until it has a reader, and no signal ends that.
  if (found !== undefined && !(found.isFile() || found.isDirectory() || found.isCharacterDevice())) {
    throw refuse('is neither a file nor a character device', 'Give a file, or use --json and pipe stdout.')
  }
  if (found?.isFile() && holdsOther(path)) {
    throw refuse('the file exists and is not a trace', 'Remove that file, or give another path.')
  }
  try {
    return blocksToFile(path, before)
  } catch (error) {
    if (!isWrongPath(error)) throw error
    throw refuse(`cannot be written: ${wordsOfSystem(error)}`, 'Give a file in a folder that exists.', error)
  }
}

const FIRST_OF_TRACE = '{"kind":"run"'

function holdsOther(path: string): boolean {
  const start = Buffer.alloc(FIRST_OF_TRACE.length)
  const descriptor = openSync(path, 'r')
  try {
    return readSync(descriptor, start) > 0 && start.toString('latin1') !== FIRST_OF_TRACE
  } finally {
    closeSync(descriptor)
  }
}
