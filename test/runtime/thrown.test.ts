import { expect, test } from 'vitest'
import { AttakError } from '../../src/errors.ts'
import { describeThrown, errorOfThrown } from '../../src/runtime/thrown.ts'

function errorAt(message: string, frames: readonly string[], options?: ErrorOptions): Error {
  const error = new Error(message, options)
  error.stack = [`Error: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n')
  return error
}

test('an error is its name, message and stack, and its code where that is a text', () => {
  const error = Object.assign(errorAt('no', ['a (a.js:1:1)']), { name: 'Refused', code: 'E_NO' })
  const stack = 'Refused: no\n    at a (a.js:1:1)'
  expect(describeThrown(error)).toEqual({ name: 'Refused', message: 'no', code: 'E_NO', stack })
  expect(describeThrown(Object.assign(error, { code: 7 }))).toEqual({ name: 'Refused', message: 'no', stack })
})

test('what attak found says what to do, also where it came from elsewhere; what others call so is theirs', () => {
  const found = new AttakError('INVOKE_REFUSED', 'it may not', 'Name it in invokes.')
  expect(describeThrown(found)).toMatchObject({ code: 'INVOKE_REFUSED', remedy: 'Name it in invokes.' })
  expect(describeThrown(errorOfThrown(describeThrown(found)))).toEqual(describeThrown(found))
  expect(describeThrown(Object.assign(new Error('no'), { remedy: 'Rest.' }))).not.toHaveProperty('remedy')
})

test('what caused an error is below its stack, with the frames that were not told yet', () => {
  const cause = errorAt('inner', ['read (b.js:1:1)', 'handler (a.js:2:2)'])
  const error = errorAt('outer', ['handler (a.js:2:2)'], { cause })
  expect(describeThrown(error).stack).toBe(
    'Error: outer\n    at handler (a.js:2:2)\nCaused by: Error: inner\n    at read (b.js:1:1)',
  )
})

test('a stack begins with the name and message that its error has by now, unless it says both and more', () => {
  const cause = Object.assign(errorAt('inner', ['a (a.js:1:1)']), { name: 'StockError', message: 'none left' })
  const known = errorAt('outer', [], { cause })
  known.stack = 'Error [ERR_X]: outer\n    at b (b.js:1:1)'
  expect(describeThrown(known).stack).toBe(
    'Error [ERR_X]: outer\n    at b (b.js:1:1)\nCaused by: StockError: none left\n    at a (a.js:1:1)',
  )
  const again = errorOfThrown({
    name: 'Late',
    message: 'again',
    stack: 'Error: once\nCaused by: Error: two\n    at c (c.js:1:1)',
  })
  expect(describeThrown(again).stack).toBe('Late: again\nCaused by: Error: two\n    at c (c.js:1:1)')
})

test('all that an AggregateError holds caused it, and a cause may be any value', () => {
  const error = new AggregateError([errorAt('one', []), 'two'], 'both failed')
  error.stack = 'AggregateError: both failed'
  expect(describeThrown(error).stack).toBe('AggregateError: both failed\nCaused by: Error: one\nCaused by: two')
  const plain = errorAt('outer', [], { cause: { status: 503 } })
  expect(describeThrown(plain).stack).toBe('Error: outer\nCaused by: {"status":503}')
})

test('causes that go on without end, or in a circle, are told three deep', () => {
  const error = errorAt('round', [])
  error.cause = error
  expect(describeThrown(error).stack?.split('Caused by').length).toBe(3)
})

test('what is no error is named by its type and text, and what cannot be read is nothing worse', () => {
  expect(describeThrown('gone')).toEqual({ name: 'Error', message: 'string thrown: gone' })
  expect(describeThrown(undefined)).toEqual({ name: 'Error', message: 'undefined thrown' })
  expect(describeThrown(Object.assign(new Error('x'), { stack: 5 }))).toEqual({ name: 'Error', message: 'x' })
  const odd = Object.assign(errorAt('x', []), {
    name: Symbol('odd'),
    cause: Object.assign(new Error('y'), { stack: {} }),
  })
  expect(describeThrown(odd)).toMatchObject({ name: 'Symbol(odd)', stack: 'Symbol(odd): x\nCaused by: Error: y' })
  const hostile = Object.defineProperty(new Error('x'), 'cause', {
    get() {
      throw new Error('no')
    },
  })
  expect(describeThrown(hostile).message).toBe('what was thrown cannot be read')
})
