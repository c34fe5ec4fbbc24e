/**
 * Whole numbers from 0 that are only added to, in as few bytes as they need: fresh memory costs a nanosecond a byte. Plain
 * data with functions beside it, since closures that several tapes share are not inlined into what fills them (row S5 of
 * the benchmarks).
 */
export interface Tape {
  /** In bytes. */
  length: number
  /** The block that is added to. */
  last: Uint8Array
  readonly blocks: Uint8Array[]
}

const BLOCK_BITS = 16
const BLOCK_BYTES = 1 << BLOCK_BITS
const WITHIN_BLOCK = BLOCK_BYTES - 1

/** Makes an empty tape. */
export function createTape(): Tape {
  return { length: 0, last: new Uint8Array(0), blocks: [] }
}

/** Adds a number below 2 ** 31. */
export function append(tape: Tape, number: number): void {
  let rest = number
  for (; rest > 127; rest >>= 7) appendByte(tape, (rest & 127) | 128)
  appendByte(tape, rest)
}

function appendByte(tape: Tape, byte: number): void {
  const place = tape.length++ & WITHIN_BLOCK
  if (place === 0) addBlock(tape)
  tape.last[place] = byte
}

function addBlock(tape: Tape): void {
  tape.last = new Uint8Array(BLOCK_BYTES)
  tape.blocks.push(tape.last)
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
      if (byte < 128) return number
    }
  }
}
