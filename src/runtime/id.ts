import { digestOf, type Words } from './digest.ts'

/**
 * Returns the id of an input, 32 hex digits: the same for the same seed and position.
 *
 * An id takes in one value after the other, 128 bits each: texts by their SHA-256, numbers as they are. Each value is
 * added by xor to the state. The result goes through a fixed permutation and is added to its output, so that it cannot
 * be reversed. Values that users choose enter only as digests, and finding two names with one id takes about 2^64
 * trials. It costs a tenth of hashing everything for each message (row S5 of the benchmarks).
 */
export function rootIdFor(seed: string, position: number): string {
  state.fill(0)
  takeText('attak.input')
  takeText(seed)
  takeNumbers(position | 0, Math.floor(position / 2 ** 32))
  return stateAsHex()
}

/**
 * The id of an emit, 32 hex digits: the same for the same parent's id, emitting processor, topic and key, and as many
 * emits with that topic and key before it in the same invocation.
 */
export function emitIdFor(
  parent: string,
  emitter: string | undefined,
  topic: string | undefined,
  key: string | undefined,
  ordinal: number,
): string {
  setState(parent)
  takeText(emitter ?? '')
  takeText(topic ?? '')
  if (key !== undefined) takeText(key)
  takeNumbers(ordinal, key === undefined ? EMIT : KEYED_EMIT)
  return stateAsHex()
}

/** The id of a message that invokes the processor `to`: the same for the same parent's id, caller, and calls of it before. */
export function invokeIdFor(parent: string, caller: string | undefined, to: string, ordinal: number): string {
  setState(parent)
  takeText(caller ?? '')
  takeText(to)
  takeNumbers(ordinal, INVOKE)
  return stateAsHex()
}

/**
 * Returns the id of an error record, 32 hex digits. It depends on the message (its id and the digest of its content),
 * the processor and the kind of failure. So recording a failure twice makes one record, and two messages with one id
 * make two.
 */
export function recordIdFor(message: string, content: string, processor: string, kind: RecordKind): string {
  setState(message)
  // Before the text: a foreign id is a text, too, and the numbers between separate the two.
  takeNumbers(RECORD_KINDS.indexOf(kind), RECORD)
  takeText(processor)
  takeText(content)
  return stateAsHex()
}

/**
 * The kinds of error records. `failed` is a message that is not retried. `late` is what a handler did after its message
 * was done. `crash` is what the platform ended: a crash, out of time or out of memory. Ids use their indexes.
 */
export const RECORD_KINDS = ['failed', 'late', 'crash'] as const

/** One of {@link RECORD_KINDS}. */
export type RecordKind = (typeof RECORD_KINDS)[number]

/** A number from 0 up to 1, the same for the same id and attempt. */
export function chanceFor(id: string, attempt: number): number {
  setState(id)
  takeNumbers(attempt, ATTEMPT)
  return (state[0]! >>> 0) / 2 ** 32
}

/** The purpose of the numbers, so that no two input sequences are equal. */
const EMIT = 1
const KEYED_EMIT = 2
const INVOKE = 3
const ATTEMPT = 4
const RECORD = 5

const state = new Int32Array(4)

/** The last id that was made or read, and its state: the emits of a message are logged right after it. */
const last = { id: undefined as string | undefined, state: new Int32Array(4) }

/** Sets the state to an id; a foreign id, from another system, enters as its digest. */
function setState(id: string): void {
  if (id !== last.id) {
    readId(id)
    last.id = id
  }
  state.set(last.state)
}

function readId(id: string): void {
  let wrong = id.length === 32 ? 0 : -1
  for (let word = 0; word < 4; word++) {
    let bits = 0
    for (let index = 8 * word; index < 8 * word + 8; index++) {
      const digit = DIGITS[id.charCodeAt(index) & 127]!
      wrong |= digit | (id.charCodeAt(index) & ~127)
      bits = (bits << 4) | digit
    }
    last.state[word] = bits
  }
  if (wrong < 0 || wrong > 15) last.state.set(digestOf(id))
}

const DIGITS = new Int8Array(128).fill(-1)
for (let digit = 0; digit < 16; digit++) DIGITS[digit.toString(16).charCodeAt(0)] = digit

const MOST_KNOWN = 4096
const MOST_KNOWN_UNITS = 256
const known = new Map<string, Words>()

function takeText(text: string): void {
  let digest = known.get(text)
  if (digest === undefined) {
    digest = digestOf(text)
    if (known.size >= MOST_KNOWN) known.clear()
    if (text.length <= MOST_KNOWN_UNITS) known.set(text, digest)
  }
  take(digest[0], digest[1], digest[2], digest[3])
}

function takeNumbers(first: number, second: number): void {
  take(first, second, 0, 0)
}

/** By hand, since a buffer that is written and read as hexadecimal takes twice as long. */
function stateAsHex(): string {
  for (let index = 0; index < 32; index++) {
    hex[index] = HEX[(state[index >> 3]! >>> (28 - 4 * (index & 7))) & 15]!
  }
  last.id = String.fromCharCode(...hex)
  last.state.set(state)
  return last.id
}

const hex: number[] = new Array(32).fill(0)
const HEX = [...'0123456789abcdef'].map((digit) => digit.charCodeAt(0))

/** The permutation is that of Chaskey-12. Source: its reference implementation by N. Mouha, read 2026-11-21. */
function take(first: number, second: number, third: number, fourth: number): void {
  const a0 = state[0]! ^ first
  const b0 = state[1]! ^ second
  const c0 = state[2]! ^ third
  const d0 = state[3]! ^ fourth
  let a = a0
  let b = b0
  let c = c0
  let d = d0
  for (let round = 0; round < 12; round++) {
    a = (a + b) | 0
    b = ((b << 5) | (b >>> 27)) ^ a
    a = (a << 16) | (a >>> 16)
    c = (c + d) | 0
    d = ((d << 8) | (d >>> 24)) ^ c
    a = (a + d) | 0
    d = ((d << 13) | (d >>> 19)) ^ a
    c = (c + b) | 0
    b = ((b << 7) | (b >>> 25)) ^ c
    c = (c << 16) | (c >>> 16)
  }
  state[0] = a ^ a0
  state[1] = b ^ b0
  state[2] = c ^ c0
  state[3] = d ^ d0
}
