import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hexDigestOf } from '../../runtime/digest.ts'
import { fieldsOf } from '../../runtime/text.ts'

/** How far a followed file is done. */
export interface FilePosition {
  /** Which file it is: its device and its number there. */
  readonly file: string
  /** A digest of the first {@link headBytes} bytes: another file may get the same number. */
  readonly head: string
  readonly headBytes: number
  /** How many files, or contents of the same file, came before it. */
  readonly generation: number
  readonly offset: number
}

/** The bytes that tell files apart. */
export const HEAD_BYTES = 256

/** Digests the beginning of a file. */
export function headOf(bytes: Buffer): string {
  return hexDigestOf(bytes.toString('base64'))
}

/** Where the position of a source is kept: `<dir>/.attak/positions/<topology>.<stage>.<source>.json`. */
export function positionFile(dir: string, scope: string, source: string): string {
  return join(dir, '.attak', 'positions', `${scope.replaceAll('/', '.')}.${source}.json`)
}

/** Reads a position; undefined if there is none that can be read. */
export function readPosition(file: string): FilePosition | undefined {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
  const { file: id, head, headBytes, generation, offset } = fieldsOf(value) ?? {}
  const numbers = [headBytes, generation, offset].every((number) => Number.isSafeInteger(number) && Number(number) >= 0)
  return numbers && typeof id === 'string' && typeof head === 'string' ? (value as FilePosition) : undefined
}

/** Writes a position, whole or not at all. */
export function writePosition(file: string, position: FilePosition): void {
  mkdirSync(dirname(file), { recursive: true })
  const half = `${file}.half`
  writeFileSync(half, `${JSON.stringify(position)}\n`)
  renameSync(half, file)
}
