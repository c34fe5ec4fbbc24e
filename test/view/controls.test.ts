import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapedJson, own, visible, withOwnColors } from '../../src/view/controls.ts'
import { colorsOf } from '../../src/view/print.ts'

/** All that must not reach a terminal, by code point: written here once more, so that the expression is not its own judge. */
const COMMANDS = [
  ...Array.from({ length: 0x20 }, (_, code) => code).filter((code) => code !== 0x0a && code !== 0x09),
  ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index),
  ...[0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
].map((code) => String.fromCharCode(code))
const commandsIn = (text: string) => [...text].filter((character) => COMMANDS.includes(character))
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...COMMANDS),
      fc.constantFrom('\x1b[31m', '\x1b[0m', '\x1b]52;c;x\x07'),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''))

describe('visible', () => {
  test('writes every control character as an escape', () => {
    expect(visible('\x1b[2J\x9b31m\x07\r\0\x7f')).toBe('\\x1b[2J\\x9b31m\\x07\\x0d\\x00\\x7f')
    expect(visible('a\u202eb\u2028c\u061cd')).toBe('a\\u202eb\\u2028c\\u061cd')
    for (const command of COMMANDS) expect(visible(`a${command}b`)).toMatch(/^a\\(?:x[\da-f]{2}|u[\da-f]{4})b$/)
  })

  test('keeps line breaks, tabs, emoji with their joiners, and all other text', () => {
    const text = 'a\n\tb é 漢 👩‍👩‍👧‍👦 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 می‌خواهم'
    expect(visible(text)).toBe(text)
  })

  test("keeps only attak's own marked control characters", () => {
    fc.assert(
      fc.property(anyText, anyText, (foreign, ours) => {
        const shown = visible(`${foreign}${own(ours)}${foreign}`)
        expect(shown).toBe(`${visible(foreign)}${ours}${visible(foreign)}`)
        expect(commandsIn(visible(foreign))).toEqual([])
      }),
    )
  })
})

describe('colors', () => {
  test('are painted for a terminal that has them, one within another', () => {
    const { red, bold, dim } = colorsOf({ color: true })
    expect(visible(red(`a${bold('b\x1b[1m')}c`))).toBe('\x1b[31ma\x1b[1mb\\x1b[1m\x1b[22mc\x1b[39m')
    expect(visible(bold(`a${dim('b')}c`))).toBe('\x1b[1ma\x1b[2mb\x1b[22m\x1b[1mc\x1b[22m')
    expect(colorsOf({ color: false }).red('a')).toBe('a')
  })

  test('of a logged line are shown until its end if color is on, and removed otherwise', () => {
    const line = '\x1b[1;35mhot\x1b[2K\x1b[38:2::1:2:3m \x1b]8;;http://x\x07'
    expect(visible(withOwnColors(line, true))).toBe(
      '\x1b[1;35mhot\\x1b[2K\x1b[38:2::1:2:3m \\x1b]8;;http://x\\x07\x1b[0m',
    )
    expect(visible(withOwnColors(line, false))).toBe('hot\\x1b[2K \\x1b]8;;http://x\\x07')
    expect(withOwnColors('plain', true)).toBe('plain')
  })
})

test('escaped JSON has no such character, and the same value', () => {
  const anyValue = fc.oneof(anyText, fc.dictionary(anyText, anyText), fc.array(anyText))
  fc.assert(
    fc.property(anyValue, fc.constantFrom(undefined, 2), (value, indent) => {
      const json = JSON.stringify(value, undefined, indent)
      expect(commandsIn(escapedJson(json))).toEqual([])
      expect(JSON.parse(escapedJson(json))).toEqual(JSON.parse(json))
    }),
  )
  expect(escapedJson('"plain"')).toBe('"plain"')
  expect(escapedJson('"\x7f"')).toBe('"\\u007f"')
})
