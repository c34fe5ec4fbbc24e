/** 128 bits as four words of 32, each as a signed number. */
export type Words = readonly [number, number, number, number]

const UNITS_PER_BLOCK = 32
/** A block ends with the length in bits; the mark that ends the text stands before it. */
const UNITS_OF_END = 5

/** The first 32 bits behind the point of the square roots of the first primes, and of their cube roots. */
const START = wordsOf('6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19')
const ROUNDS = wordsOf(`
428a2f9871374491b5c0fbcfe9b5dba53956c25b59f111f1923f82a4ab1c5ed5d807aa9812835b01243185be550c7dc3
72be5d7480deb1fe9bdc06a7c19bf174e49b69c1efbe47860fc19dc6240ca1cc2de92c6f4a7484aa5cb0a9dc76f988da
983e5152a831c66db00327c8bf597fc7c6e00bf3d5a7914706ca63511429296727b70a852e1b21384d2c6dfc53380d13
650a7354766a0abb81c2c92e92722c85a2bfe8a1a81a664bc24b8b70c76c51a3d192e819d6990624f40e3585106aa070
19a4c1161e376c082748774c34b0bcb5391c0cb34ed8aa4a5b9cca4f682e6ff3748f82ee78a5636f84c878148cc70208
90befffaa4506cebbef9a3f7c67178f2`)
const schedule = new Int32Array(64)
const state = new Int32Array(8)

/**
 * The first 128 bits of the SHA-256 of a text, taken as its UTF-16 code units, the high byte first: any two texts differ in
 * those, lone surrogates included. Written out, since to load `node:crypto` costs a twentieth of what `node -e 0` takes.
 * Source: FIPS 180-4, read 2026-11-21.
 */
export function digestOf(text: string): Words {
  state.set(START)
  const { length } = text
  for (let start = 0; start < length + UNITS_OF_END; start += UNITS_PER_BLOCK) {
    for (let index = 0; index < 16; index++) {
      const unit = start + 2 * index
      schedule[index] = (unitAt(text, unit) << 16) | unitAt(text, unit + 1)
    }
    if (start + UNITS_PER_BLOCK >= length + UNITS_OF_END) {
      schedule[14] = Math.floor(length / 2 ** 28)
      schedule[15] = length << 4
    }
    compress()
  }
  return [state[0]!, state[1]!, state[2]!, state[3]!]
}

function unitAt(text: string, index: number): number {
  return index < text.length ? text.charCodeAt(index) : index === text.length ? 0x8000 : 0
}

function compress(): void {
  for (let index = 16; index < 64; index++) {
    const x = schedule[index - 15]!
    const y = schedule[index - 2]!
    const low = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3)
    const high = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10)
    schedule[index] = (schedule[index - 16]! + low + schedule[index - 7]! + high) | 0
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let index = 0; index < 64; index++) {
    const chosen = (e & f) ^ (~e & g)
    const sum = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    const first = (h + sum + chosen + ROUNDS[index]! + schedule[index]!) | 0
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const second = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
  state[5]! += f
  state[6]! += g
  state[7]! += h
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

/** Words of 8 hex digits each. Written out, since to work them out takes half a millisecond of each cold start. */
function wordsOf(hex: string): Int32Array {
  return Int32Array.from(hex.match(/\w{8}/g)!, (word) => Number.parseInt(word, 16) | 0)
}
