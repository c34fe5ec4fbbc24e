import { expect, test } from 'vitest'
import { choose } from '../../../src/cli/why/choose.ts'
import type { Found } from '../../../src/cli/why/fact.ts'

const at = (message: string, processor: string, more: Partial<Found> = {}): Found => ({
  ...{ message, processor, root: 'r' },
  ...more,
})

test('an id is what it begins', () => {
  expect(choose('ab', [at('abc', 'bill')], '')).toMatchObject({ message: 'abc' })
})

test('a message that several processors handled is meant where it failed', () => {
  const found = [at('abc', 'audit', { outcome: 'ok' }), at('abc', 'bill', { outcome: 'failed' })]
  expect(choose('ab', found, '')).toMatchObject({ processor: 'bill' })
})

test('the beginning of several ids is told, with what they are', () => {
  const found = [at('abc', 'bill', { topic: 'order' }), at('x', 'price', { record: 'abd' })]
  expect(() => choose('ab', found, '')).toThrow(
    '"ab" is the beginning of several ids: abc (order at bill), abd (error of price)',
  )
})

test('a whole id means itself, though it is the beginning of another', () => {
  expect(choose('ab', [at('abc', 'bill'), at('ab', 'price')], '')).toMatchObject({ message: 'ab' })
})

test('what is not there is told, with what to do', () => {
  const remedy = 'Look elsewhere.'
  expect(() => choose('ab', [], remedy)).toThrow(expect.objectContaining({ code: 'MESSAGE_NOT_FOUND', remedy }))
  expect(() => choose(undefined, [], remedy)).toThrow('there is no error to tell of')
})

test('a crash with several messages is each of them', () => {
  const found = [at('m1', 'bill', { record: 'abc' }), at('m2', 'bill', { record: 'abc' })]
  expect(() => choose('ab', found, '')).toThrow(
    expect.objectContaining({ remedy: 'Give the id of one of them: m1, m2.' }),
  )
})
