import { describe, expect, test } from 'vitest'
import type { Arguments } from '../../src/cli/command.ts'
import { knownProcessor, parseSince, quietMsOf } from '../../src/cli/options.ts'

const NOW = Date.parse('2026-11-21T13:00:00Z')

test.each([
  ['30s', 30_000],
  ['10m', 600_000],
  ['1.5h', 5_400_000],
  [' 2 d ', 172_800_000],
])('%s is so long before now', (text, ms) => {
  expect(parseSince(text, NOW)).toBe(NOW - ms)
})

test('a date is that time', () => {
  expect(parseSince('2026-11-20T10:30Z', NOW)).toBe(Date.parse('2026-11-20T10:30:00Z'))
  expect(parseSince('2026-11-20', NOW)).toBe(Date.parse('2026-11-20T00:00:00Z'))
})

test.each(['', 'yesterday', '10', '10 weeks', '-5m', '2026-13-45', '5'])(
  '%j is refused with the valid forms',
  (text) => {
    expect(() => parseSince(text, NOW)).toThrow(`--since: "${text}" is not a time`)
  },
)

const names = ['take', 'bill']

test('an unknown processor is refused with the nearest one, or with all', () => {
  expect(() => knownProcessor('bill', names)).not.toThrow()
  expect(() => knownProcessor('bil', names)).toThrow('--processor: no processor is named "bil"')
  const refusalOf = (name: string) => {
    try {
      knownProcessor(name, names)
    } catch (error) {
      return error
    }
  }
  expect(refusalOf('bil')).toMatchObject({ code: 'TOPOLOGY_UNKNOWN_PROCESSOR', remedy: 'Did you mean "bill"?' })
  expect(refusalOf('zzz')).toMatchObject({ remedy: 'There are take, bill.' })
})

const given = (options: Arguments['options']) => quietMsOf({ positionals: [], options })

describe('following ends', () => {
  test('after ten seconds without a line', () => {
    expect(given({ follow: true })).toBe(10_000)
  })

  test('after the given number of seconds', () => {
    expect(given({ follow: true, quietAfter: '2.5' })).toBe(2500)
  })
})

test.each(['', 'soon', '0', '-1', '1e9', 'NaN'])('"%s" is not a time to wait', (quietAfter) => {
  expect(() => given({ follow: true, quietAfter })).toThrow(/is not a number of seconds/)
})

test('a time to wait without anything to follow is refused', () => {
  expect(() => given({ quietAfter: '5' })).toThrow(/works only with --follow/)
})
