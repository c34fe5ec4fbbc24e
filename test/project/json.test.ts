import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type JsonFault, MOST_JSON_BYTES, parseJson, parseJsonFile, repeatedName } from '../../src/project/json.ts'

/** The place of a fault as an index into its text. */
function offsetOf(text: string, { line, column }: JsonFault): number {
  const starts = [0, ...[...text.matchAll(/\r\n?|\n/g)].map(({ index, 0: ending }) => index + ending.length)]
  return starts[line - 1]! + column - 1
}

const pretty = fc.tuple(fc.json({ maxDepth: 4 }), fc.constantFrom(0, 2, '\t')).map(([text, space]) => {
  return JSON.stringify(JSON.parse(text), null, space)
})

test('text that JSON.parse accepts has the same value, and other text has a fault inside it', () => {
  fc.assert(
    fc.property(
      fc.oneof(pretty, fc.string(), fc.string({ unit: fc.constantFrom(...'{}[]",:01-.eE\\utfn \n') })),
      (text) => {
        const parsed = parseJson(text)
        try {
          const value: unknown = JSON.parse(text)
          expect(parsed).toEqual({ kind: 'value', value })
        } catch {
          expect(parsed).toMatchObject({ kind: 'fault' })
          const offset = parsed.kind === 'fault' ? offsetOf(text, parsed.fault) : -1
          expect(offset).toBeGreaterThanOrEqual(0)
          expect(offset).toBeLessThanOrEqual(text.length)
        }
      },
    ),
  )
})

test('a text with an impossible character has its fault at this character', () => {
  const insideToken = /(?:\\(?:u[0-9a-f]{0,3})?|[\w.+-])$/
  fc.assert(
    fc.property(pretty, fc.nat(), (text, seed) => {
      const offset = seed % (text.length + 1)
      const before = text.slice(0, offset)
      fc.pre(!insideToken.test(before))
      const parsed = parseJson(`${before}\u0001${text.slice(offset)}`)
      const lines = before.split('\n')
      expect(parsed).toMatchObject({ fault: { line: lines.length, column: lines.at(-1)!.length + 1 } })
    }),
  )
})

test('a truncated text has its fault at its end, or at the start of its last word', () => {
  fc.assert(
    fc.property(pretty, fc.nat(), (text, seed) => {
      const cut = text.slice(0, seed % text.length)
      const parsed = parseJson(cut)
      if (parsed.kind === 'fault') expect(cut.length - offsetOf(cut, parsed.fault)).toBeLessThan(6)
    }),
  )
})

test('a fault has the expected text and shows its place', () => {
  const parsed = parseJson('{\n  "a": 1,\n  "b": [1 2]\n}')
  expect(parsed).toMatchObject({ fault: { line: 3, column: 11, what: 'not JSON: expected "," or "]", found "2"' } })
  expect(parsed.kind === 'fault' && parsed.fault.excerpt).toBe('  "b": [1 2]\n          ^')
  expect(parseJson('\n\n')).toMatchObject({ fault: { line: 3, excerpt: '' } })
})

test.each([
  ['', 'expected a value, found the end'],
  ['{', 'expected a property name in double quotes, found the end'],
  ["{'a': 1}", 'expected a property name in double quotes, found "\'"'],
  ['{"a" 1}', 'expected ":", found "1"'],
  ['[1,]', 'expected a value, found "]"'],
  ['{"a":1} x', 'expected nothing more, found "x"'],
  ['"a\tb"', 'expected a character that may stand in a string, found U+0009'],
  ['"\\x"', 'expected an escape that JSON knows, found "\\\\"'],
  ['tru', 'expected a value, found "t"'],
])('%j: %s', (text, what) => {
  expect(parseJson(text)).toMatchObject({ kind: 'fault', fault: { what: `not JSON: ${what}` } })
})

test('a byte order mark at the start is accepted', () => {
  expect(parseJson('\ufeff[1]')).toEqual({ kind: 'value', value: [1] })
  expect(parseJson('[\ufeff1]')).toMatchObject({
    fault: { column: 2, what: 'not JSON: expected a value, found U+FEFF' },
  })
})

