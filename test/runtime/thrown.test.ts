import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AttakError } from '../../src/errors.ts'
import { describeThrown, errorOfThrown, linksIn, linksOf, thrownIn } from '../../src/runtime/thrown.ts'

function errorAt(message: string, frames: readonly string[], options?: ErrorOptions): Error {
  const error = new Error(message, options)
  error.stack = [`Error: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n')
  return error
}

test('an error has its name, message and stack, and its code if that is a string', () => {
  const error = Object.assign(errorAt('no', ['a (a.js:1:1)']), { name: 'Refused', code: 'E_NO' })
  const stack = 'Refused: no\n    at a (a.js:1:1)'
  expect(describeThrown(error)).toEqual({ name: 'Refused', message: 'no', code: 'E_NO', stack })
  expect(describeThrown(Object.assign(error, { code: 7 }))).toEqual({ name: 'Refused', message: 'no', stack })
})

test('an error of attak has its remedy, also from another process, and other errors do not', () => {
  const found = new AttakError('INVOKE_REFUSED', 'it may not', 'Name it in invokes.')
  expect(describeThrown(found)).toMatchObject({ code: 'INVOKE_REFUSED', remedy: 'Name it in invokes.' })
  expect(describeThrown(errorOfThrown(describeThrown(found)))).toEqual(describeThrown(found))
  expect(describeThrown(Object.assign(new Error('no'), { remedy: 'Rest.' }))).not.toHaveProperty('remedy')
})

test('the cause of an error is below its stack, with frames that were not printed yet', () => {
  const cause = errorAt('inner', ['read (b.js:1:1)', 'handler (a.js:2:2)'])
  const error = errorAt('outer', ['handler (a.js:2:2)'], { cause })
  expect(describeThrown(error).stack).toBe(
    'Error: outer\n    at handler (a.js:2:2)\nCaused by: Error: inner\n    at read (b.js:1:1)',
  )
})

test('a stack begins with the current name and message of its error, unless it has both already', () => {
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

test('all errors of an AggregateError are causes, and a cause may be any value', () => {
  const error = new AggregateError([errorAt('one', []), 'two'], 'both failed')
  error.stack = 'AggregateError: both failed'
  expect(describeThrown(error).stack).toBe('AggregateError: both failed\nCaused by: Error: one\nCaused by: two')
  const plain = errorAt('outer', [], { cause: { status: 503 } })
  expect(describeThrown(plain).stack).toBe('Error: outer\nCaused by: {"status":503}')
})

test('endless or circular causes are printed three deep', () => {
  const error = errorAt('round', [])
  error.cause = error
  expect(describeThrown(error).stack?.split('Caused by').length).toBe(3)
})

test('a value that is not an error has its type and text, and an unreadable one is reported as such', () => {
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

const FAKE = '    at x (/home/me/secret.js:3:1)'
const framesOf = (error: unknown) => linksOf(describeThrown(error)).map(({ frames }) => frames)

test('calls follow the title and are never part of it', () => {
  const real = '    at bill (bill.js:1:1)'
  const written = (name: string, message: string, more: object = {}) =>
    Object.assign(new Error(message), { name, stack: `${name}: ${message}\n${real}`, ...more })
  const messages = [
    `bob\n${FAKE}`,
    `bob\nCaused by: Error: y\n${FAKE}`,
    `${FAKE}\n${FAKE}`,
    `bob\n${FAKE}\n`,
    `\n${FAKE}`,
  ]
  for (const message of messages) {
    expect(framesOf(written('Error', message))).toEqual([[real]])
    expect(framesOf(written('Error', message, { name: 'Late' }))).toEqual([[real]])
    expect(framesOf(written('Error', message, { message: `while billing: ${message}` }))).toEqual([[real]])
    expect(framesOf(written(`Odd\n${FAKE}`, message))).toEqual([[real]])
    expect(framesOf(written('Error', message, { name: `Odd\n${FAKE}` }))).toEqual([[real]])
    expect(framesOf(written('Error', 'outer', { cause: written('Error', message) }))).toEqual([[real], []])
    expect(framesOf(new AggregateError([message, written('Error', message)], message)).slice(1)).toEqual([[], [real]])
    expect(framesOf(Object.assign(new Error(message), { name: '', stack: `${message}\n${real}` }))).toEqual([[real]])
  }
})

test('lines after the calls of a stack are not calls', () => {
  const error = errorAt('no', ['a (a.js:1:1)'])
  error.stack += `\nof the event: {}\n${FAKE}\nCaused by: nobody\n${FAKE}`
  expect(framesOf(error)).toEqual([['    at a (a.js:1:1)']])
})

test('no line of a title looks like a call or a cause, and the message is unchanged', () => {
  const described = describeThrown(errorAt(`bob\n${FAKE}\nCaused by: me`, ['a (a.js:1:1)']))
  expect(described.message).toBe(`bob\n${FAKE}\nCaused by: me`)
  expect(described.stack).toBe(`Error: bob\n| ${FAKE}\n| Caused by: me\n    at a (a.js:1:1)`)
})

test('the calls of an error stay its own, with any names and messages, after any number of conversions', () => {
  const line = fc.oneof(
    fc.constantFrom(FAKE, 'Caused by: ', `Caused by: x`, '', 'x', ': ', '\tat y', '| '),
    fc.string(),
  )
  const text = fc.array(line, { maxLength: 5 }).map((lines) => lines.join('\n'))
  fc.assert(
    fc.property(fc.array(fc.record({ name: text, message: text }), { minLength: 1, maxLength: 3 }), (chain) => {
      const errors = chain.map(({ name, message }, index) => {
        const title = name === '' ? message : message === '' ? name : `${name}: ${message}`
        const stack = `${title}\n    at own (own.js:${index + 1}:1)`
        return Object.assign(new Error(message), { name, stack })
      })
      for (const [index, error] of errors.entries()) if (errors[index + 1]) error.cause = errors[index + 1]
      const described = describeThrown(errors[0])
      const calls = chain.map((_, index) => [`    at own (own.js:${index + 1}:1)`])
      expect(linksOf(described).map(({ frames }) => frames)).toEqual(calls)
      expect(linksIn(described.stack!).map(({ frames }) => frames)).toEqual(calls)
      expect(linksOf(describeThrown(errorOfThrown(described)))).toEqual(linksOf(described))
      const raw = { ...described, stack: errors[0]!.stack! }
      expect(linksOf(raw)[0]).toEqual(linksOf(described)[0])
    }),
  )
})

test('a stack of hundreds of thousands of odd lines is read in linear time', () => {
  const hostile = ['\n', '\r', ' ', ' at ', '\nCaused by: ', '(', ':1'].map((part) => part.repeat(300_000))
  for (const message of hostile) {
    const { name, stack } = errorAt(message, [message])
    expect(linksOf({ name, message, stack: stack! })[0]!.title.length).toBeGreaterThanOrEqual(message.length)
    expect(linksOf(describeThrown(errorAt(message, [message])))[0]!.title.length).toBeLessThan(60_000)
  }
})

test('a malformed error description is read as far as possible', () => {
  expect(thrownIn({ name: 5, message: { a: 1 }, stack: [], code: 'C' })).toEqual({
    name: '5',
    message: '{"a":1}',
    code: 'C',
  })
  expect(thrownIn('no')).toEqual({ name: 'Error', message: 'no' })
  expect(thrownIn(undefined)).toEqual({ name: 'Error', message: '' })
})

test('a giant error is cut to its beginning and first calls, and its message has no calls', () => {
  const lines = '\n    at secret (/home/me/.aws/credentials:3:1)'.repeat(100_000)
  const frames = Array.from({ length: 5000 }, (_, line) => `f (a.js:${line}:1)`)
  const giant = errorAt(`no${lines}`, ['a'.repeat(1_000_000), ...frames], {
    cause: errorAt('x'.repeat(5_000_000), frames),
  })
  for (const error of [giant, Object.assign(errorAt('', frames), { name: 'N'.repeat(1_000_000) })]) {
    const thrown = describeThrown(error)
    expect(JSON.stringify(thrown).length).toBeLessThan(150_000)
    for (const { frames: calls } of [...linksOf(thrown), ...linksOf(describeThrown(errorOfThrown(thrown)))]) {
      expect(calls.filter((call) => call.includes('secret'))).toEqual([])
      expect(calls.length).toBeLessThanOrEqual(100)
    }
    expect(describeThrown(errorOfThrown(thrown)).message).toBe(thrown.message)
  }
  expect(describeThrown('x'.repeat(5_000_000)).message.length).toBeLessThan(20_000)
  expect(describeThrown(new Error('no', { cause: 'x'.repeat(5_000_000) })).stack!.length).toBeLessThan(20_000)
})

test('an error of another realm is described like any other', () => {
  const error = runInNewContext(`new TypeError('no', { cause: new Error('first') })`)
  const { name, message, stack } = describeThrown(error)
  expect([name, message]).toEqual(['TypeError', 'no'])
  expect(stack).toContain('Caused by: Error: first')
})
