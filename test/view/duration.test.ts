import { expect, test } from 'vitest'
import { drawCount, drawDuration, drawNumber } from '../../src/view/duration.ts'

test.each([
  [0, '0 ms'],
  [1.26, '1.3 ms'],
  [250, '250 ms'],
  [999.6, '1 s'],
  [1500, '1.5 s'],
  [59_960, '1 min 0 s'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h 0 min'],
])('%d ms is %s', (ms, drawn) => {
  expect(drawDuration(ms)).toBe(drawn)
})

test('a count has its noun', () => {
  expect(drawCount(1, 'event')).toBe('1 event')
  expect(drawCount(12345, 'event')).toBe('12,345 events')
  expect(drawCount(2, 'entry', 'entries')).toBe('2 entries')
})

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1_234_567, '1,234,567'],
])('%d is drawn %s', (count, drawn) => {
  expect(drawNumber(count)).toBe(drawn)
})
