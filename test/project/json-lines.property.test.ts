import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AttakError, type Problem } from '../../src/errors.ts'
import { MOST_JSON_BYTES } from '../../src/project/json.ts'
import { type JsonLinesOptions, readJsonLines } from '../../src/project/json-lines.ts'

const RUNS = Number(process.env.ATTAK_TEST_FUZZ ?? 500)
const USUAL = { lineBytes: MOST_JSON_BYTES, skippedBytes: 4 * 1024 ** 3 }
const LIMITS = { lineBytes: 3000, skippedBytes: 100_000 }

/** A value, or a line that has none, with its column where that is known. */
type Line = readonly [line: number, column: number | undefined, value?: unknown]

/** What a file of lines holds, by a reader that is slow and knows nothing of blocks. */
function readSlowly(file: Uint8Array): readonly Line[] {
  const lines: Uint8Array[] = []
  let start = 0
  file.forEach((byte, index) => {
    if (byte !== 0x0a) return
    lines.push(file.subarray(start, index))
    start = index + 1
  })
  lines.push(file.subarray(start))
  return lines.flatMap((bytes, index): Line[] => {
    const line = index + 1
    if (bytes.length > LIMITS.lineBytes) return [[line, undefined]]
    const [text, isWhole] = decodeSlowly(bytes)
    const json = text.startsWith('\ufeff') ? text.slice(1) : text
    if (!isWhole) return [[line, json.length + 1]]
    if (json.replaceAll(/[ \t\r]/g, '') === '') return []
    try {
      const value: unknown = JSON.parse(json)
      return isFine(value, 1000) ? [[line, undefined, value]] : [[line, undefined]]
    } catch {
      return [[line, undefined]]
    }
  })
}

/** The longest beginning that is UTF-8, and whether it is all. */
function decodeSlowly(bytes: Uint8Array): readonly [string, boolean] {
  for (let length = bytes.length; ; length--) {
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length))
      return [text, length === bytes.length]
    } catch {
      // One byte less may be whole characters.
    }
  }
}

function isFine(value: unknown, levels: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((inner) => isFine(inner, levels - 1))
}

async function* blocksOf(file: Uint8Array, cuts: readonly number[]) {
  // One buffer for all blocks, as a file is read.
  const buffer = Buffer.alloc(file.length)
  let start = 0
  for (const cut of [...cuts.map((one) => one % (file.length + 1)).sort((a, b) => a - b), file.length]) {
    buffer.fill(0x78)
    buffer.set(file.subarray(start, cut))
    yield buffer.subarray(0, cut - start)
    start = cut
  }
}

async function read(blocks: AsyncIterable<Uint8Array>, options: Partial<JsonLinesOptions>) {
  const events: unknown[] = []
  const reader = readJsonLines(blocks, {
    ...{ where: 'f', to: 'p', processors: new Set(['p']), limits: LIMITS },
    ...options,
  })
  try {
    for await (const chunk of reader) events.push(...chunk.map(({ event }) => event))
    return { events }
  } catch (error) {
    if (!(error instanceof AttakError)) throw error
    return { events, problem: error.problems[0]! }
  }
}

const placeOf = ({ where }: Problem) => where.split(':').slice(1).map(Number)

const bytes = (...codes: number[]) => Buffer.from(codes)
const VALUES = [
  '{"to":"p","event":{"a":[1,2,{"b":null}]}}',
  '"é😀\u2028"',
  '-0',
  '12345678901234567890',
  '{"__proto__":1}',
]
const PIECES = [
  ...[
    '\n',
    '\n',
    '\n',
    '\r\n',
    '\r',
    ' ',
    '\t',
    '\ufeff',
    '\u2028',
    '\u00a0',
    '\0',
    '\\u0041',
    '\\',
    '"',
    '{',
    '}',
    '1e999',
  ],
  ...['{"a":1,"a":2}', '[[]]', `${'['.repeat(1001)}${']'.repeat(1001)}`, 'x'.repeat(3001), `"${'y'.repeat(2998)}"`],
  ...VALUES,
].map((text) => Buffer.from(text))
const BROKEN = [
  bytes(0xff),
  bytes(0xc3),
  bytes(0xe2, 0x82),
  bytes(0xed, 0xa0, 0x80),
  bytes(0xf0, 0x9f),
  bytes(0x80),
  bytes(0x1f, 0x8b),
]