test.each([
  ['lists', '[', '', ']'],
  ['objects', '{"a":', '1', '}'],
])('1000 levels of %s are a value, and more are refused at their start', (_, open, middle, close) => {
  const nested = (levels: number) => `${open.repeat(levels)}${middle}${close.repeat(levels)}`
  expect(parseJson(nested(1000))).toMatchObject({ kind: 'value' })
  for (const levels of [1001, 200_000]) {
    const fault = { line: 1, column: 1000 * open.length + 1, what: 'nested more than 1000 levels deep' }
    expect(parseJson(nested(levels))).toMatchObject({ fault })
    expect(parseJson(open.repeat(levels))).toMatchObject({ fault })
  }
})

test('brackets in strings, or beside each other, do not count as levels', () => {
  const value = ['[{"\\'.repeat(2000), ...Array(3000).fill([{}]), '\\']
  expect(parseJson(JSON.stringify(value))).toEqual({ kind: 'value', value })
})

test.each([
  ['1e999', 1],
  ['[1, -1e309]', 5],
  ['{"a":1.5E+400}', 6],
  [`[${'9'.repeat(309)}]`, 2],
  [`[${'9'.repeat(250)}e99]`, 2],
  ['["1e999", 1e999 ]', 11],
])('the number out of range in %s is refused at column %i, because it would become null', (text, column) => {
  const what = expect.stringMatching(/^the number \S+ is out of range/)
  expect(parseJson(text)).toMatchObject({ fault: { line: 1, column, what } })
})

test.each([
  '"1e999"',
  '[1e308]',
  '[1e-999]',
  '["e1234"]',
  '{"1e999":-0}',
  '[12345678901234567890]',
  `"${'1'.repeat(400)}"`,
])('%s has the value of JSON.parse', (text) =>
  expect(parseJson(text)).toEqual({ kind: 'value', value: JSON.parse(text) }),
)

test('millions of escapes in one string take linear time, in valid and invalid text', () => {
  const escapes = '\\n\\u0041'.repeat(2_000_000)
  expect(parseJson(`["${escapes}"]`)).toMatchObject({ kind: 'value' })
  expect(parseJson(`["${escapes}" x]`)).toMatchObject({ fault: { column: escapes.length + 5 } })
  expect(parseJson(`["${escapes}`)).toMatchObject({
    fault: { what: 'not JSON: expected a closing quote, found the end' },
  })
})

test('lines end with LF, CRLF and CR, mixed', () => {
  expect(parseJson('[\r\n1,\r2,\n\n\r\r\n "a" b]')).toMatchObject({ fault: { line: 7, column: 6 } })
})

test('a file that is not UTF-8 is refused at its first wrong byte', () => {
  expect(parseJsonFile(Buffer.from('\ufeff[1]'))).toEqual({ kind: 'value', value: [1] })
  const bad = Buffer.concat([Buffer.from('["é",\n "\ufffd😀 '), Buffer.from([0xe2, 0x82]), Buffer.from('"]')])
  expect(parseJsonFile(bad)).toMatchObject({
    fault: { line: 2, column: 7, what: expect.stringContaining('not UTF-8') },
  })
  const utf16 = Buffer.from('{"a":1}', 'utf16le')
  for (const bytes of [utf16, Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), Buffer.from(utf16).swap16()]) {
    expect(parseJsonFile(bytes)).toMatchObject({ fault: { line: 1, what: expect.stringContaining('UTF-16') } })
  }
  expect(parseJsonFile(gzipSync('{}'))).toMatchObject({ fault: { line: 1, what: expect.stringContaining('gunzip') } })
})

test('a file that is too large is refused with the line that reaches the limit', () => {
  const bytes = Buffer.alloc(MOST_JSON_BYTES + 1, ' ')
  bytes[10] = bytes[20] = 10
  const what = 'larger than 64 MiB, the limit of one JSON value'
  expect(parseJsonFile(bytes)).toMatchObject({ fault: { line: 3, column: MOST_JSON_BYTES - 20, what } })
})

test('a duplicate name in the outermost object is found in any spelling', () => {
  const at = (text: string) => repeatedName(Buffer.from(text))
  expect(at('{"a":1,\n "b":{"a":2}, "\\u0061":3}')).toMatchObject({ line: 2, column: 15 })
  expect(at('{"a":{"b":1,"b":2},"__proto__":1,"constructor":2}')).toBeUndefined()
})

test('only the part of a long line around the place is shown', () => {
  const parsed = parseJson(`[${'1,'.repeat(1000)} x${',1'.repeat(1000)}]`)
  const [line, caret] = parsed.kind === 'fault' ? parsed.fault.excerpt.split('\n') : []
  expect(line!.length).toBeLessThan(80)
  expect(line![caret!.length - 1]).toBe('x')
})
