import type { AttemptMark } from '../../runtime/broker.ts'

/** The most offsets that a lane is ahead of its oldest open record. */
export const WINDOW = 1024
/** Kafka keeps so much beside an offset. Source: kafka.apache.org, offset.metadata.max.bytes, read 2026-11-29. */
const MOST_CHARACTERS = 4096

/** What a lane keeps beside its committed offset, for its next owner. All offsets are those of records at or after it. */
export interface Kept {
  /** Whether an owner has it; one that ended well says that it has not. */
  readonly isOwned: boolean
  readonly done: ReadonlySet<number>
  readonly marks: ReadonlyMap<number, readonly AttemptMark[]>
  /** How many owners have vanished while a record ran alone. */
  readonly crashes: ReadonlyMap<number, number>
}

/** What is kept of a lane that nobody has owned. */
export const NOTHING: Kept = { isOwned: false, done: new Set(), marks: new Map(), crashes: new Map() }

/**
 * Writes what is kept, as one text without spaces inside of its parts: version, owner, done, crashes, time, marks. Marks that
 * do not fit are left out, the latest first: their attempts are counted anew.
 */
export function encodeKept(offset: number, { isOwned, done, marks, crashes }: Kept): string {
  const bits = Buffer.alloc(done.size === 0 ? 0 : (Math.max(...done) - offset + 8) >> 3)
  for (const one of done) bits[(one - offset) >> 3]! |= 1 << ((one - offset) & 7)
  const counts = [...crashes].map(([one, count]) => `${digits(one - offset)}.${digits(count)}`)
  const times = [...marks.values()].flatMap((found) => found.map(({ dueMs }) => Math.floor(dueMs)))
  const first = times.length === 0 ? 0 : times.reduce((least, time) => Math.min(least, time))
  const head = `1 ${isOwned ? 'o' : 'f'} ${bits.toString('base64')} ${counts.join(',')} ${digits(first)} `
  const written: string[] = []
  let length = head.length
  for (const [one, found] of [...marks].sort(([a], [b]) => a - b)) {
    const fields = found.flatMap(({ index, attempt, asked, dueMs }) => [index, attempt, asked, dueMs - first])
    const text = [one - offset, ...fields].map(digits).join('.')
    length += text.length + 1
    if (length > MOST_CHARACTERS) break
    written.push(text)
  }
  return head + written.join(',')
}

/** Reads what is kept beside an offset. Anything else than that counts as nothing. */
export function decodeKept(offset: number, text: string | null): Kept {
  const [version, owner, bits = '', counts = '', first = '0', marks = ''] = (text ?? '').split(' ')
  if (version !== '1') return NOTHING
  const bytes = Buffer.from(bits, 'base64')
  const done = new Set<number>()
  for (let at = 0; at < bytes.length * 8; at++) if ((bytes[at >> 3]! & (1 << (at & 7))) !== 0) done.add(offset + at)
  const lists = (list: string) =>
    list === '' ? [] : list.split(',').map((part) => part.split('.').map((number) => Number.parseInt(number, 36)))
  const firstMs = Number.parseInt(first, 36)
  return {
    isOwned: owner === 'o',
    done,
    crashes: new Map(lists(counts).map(([one = 0, count = 0]) => [offset + one, count])),
    marks: new Map(lists(marks).map(([one = 0, ...fields]) => [offset + one, marksOf(fields, firstMs)])),
  }
}

function marksOf(fields: readonly number[], firstMs: number): readonly AttemptMark[] {
  const marks: AttemptMark[] = []
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [index = 0, attempt = 0, asked = 0, due = 0] = fields.slice(at, at + 4)
    marks.push({ index, attempt, asked, dueMs: firstMs + due })
  }
  return marks
}

function digits(number: number): string {
  return Math.max(0, Math.floor(number)).toString(36)
}