const assembled = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PIECES) }, fc.constantFrom(...BROKEN)), { maxLength: 30 })
  .map((pieces) => Buffer.concat(pieces))
/** Lines of values, in which some bytes were changed. */
const mutated = fc
  .tuple(fc.array(fc.constantFrom(...VALUES)), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
  .map(([values, changes]) => {
    const file = Buffer.from(values.join('\n'))
    for (const [at, byte] of file.length === 0 ? [] : changes) file[at % file.length] = byte
    return file
  })
const files = fc.oneof(assembled, mutated, fc.uint8Array({ maxLength: 60 }))

test('each line of any bytes, cut into any blocks, is its value or a problem at its place', async () => {
  await fc.assert(
    fc.asyncProperty(files, fc.array(fc.nat()), async (file, cuts) => {
      const expected = readSlowly(file)
      const problems: Problem[] = []
      const skipping = await read(blocksOf(file, cuts), { onBadLine: (problem) => problems.push(problem) })
      expect(skipping).toEqual({ events: expected.filter((line) => line.length === 3).map(([, , value]) => value) })
      const bad = expected.filter((line) => line.length === 2)
      expect(problems.map((problem) => placeOf(problem)[0])).toEqual(bad.map(([line]) => line))
      for (const [index, [, column]] of bad.entries()) {
        if (column !== undefined && index > 0) expect(placeOf(problems[index]!)[1]).toBe(column)
      }
      const stopping = await read(blocksOf(file, cuts), {})
      const before = expected.slice(0, expected.findIndex((line) => line.length === 2) >>> 0)
      expect(stopping.events).toEqual(before.map(([, , value]) => value))
      expect(stopping.problem).toEqual(problems[0])
    }),
    { numRuns: RUNS },
  )
})

/** So many bytes of one line, then the rest. */
async function* longLine(mebibytes: number, rest: string, onBlock = () => {}) {
  const block = Buffer.alloc(1024 * 1024, 0x20)
  for (let index = 0; index < mebibytes; index++) {
    onBlock()
    yield block
  }
  yield Buffer.from(rest)
}

test('a line of 3 GB stops reading soon, with its number and the limit', async () => {
  let blocks = 0
  const onBlock = () => void blocks++
  const { problem } = await read(
    (async function* () {
      yield Buffer.from('1\n2\n')
      yield* longLine(3072, '\n3', onBlock)
    })(),
    { limits: USUAL },
  )
  expect(problem?.where).toMatch(/^f:3:/)
  expect(problem?.what).toContain('longer than 64 MiB, the limit of one line')
  expect(blocks).toBe(65)
})

test('a line of 3 GB is skipped with --skip-bad-lines, and the next lines are read', async () => {
  const places: number[][] = []
  const onBadLine = (problem: Problem) => places.push(placeOf(problem))
  const result = await read(longLine(3072, '\n3\nx\n4'), { limits: USUAL, onBadLine })
  expect(result).toEqual({ events: [3, 4] })
  expect(places.map(([line]) => line)).toEqual([1, 3])
})

test('an endless line is an error even with --skip-bad-lines', async () => {
  const places: number[][] = []
  const onBadLine = (problem: Problem) => places.push(placeOf(problem))
  const { problem } = await read(longLine(Number.POSITIVE_INFINITY, ''), { limits: USUAL, onBadLine })
  expect(places.map(([line]) => line)).toEqual([1])
  expect(problem).toMatchObject({ where: expect.stringMatching(/^f:1:/), what: expect.stringContaining('4096 MiB') })
})
