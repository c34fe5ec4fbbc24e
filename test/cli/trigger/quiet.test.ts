import { describe, expect, test } from 'vitest'
import type { Arguments } from '../../../src/cli/command.ts'
import { quietMsOf } from '../../../src/cli/trigger/quiet.ts'

const given = (options: Arguments['options']) => quietMsOf({ positionals: [], options })

describe('what is followed is over', () => {
  test('after ten seconds without a line', () => {
    expect(given({ follow: true })).toBe(10_000)
  })

  test('after as many seconds as are given', () => {
    expect(given({ follow: true, quietAfter: '2.5' })).toBe(2500)
  })
})

test.each(['', 'soon', '0', '-1', '1e9', 'NaN'])('"%s" is no time to wait', (quietAfter) => {
  expect(() => given({ follow: true, quietAfter })).toThrow(/is no number of seconds/)
})

test('a time to wait without anything to follow is refused', () => {
  expect(() => given({ quietAfter: '5' })).toThrow(/nothing is followed/)
})
