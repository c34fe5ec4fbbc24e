import { expect, test } from 'vitest'
import { placeOfFunction } from '../../../src/cli/simulate/function-place.ts'

test('a function is found where it was defined', () => {
  function bill() {}
  expect(placeOfFunction(bill)).toMatch(/^ {4}at bill \(.*function-place\.test\.ts:\d+:\d+\)$/)
  expect(placeOfFunction(() => {})).toMatch(/^ {4}at handler \(.*function-place\.test\.ts:\d+:\d+\)$/)
})

test('what is no function of the project has no place', () => {
  expect(placeOfFunction(Math.max)).toBeUndefined()
  expect(placeOfFunction(undefined)).toBeUndefined()
})
