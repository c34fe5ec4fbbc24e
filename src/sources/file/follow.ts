import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type FilePosition, HEAD_BYTES, headOf } from './position.ts'

/** What a followed file tells. */
export interface Following {
  /** Takes the next bytes. `at` is where they begin. Resolves when it wants more. */
  take(bytes: Buffer, at: FilePosition): Promise<void>
  /** What comes next begins at a place, and continues no line. */
  begin(at: FilePosition): Promise<void>
  /** Says that something changed: once for each change. */
  say(text: string): void
  /** Waits until it is worth to look again. */
  wait(): Promise<void>
  readonly isStopped: boolean
}

/** A file to follow. */
export interface Followed {
  readonly path: string
  /** Where an earlier run ended; undefined for the first. */
  readonly last: FilePosition | undefined
  /** Where the first run begins. */
  readonly from: 'start' | 'end'
}

interface Opened {
  readonly handle: FileHandle
  /** Where it is read next. */
  at: FilePosition
}

const BLOCK_BYTES = 64 * 1024
const NO_HEAD = { head: headOf(Buffer.alloc(0)), headBytes: 0 }

/** Follows a file as it grows, is replaced (rotated) or made empty, as `tail -F` does. Ends when it is stopped. */
export async function followFile({ path, last, from }: Followed, following: Following): Promise<void> {
  let opened = last === undefined ? undefined : await reopen(path, last, following)
  let generation = last?.generation ?? -1
  let isAtEnd = last === undefined && from === 'end'
  let isAbsent = false
  const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  if (opened !== undefined) await following.begin(opened.at)
  try {
    while (!following.isStopped) {
      if (opened === undefined) {
        opened = await openAt(path, generation + 1, isAtEnd)
        if (opened === undefined && !isAbsent) following.say(`waits for ${path}, which is not there.`)
        isAbsent = opened === undefined
        isAtEnd = false
        if (opened === undefined) await following.wait()
        else {
          generation++
          await following.begin(opened.at)
        }
      } else if (!(await readOn(opened, buffer, following))) {
        const change = await changeOf(opened, path)
        if (change === 'emptied') {
          opened.at = { ...opened.at, ...NO_HEAD, generation: ++generation, offset: 0 }
          await following.begin(opened.at)
        } else if (change === 'replaced') {
          // Its writer may have added something just before it was replaced.
          while (await readOn(opened, buffer, following)) {}
          if (following.isStopped) return
          await opened.handle.close()
          opened = undefined
        } else await following.wait()
      }
    }
  } finally {
    await opened?.handle.close()
  }
}

/** Reads one block. Returns whether there was one of the content that was read before. */
async function readOn(opened: Opened, buffer: Buffer, following: Following): Promise<boolean> {
  if (following.isStopped) return false
  const { offset } = opened.at
  const { bytesRead } = await opened.handle.read(buffer, 0, BLOCK_BYTES, offset)
  // It may have been made empty and written again, to beyond this place.
  if (bytesRead === 0 || !(await hasHead(opened, offset + bytesRead))) return false
  opened.at = { ...opened.at, offset: offset + bytesRead }
  await following.take(buffer.subarray(0, bytesRead), { ...opened.at, offset })
  return true
}

/** What happened to a file that has nothing more to read. */
async function changeOf(opened: Opened, path: string): Promise<'emptied' | 'replaced' | undefined> {
  const { size } = await opened.handle.stat()
  if (size < opened.at.offset || !(await hasHead(opened, opened.at.offset))) return 'emptied'
  const now = await statOf(path)
  return now === undefined || now.id === opened.at.file ? undefined : 'replaced'
}

/** Whether a file still begins as it did; notes more of its beginning, up to a place. */
async function hasHead(opened: Opened, end: number): Promise<boolean> {
  const head = await headBytesOf(opened.handle)
  const { at } = opened
  if (headOf(head.subarray(0, at.headBytes)) !== at.head) return false
  const known = head.subarray(0, end)
  if (known.length > at.headBytes) opened.at = { ...at, head: headOf(known), headBytes: known.length }
  return true
}

async function headBytesOf(handle: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(HEAD_BYTES)
  const { bytesRead } = await handle.read(buffer, 0, HEAD_BYTES, 0)
  return buffer.subarray(0, bytesRead)
}

async function statOf(path: string) {
  try {
    const stats = await stat(path, { bigint: true })
    return { id: `${stats.dev}:${stats.ino}`, isFile: stats.isFile() }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function openAt(path: string, generation: number, atEnd: boolean): Promise<Opened | undefined> {
  const stats = await statOf(path)
  // To open a pipe can wait for ever.
  if (stats === undefined || !stats.isFile) return undefined
  const handle = await open(path, 'r')
  const { dev, ino, size } = await handle.stat({ bigint: true })
  const head = await headBytesOf(handle)
  const offset = atEnd ? Number(size) : 0
  const known = head.subarray(0, offset)
  const at = { file: `${dev}:${ino}`, head: headOf(known), headBytes: known.length, generation, offset }
  return { handle, at }
}

/** Opens the file where an earlier run ended, also if it has another name in its folder now; undefined if it is gone. */
async function reopen(path: string, last: FilePosition, following: Following): Promise<Opened | undefined> {
  for (const candidate of [path, ...(await beside(path))]) {
    const found = await openSame(candidate, last)
    if (found !== undefined) return found
  }
  if ((await statOf(path)) !== undefined) {
    following.say(`${path} is another file than before, and the one before is gone: what it had left is not read.`)
  }
  return undefined
}

async function beside(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(dirname(path))).map((name) => join(dirname(path), name)).filter((other) => other !== path)
  } catch {
    return []
  }
}

async function openSame(path: string, last: FilePosition): Promise<Opened | undefined> {
  const stats = await statOf(path).catch(() => undefined)
  if (stats?.id !== last.file || !stats.isFile) return undefined
  const handle = await open(path, 'r')
  const { size } = await handle.stat()
  const opened: Opened = { handle, at: last }
  if (size >= last.offset && (await hasHead(opened, last.offset))) return opened
  await handle.close()
  return undefined
}
