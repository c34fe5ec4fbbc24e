import { expect, test } from 'vitest'
import { belongsColor } from '../../src/cli/output.ts'

test('color is used only on a terminal', () => {
  expect(belongsColor({}, true)).toBe(true)
  expect(belongsColor({}, false)).toBe(false)
  expect(belongsColor({ CI: 'true' }, false)).toBe(false)
  expect(belongsColor({ TERM: 'dumb' }, true)).toBe(false)
})

test('NO_COLOR switches color off in every case', () => {
  expect(belongsColor({ NO_COLOR: '1', FORCE_COLOR: '1' }, true)).toBe(false)
  expect(belongsColor({ NO_COLOR: '' }, true)).toBe(true)
})

test('FORCE_COLOR switches it on without a terminal, and off with 0', () => {
  expect(belongsColor({ FORCE_COLOR: '1' }, false)).toBe(true)
  expect(belongsColor({ FORCE_COLOR: '0' }, true)).toBe(false)
})
