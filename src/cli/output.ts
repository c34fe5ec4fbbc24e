import { fstatSync, statSync, writeSync } from 'node:fs'
import type { Output } from './terminal.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A descriptor of the process, and what opens a stream for it. */
export interface Target {
  readonly name: string
  readonly stream: () => NodeJS.WriteStream
  readonly descriptor: number
}

const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET'])

/** The capacity of the smallest pipe: writing no more than this never waits for the reader. */
const MOST_DIRECT_BYTES = 16_384

/** Opens its stream for a terminal, or when much is written: streams, and all of Node's network code, take long to load. */
export function outputOf({ name, stream, descriptor }: Target, env: Environment): Output {
  let opened: NodeJS.WriteStream | undefined
  let spareBytes: number | undefined
  let isClosed = false
  let failure: NodeJS.ErrnoException | undefined
  const fail = (error: NodeJS.ErrnoException) => {
    isClosed = true
    if (!READER_GONE.has(error.code)) failure ??= Object.assign(error, { path: name })
  }
  const open = () => {
    opened ??= withListener(stream(), fail)
    return opened
  }
  const isPlain = () => {
    spareBytes ??= directBytes(descriptor) ?? (stream().isTTY === true ? 0 : Number.POSITIVE_INFINITY)
    return opened === undefined && spareBytes > 0
  }
  const writeDirectly = (bytes: Uint8Array): boolean => {
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(descriptor, bytes, written)
    } catch (error) {
      // A pipe that is full for the moment is left to the stream.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') fail(error as NodeJS.ErrnoException)
    }
    return isClosed || written === bytes.length || open().write(bytes.subarray(written))
  }
  return {
    write(text) {
      if (isClosed) return true
      if (!isPlain()) return open().write(text)
      const bytes = Buffer.from(text)
      spareBytes! -= bytes.length
      return spareBytes! >= 0 ? writeDirectly(bytes) : open().write(bytes)
    },
    drained() {
      const stream = opened
      if (isClosed || stream === undefined || stream.writableLength === 0) return Promise.resolve()
      return new Promise((resolve) => stream.write('', () => resolve()))
    },
    get isClosed() {
      return isClosed
    },
    get failure() {
      return failure
    },
    get isTTY() {
      return !isPlain() && open().isTTY === true
    },
    get columns() {
      const columns = isPlain() ? 0 : open().columns
      return columns > 0 ? columns : 80
    },
    get color() {
      return belongsColor(env, !isPlain() && open().isTTY === true)
    },
  }
}

function withListener(stream: NodeJS.WriteStream, onError: (error: Error) => void): NodeJS.WriteStream {
  stream.on('error', onError)
  return stream
}

/**
 * Returns how many bytes may be written without a stream: any number to a file, and what certainly fits into a pipe.
 * Undefined for what may be a terminal.
 */
function directBytes(descriptor: number): number | undefined {
  try {
    const found = fstatSync(descriptor)
    if (found.isFile()) return Number.POSITIVE_INFINITY
    if (!found.isCharacterDevice()) return MOST_DIRECT_BYTES
    return found.rdev === statSync('/dev/null').rdev ? Number.POSITIVE_INFINITY : undefined
  } catch {
    return undefined
  }
}

/** Whether to colour. Sources: https://no-color.org and https://force-color.org, read 2026-11-21. */
export function belongsColor(env: Environment, isTTY: boolean): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  if (env.FORCE_COLOR !== undefined) return isSet(env.FORCE_COLOR)
  return isTTY && env.TERM !== 'dumb'
}

/** Whether a variable is set to anything but nothing, 0 or false. */
export function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}
