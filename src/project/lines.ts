import { isUtf8 } from 'node:buffer'
import { closeSync, constants, fstatSync, openSync, promises, statSync } from 'node:fs'
import { decodeText, FORMAT_BYTES, formatOf } from '../runtime/utf8.ts'
import { type LineFault, MOST_JSON_BYTES } from './json.ts'

const NEWLINE = 10
/** Half of it costs a tenth more for each line, twice of it no less (row I1 of the benchmarks). */
const BLOCK_BYTES = 128 * 1024

/** Reads a file or a pipe from its beginning, a block at a time. A block is only valid until the next one is read. */
export async function* readBlocks(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield* statSync(path).isFile() ? readFileBlocks(path) : await openUnblocked(path)
}

/**
 * Opens a pipe or a terminal without a waiting thread: a thread that waits for a writer, or for its first line,
 * prevents the process from ending. Other devices are read like files.
 */
async function openUnblocked(path: string): Promise<AsyncIterable<Uint8Array>> {
  const [{ isatty, ReadStream }, { Socket }] = await Promise.all([import('node:tty'), import('node:net')])
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  if (fstatSync(fd).isFIFO()) return new Socket({ fd, writable: false })
  if (isatty(fd)) return new ReadStream(fd)
  closeSync(fd)
  return readFileBlocks(path)
}

/** The next block is being read while the last one is looked at. */
async function* readFileBlocks(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await promises.open(path)
  const buffers = [Buffer.allocUnsafeSlow(BLOCK_BYTES), Buffer.allocUnsafeSlow(BLOCK_BYTES)] as const
  let turn: 0 | 1 = 0
  const read = () => {
    turn = turn === 0 ? 1 : 0
    const result = file.read(buffers[turn], 0, BLOCK_BYTES)
    result.catch(() => undefined)
    return result
  }
  try {
    for (let next = read(); ; ) {
      const { bytesRead, buffer } = await next
      if (bytesRead === 0) return
      next = read()
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** Reads a file, or a pipe, to its end, or until it is larger than JSON may be. */
export async function readWhole(path: string): Promise<Uint8Array> {
  const blocks: Uint8Array[] = []
  let bytes = 0
  for await (const block of readBlocks(path)) {
    blocks.push(Buffer.from(block))
    bytes += block.length
    if (bytes > MOST_JSON_BYTES) break
  }
  return Buffer.concat(blocks)
}

/** Whole lines, each with its newline, which only the last of all may lack; or why one line is no text. */
export type Lines = string | UnreadableLine

/** Why a line is no text. */
export interface UnreadableLine extends LineFault {
  /** The line has no end within reach: nothing is read after it. */
  readonly isEndless?: boolean
}

/** The limits of a line's length. */
export interface LineLimits {
  /** A longer line is unreadable, and not stored. */
  readonly lineBytes: number
  /** How much of a line that is too long is read to find the next line. */
  readonly skippedBytes: number
}

const LIMITS: LineLimits = { lineBytes: MOST_JSON_BYTES, skippedBytes: 4 * 1024 ** 3 }

/**
 * Joins blocks of UTF-8 into texts of whole lines, in order. Lines and characters may be cut anywhere between blocks, and a
 * line may be longer than any of them. Memory stays what one block and one line need. Whole texts and not lines, since a promise for each line would cost more than reading it.
 */
export async function* wholeLines(
  blocks: AsyncIterable<Uint8Array | string>,
  limits: LineLimits = LIMITS,
): AsyncGenerator<Lines, void, undefined> {
  const splitter: Splitter = { ...limits, cut: [], cutBytes: 0, skipped: 0, isStart: true }
  for await (const block of blocks) {
    for (const lines of take(splitter, typeof block === 'string' ? Buffer.from(block) : bufferOf(block))) {
      yield lines
      if (typeof lines !== 'string' && lines.isEndless) return
    }
  }
  if (splitter.cutBytes > 0) yield decodeLine(splitter, Buffer.concat(splitter.cut))
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}

/** The state of a line whose end has not been read yet. */
interface Splitter extends LineLimits {
  /** Its beginning. */
  cut: Buffer[]
  cutBytes: number
  /** How many bytes of it were read, if it is too long; its fault was reported at once. */
  skipped: number
  /** Nothing was decoded yet. */
  isStart: boolean
}

/** Takes the next block. Yields what ends in it. */
function* take(splitter: Splitter, block: Buffer): Generator<Lines> {
  let start = 0
  if (splitter.isStart || splitter.cutBytes > 0 || splitter.skipped > 0) {
    // Joined alone: to join it with all of the block would copy the block.
    start = block.indexOf(NEWLINE) + 1
    if (start === 0) return yield* keep(splitter, block)
    yield* close(splitter, block.subarray(0, start))
  }
  const end = block.lastIndexOf(NEWLINE) + 1
  if (end > start) yield* decode(splitter, block.subarray(start, end))
  if (end < block.length) yield* keep(splitter, block.subarray(end))
}

/** Stores a part of a line that continues in the next block. */
function* keep(splitter: Splitter, rest: Buffer): Generator<Lines> {
  const { lineBytes, skippedBytes } = splitter
  if (splitter.skipped > 0) {
    splitter.skipped += rest.length
    const what = `the line has no end within ${sizeOf(skippedBytes)}`
    if (splitter.skipped > skippedBytes) yield { column: skippedBytes + 1, what, excerpt: '', isEndless: true }
    return
  }
  splitter.cut.push(Buffer.from(rest))
  splitter.cutBytes += rest.length
  if (splitter.cutBytes <= lineBytes) return
  yield tooLong(splitter)
  Object.assign(splitter, { skipped: splitter.cutBytes, cut: [], cutBytes: 0 })
}

/** Takes the rest of a cut line, with its newline. */
function* close(splitter: Splitter, rest: Buffer): Generator<Lines> {
  yield* keep(splitter, rest.subarray(0, -1))
  if (splitter.skipped === 0) yield decodeLine(splitter, Buffer.concat([...splitter.cut, rest.subarray(-1)]))
  Object.assign(splitter, { skipped: 0, cut: [], cutBytes: 0 })
}

function* decode(splitter: Splitter, bytes: Buffer): Generator<Lines> {
  const { lineBytes } = splitter
  if (bytes.length <= lineBytes && isUtf8(bytes)) return yield bytes.toString('utf8')
  for (let start = 0; start < bytes.length; ) {
    const line = bytes.subarray(start, bytes.indexOf(NEWLINE, start) + 1)
    yield line.length - 1 > lineBytes ? tooLong(splitter) : decodeLine(splitter, line)
    start += line.length
  }
}

function decodeLine(splitter: Splitter, bytes: Buffer): Lines {
  const decoded = decodeText(bytes, splitter)
  splitter.isStart = false
  if (decoded.kind === 'text') return decoded.text
  const marks = decoded.text.charCodeAt(0) === 0xfeff ? 1 : 0
  // An excerpt of bytes that are no text would be unreadable.
  return { column: Math.max(0, decoded.offset - marks) + 1, what: decoded.what, excerpt: '' }
}

function tooLong(splitter: Splitter): UnreadableLine {
  const { lineBytes, cut, isStart } = splitter
  const format = isStart ? formatOf(Buffer.concat(cut.slice(0, FORMAT_BYTES))) : undefined
  splitter.isStart = false
  return format === undefined
    ? { column: lineBytes + 1, what: `longer than ${sizeOf(lineBytes)}, the limit of one line`, excerpt: '' }
    : { column: 1, what: `this is ${format}`, excerpt: '' }
}

function sizeOf(bytes: number): string {
  return bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes} bytes`
}
