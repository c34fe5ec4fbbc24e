import { expect, test } from 'vitest'
import { drawCodeFrame, placeInCall } from '../../src/view/code-frame.ts'
import { colorsOf } from '../../src/view/print.ts'
import { widthOf } from '../../src/view/width.ts'

const plain = colorsOf({ color: false })

test('reads the place of a call, and nothing without file and line', () => {
  expect(placeInCall('    at handler (processors/reverse.ts:3:9)')).toEqual({
    file: 'processors/reverse.ts',
    line: 3,
    column: 9,
  })
  expect(placeInCall('    at async other files/a.ts:1:12')).toEqual({ file: 'other files/a.ts', line: 1, column: 12 })
  expect(placeInCall('    at new Promise (<anonymous>)')).toBeUndefined()
  expect(placeInCall('Error: nowhere')).toBeUndefined()
})

test('shows the part of a very long line around the column', () => {
  const source = `${'a'.repeat(100_000)}boom()${'b'.repeat(100_000)}`
  const frame = drawCodeFrame(source, { file: '', line: 1, column: 100_001 }, plain)
  const [line, mark] = frame.split('\n')
  expect(line!.slice(mark!.indexOf('^'))).toMatch(/^boom\(\)b+…$/)
  expect(line!.length).toBeLessThan(300)
  expect(drawCodeFrame('short', { file: '', line: 1, column: 90_000 }, plain)).toContain('> 1 |')
})

test('marks the column, with two lines around it', () => {
  const source = 'one\ntwo\nthree\n\tfour()\nfive\nsix\nseven'
  expect(`\n${drawCodeFrame(source, { file: '', line: 4, column: 2 }, plain)}`).toMatchInlineSnapshot(`
    "
      2 | two
      3 | three
    > 4 |     four()
        |     ^
      5 | five
      6 | six"
  `)
})

test('keeps the numbers in a column at the end of a file', () => {
  const source = Array.from({ length: 10 }, (_, index) => `line ${index + 1}`).join('\n')
  expect(`\n${drawCodeFrame(source, { file: '', line: 10, column: 1 }, plain)}`).toMatchInlineSnapshot(`
    "
       8 | line 8
       9 | line 9
    > 10 | line 10
         | ^"
  `)
})

test('returns nothing if the source has no such line', () => {
  expect(drawCodeFrame('one', { file: '', line: 2, column: 1 }, plain)).toBe('')
})

test('cuts all lines the same to the columns of a terminal, so the mark stays below its character', () => {
  const source = [
    'short',
    `${'x'.repeat(70)}before()`,
    `\tif (一) { ${'y'.repeat(50)}; boom() } // ${'z'.repeat(90)}`,
  ].join('\n')
  const column = source.split('\n')[2]!.indexOf('boom') + 1
  for (const columns of [20, 60, 80, 160]) {
    const drawn = drawCodeFrame(source, { file: '', line: 3, column }, { ...plain, columns }).split('\n')
    const [line, mark] = drawn.slice(-2) as [string, string]
    for (const one of drawn) expect(widthOf(one)).toBeLessThanOrEqual(columns)
    const marked = [...line].findIndex((_, index) => widthOf([...line].slice(0, index).join('')) === mark.indexOf('^'))
    expect([...line].slice(marked).join('')).toMatch(/^boom/)
  }
  expect(drawCodeFrame(source, { file: '', line: 3, column: 2 }, { ...plain, columns: 30 })).toMatchInlineSnapshot(`
    "  1 | short
      2 | xxxxxxxxxxxxxxxxxxxxxxx…
    > 3 |     if (一) { yyyyyyyyy…
        |     ^"
  `)
})
