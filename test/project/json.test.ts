import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from '../../src/project/json.ts'

const pretty = fc.tuple(fc.json({ maxDepth: 4 }), fc.constantFrom(0, 2, '\t')).map(([text, space]) => {
  return JSON.stringify(JSON.parse(text), null, space)
})

test('what JSON.parse takes, parses to the same value; what it refuses, has a fault inside the text', () => {
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
          const offset = parsed.kind === 'fault' ? parsed.fault.offset : -1
          expect(offset).toBeGreaterThanOrEqual(0)
          expect(offset).toBeLessThanOrEqual(text.length)
        }
      },
    ),
  )
})

test('a text broken by a character that JSON has nowhere is faulted at that very place', () => {
  const insideToken = /(?:\\(?:u[0-9a-f]{0,3})?|[\w.+-])$/
  fc.assert(
    fc.property(pretty, fc.nat(), (text, seed) => {
      const offset = seed % (text.length + 1)
      const before = text.slice(0, offset)
      fc.pre(!insideToken.test(before))
      const parsed = parseJson(`${before}\u0001${text.slice(offset)}`)
      const lines = before.split('\n')
      expect(parsed).toMatchObject({ fault: { offset, line: lines.length, column: lines.at(-1)!.length + 1 } })
    }),
  )
})

test('a text cut short is faulted at its end, or where the last word began', () => {
  fc.assert(
    fc.property(pretty, fc.nat(), (text, seed) => {
      const cut = text.slice(0, seed % text.length)
      const parsed = parseJson(cut)
      if (parsed.kind === 'fault') expect(cut.length - parsed.fault.offset).toBeLessThan(6)
    }),
  )
})

test('a fault says what was expected and shows the place', () => {
  const parsed = parseJson('{\n  "a": 1,\n  "b": [1 2]\n}')
  expect(parsed).toMatchObject({ fault: { line: 3, column: 11, what: 'expected "," or "]", found "2"' } })
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
  ['"a\tb"', 'expected a character that may stand in a string, found "\\t"'],
  ['"\\x"', 'expected an escape that JSON knows, found "\\\\"'],
  ['tru', 'expected a value, found "t"'],
])('%j: %s', (text, what) => {
  expect(parseJson(text)).toMatchObject({ kind: 'fault', fault: { what } })
})

test('a byte order mark is no fault, and depth costs no calls', () => {
  expect(parseJson('\ufeff[1]')).toEqual({ kind: 'value', value: [1] })
  const deep = `${'['.repeat(200_000)}x`
  expect(parseJson(deep)).toMatchObject({ fault: { offset: 200_000 } })
})

test('a long line is shown around the place only', () => {
  const parsed = parseJson(`[${'1,'.repeat(1000)} x${',1'.repeat(1000)}]`)
  const [line, caret] = parsed.kind === 'fault' ? parsed.fault.excerpt.split('\n') : []
  expect(line!.length).toBeLessThan(80)
  expect(line![caret!.length - 1]).toBe('x')
})
