import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { visible } from '../../src/view/controls.ts'
import { colorsOf, drawProblems } from '../../src/view/print.ts'
import { widthOf } from '../../src/view/width.ts'
import { wrapLines } from '../../src/view/wrap.ts'

const PATH = '/home/me/projects/orders/node_modules/some-package/dist/index.js'

test('a line that fits stays as it is', () => {
  expect(wrapLines('  four words  and two\n', 80)).toBe('  four words  and two\n')
})

test.each([
  ['prose by four blanks', '[CODE] a: one two three four', '[CODE] a: one two\n    three four'],
  ['what is indented by four more', '  one two three four five six', '  one two three four\n      five six'],
  ['what has a sign below its text', '  ✗ one two three four five', '  ✗ one two three\n    four five'],
  ['what is not attak’s own behind its bar', '  │ one two three four five', '  │ one two three\n  │ four five'],
  [
    'a last column below itself',
    '✓ role  one two three four five',
    '✓ role  one two\n        three four\n        five',
  ],
])('hangs %s', (_, line, wrapped) => {
  expect(wrapLines(line, 20)).toBe(wrapped)
})

test('never breaks a word: a path that is too long stands alone', () => {
  expect(wrapLines(`the file ${PATH} is not there`, 40)).toBe(`the file\n    ${PATH}\n    is not there`)
})

test('a word that does not fit below the last column is indented less', () => {
  expect(wrapLines('  + function  a-name-of-twenty-one', 24)).toBe('  + function\n    a-name-of-twenty-one')
  expect(wrapLines(`  + function  ${PATH}`, 24)).toBe(`  + function\n    ${PATH}`)
})

test('a terminal without columns has twenty', () => {
  expect(wrapLines('one two three four five', 0)).toBe(wrapLines('one two three four five', 20))
})

test('colors take no columns, and escaped characters take theirs', () => {
  const { red } = colorsOf({ color: true })
  expect(visible(wrapLines(`${red('[CODE] aaaa')} bbbb cccc`, 20))).toBe('\x1b[31m[CODE] aaaa\x1b[39m bbbb\n    cccc')
  expect(visible(wrapLines('one two three \x07\x07\x07 x', 20))).toBe('one two three\n    \\x07\\x07\\x07 x')
  expect(wrapLines('一二三四 一二三四 一二三四', 20)).toBe('一二三四 一二三四\n    一二三四')
})

test('no line is wider than the terminal unless it is one word, and no word is lost', () => {
  const word = fc.oneof(
    fc.constantFrom('a', 'retries', '✗', '│', PATH, '一二三', '\x1b[2J', 'e\u0301'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  )
  const line = fc
    .tuple(fc.nat(12), fc.array(fc.tuple(word, fc.integer({ min: 1, max: 3 })), { maxLength: 20 }))
    .map(([lead, words]) => ' '.repeat(lead) + words.map(([text, blanks]) => text + ' '.repeat(blanks)).join(''))
  const wordsOf = (text: string) => text.split(/[ \n│]+/).filter((found) => found !== '')
  fc.assert(
    fc.property(fc.array(line, { maxLength: 3 }), fc.integer({ min: 20, max: 90 }), (lines, columns) => {
      const text = lines.join('\n')
      const wrapped = wrapLines(text, columns)
      expect(wordsOf(wrapped)).toEqual(wordsOf(text))
      for (const shown of wrapped.split('\n').map((one) => visible(one).trimEnd())) {
        if (widthOf(shown) > columns) expect(shown.replace(/^ *(│ )? */, '')).not.toContain(' ')
      }
    }),
  )
})

describe('an excerpt in a problem', () => {
  const problem = (excerpt: string) =>
    ({
      code: 'INPUT_INVALID',
      severity: 'error',
      where: 'input.json:1:90',
      what: `no\n${excerpt}`,
      remedy: '',
    }) as const
  const linesAt = (columns: number, excerpt: string) =>
    drawProblems([problem(excerpt)], colorsOf({ color: false, isTTY: true, columns }))
      .trimEnd()
      .split('\n')
      .slice(1)

  test('is cut to the terminal, and its mark stands below the same character', () => {
    const excerpt = `{"a": "${'one two '.repeat(9)}", oops: "${'three '.repeat(20)}"\n${' '.repeat(82)}^`
    for (const columns of [60, 80, 160]) {
      const [code, mark] = linesAt(columns, excerpt)
      expect(code!.length).toBeLessThanOrEqual(columns)
      expect(code!.slice(mark!.indexOf('^'))).toMatch(/^oops: "three/)
    }
  })

  test('is not cut if its lines are text of the user', () => {
    expect(linesAt(40, 'one two three four five six seven eight nine')).toEqual([
      '    │ one two three four five six seven eight nine',
    ])
  })
})
