import { expect, test } from 'vitest'
import { parseSince } from '../../src/cli/since.ts'

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

test.each(['', 'yesterday', '10', '10 weeks', '-5m', '2026-13-45', '5'])('%j is refused with what to give', (text) => {
  expect(() => parseSince(text, NOW)).toThrow(`--since: "${text}" is no time`)
})
