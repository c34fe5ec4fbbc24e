/** 128 bits as four words of 32, each as a signed number. */
export type Words = readonly [number, number, number, number]

const UNITS_PER_BLOCK = 32
/** A block ends with the length in bits; the mark that ends the text stands before it. */
const UNITS_OF_END = 5

const START = fractions(8, Math.sqrt)
const ROUNDS = fractions(64, Math.cbrt)
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

/** The first 32 bits behind the point of the roots of the first primes. */
function fractions(count: number, root: (prime: number) => number): Int32Array {
  const primes: number[] = []
  for (let number = 2; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number)
  }
  return Int32Array.from(primes, (prime) => ((root(prime) % 1) * 2 ** 32) | 0)
}
