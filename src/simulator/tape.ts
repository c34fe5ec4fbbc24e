/**
 * Whole numbers that are only added to, in as few bytes as they need: fresh memory costs a nanosecond a byte. Plain data
 * with functions beside it, since closures that several tapes share are not inlined into what fills them (row S5 of the
 * benchmarks).
 */
export interface Tape {
  /** The block that is added to, and how much of it is filled. */
  last: Uint8Array
  filled: number
  readonly blocks: Uint8Array[]
}

const BLOCK_BITS = 16
/** Bytes of a block. */
export const BLOCK_BYTES = 1 << BLOCK_BITS
const WITHIN_BLOCK = BLOCK_BYTES - 1

/** Makes an empty tape. */
export function createTape(): Tape {
  return { last: new Uint8Array(0), filled: BLOCK_BYTES, blocks: [] }
}

/** How many bytes are on it. */
export function lengthOf({ blocks, filled }: Tape): number {
  return blocks.length * BLOCK_BYTES + filled - BLOCK_BYTES
}

/** Adds a number of up to 32 bits; one below 128 takes a byte. */
export function append(tape: Tape, number: number): void {
  if (number >= 0 && number < 128 && tape.filled < BLOCK_BYTES) tape.last[tape.filled++] = number
  else appendLong(tape, number)
}

/** How far a number is from another, both of 32 bits with their sign, as what {@link append} takes: near ones take a byte. */
export function stepOf(from: number, to: number): number {
  const step = (to - from) | 0
  return (step << 1) ^ (step >> 31)
}

/** What {@link stepOf} was given as `to`, from what it gave. */
export function stepFrom(from: number, number: number): number {
  return (from + ((number >>> 1) ^ -(number & 1))) | 0
}

function appendLong(tape: Tape, number: number): void {
  let rest = number
  for (; rest < 0 || rest > 127; rest >>>= 7) appendByte(tape, (rest & 127) | 128)
  appendByte(tape, rest)
}

function appendByte(tape: Tape, byte: number): void {
  if (tape.filled === BLOCK_BYTES) {
    tape.last = new Uint8Array(BLOCK_BYTES)
    tape.blocks.push(tape.last)
    tape.filled = 0
  }
  tape.last[tape.filled++] = byte
}

/** Makes a function that reads a tape from its start: each call gives the next number, of a tape that has one. */
export function readTape(tape: Tape): () => number {
  let place = 0
  return () => {
    let number = 0
    for (let shift = 0; ; shift += 7) {
      const byte = tape.blocks[place >> BLOCK_BITS]![place & WITHIN_BLOCK]!
      place++
      number |= (byte & 127) << shift
      if (byte < 128) return number >>> 0
    }
  }
}
