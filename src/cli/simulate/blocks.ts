import { closeSync, openSync, writeFileSync } from 'node:fs'
import { atPath } from '../../errors.ts'
import type { Terminal } from '../terminal.ts'

/** Takes text piece by piece and hands it on in blocks. */
export interface Blocks {
  add(text: string): void
  /** Hands on what there is, at once; gives a promise while the reader is behind. */
  flush(): Promise<void> | undefined
  close(): Promise<void>
  /** Why it cannot be written; what is added from then on is dropped. */
  readonly failure: unknown
}

const BLOCK_CHARACTERS = 65_536

/**
 * Blocks for a terminal or pipe, of text for people or of JSON; what is added is seen at the latest when the thread is next
 * free. Calls `before` before each write.
 */
export function blocksTo(terminal: Terminal, kind: 'text' | 'json', before = () => {}): Blocks {
  const send = kind === 'json' ? terminal.writeJson : terminal.write
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
 * Blocks for a file, which is made anew. Written synchronously: a disk is fast enough for that, nothing piles up, and
 * what is flushed is there even if the process is killed next. Calls `before` before each write. Throws what the file system throws when it is opened.
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
