import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import { drawCodeFrame, placeOf } from '../../../src/cli/simulate/codeFrame.ts'

const plain = picocolors.createColors(false)

test('finds the first place of a stack', () => {
  const stack = 'TypeError: boom (see a:1:2)\n    at handler (processors/reverse.ts:3:9)\n    at other.ts:1:1'
  expect(placeOf(stack)).toEqual({ file: 'processors/reverse.ts', line: 3, column: 9 })
  expect(placeOf('Error\n    at async other files/a.ts:1:12')).toEqual({
    file: 'other files/a.ts',
    line: 1,
    column: 12,
  })
  expect(placeOf('Error: nowhere')).toBeUndefined()
})

test('marks the column, with two lines around it', () => {
  const source = 'one\ntwo\nthree\n\tfour()\nfive\nsix\nseven'
  expect(`\n${drawCodeFrame(source, { file: '', line: 4, column: 2 }, plain)}`).toMatchInlineSnapshot(`
    "
      2 | two
      3 | three
    > 4 | 	four()
        | 	^
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

test('says nothing when the source has no such line', () => {
  expect(drawCodeFrame('one', { file: '', line: 2, column: 1 }, plain)).toBe('')
})
