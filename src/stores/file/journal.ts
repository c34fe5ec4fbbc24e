import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { AttakError } from '../../errors.ts'

/** A file of lines that is appended to. What was answered is on the disk. */
export interface Journal {
  /** Bytes of its lines. */
  readonly bytes: number
  /** Appends lines, and waits until the disk has them. If that fails, none of them is there. */
  append(lines: readonly string[]): Promise<void>
  /** Replaces all lines at once: after a crash, either the old or the new ones are there. */
  replace(lines: Iterable<string>): Promise<void>
  close(): Promise<void>
}

const NEWLINE = 0x0a

/**
 * Reads the lines of a journal. A last line that was not written to its end is left out, as if it had not been there: nobody had
 * an answer for it. Throws STORE_FAILED if a line before the last is damaged.
 */
export function readJournal(file: string): { readonly lines: readonly string[]; readonly bytes: number } {
  const bytes = readIfThere(file)
  const lines: string[] = []
  let good = 0
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start)
    const line = end < 0 ? undefined : textIn(bytes.subarray(start, end))
    if (line !== undefined && start > good) throw damaged(file, lines.length + 1)
    start = end < 0 ? bytes.length : end + 1
    if (line === undefined) continue
    lines.push(line)
    good = start
  }
  return { lines, bytes: good }
}

/** Opens a journal for appending behind its good lines. */
export async function openJournal(file: string, goodBytes: number): Promise<Journal> {
  const fresh = `${file}.new`
  rmSync(fresh, { force: true })
  let handle = await openForWriting(file)
  let bytes = goodBytes
  await handle.truncate(bytes)
  syncFolder(file)
  return {
    get bytes() {
      return bytes
    },
    async append(lines) {
      const text = Buffer.from(lines.map(lineOf).join(''))
      try {
        await writeAll(handle, text, bytes)
        await handle.datasync()
      } catch (error) {
        // A line that was written in part is overwritten, or left out when it is read.
        await handle.truncate(bytes).catch(() => {})
        throw error
      }
      bytes += text.length
    },
    async replace(lines) {
      const next = await open(fresh, 'w', 0o600)
      let length = 0
      try {
        for (const line of lines) {
          const text = Buffer.from(lineOf(line))
          await writeAll(next, text, length)
          length += text.length
        }
        await next.datasync()
        renameSync(fresh, file)
      } catch (error) {
        await next.close()
        throw error
      }
      const old = handle
      handle = next
      bytes = length
      syncFolder(file)
      await old.close()
    },
    close: () => handle.close(),
  }
}

function lineOf(text: string): string {
  return `${sumOf(Buffer.from(text))} ${text}\n`
}

function textIn(line: Buffer): string | undefined {
  const text = line.subarray(9)
  return line[8] === 0x20 && line.toString('latin1', 0, 8) === sumOf(text) ? text.toString('utf8') : undefined
}

function sumOf(bytes: Buffer): string {
  return crc32(bytes).toString(16).padStart(8, '0')
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

async function openForWriting(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r+')
  } catch {
    return open(file, 'wx+', 0o600)
  }
}

function readIfThere(file: string): Buffer {
  try {
    // A device may have no end.
    if (!statSync(file).isFile()) throw new Error('it is no file')
    return readFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** A new name of a file is on the disk when its folder is. */
function syncFolder(file: string): void {
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function damaged(file: string, line: number): AttakError {
  return new AttakError(
    'STORE_FAILED',
    `the file ${file} is damaged at line ${line}: later lines are whole, so it was not cut off by a crash`,
    'Restore it from a copy, or remove it to begin without state.',
  )
}
