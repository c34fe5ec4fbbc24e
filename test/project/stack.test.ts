import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { cleanStack, cleanStackText } from '../../src/project/stack.ts'

const OWN = fileURLToPath(new URL('../../src/runtime/handle.ts', import.meta.url))

function errorWith(message: string, frames: readonly string[], options?: ErrorOptions): Error {
  const error = new TypeError(message, options)
  error.stack = [`TypeError: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n')
  return error
}

test("only the user's frames are kept, with paths from the project and names without receivers", () => {
  const error = errorWith('nope', [
    'boom (/home/me/app/lib/boom.ts:3:9)',
    'async Object.handler (file:///home/me/app/topology.ts:8:39)',
    'Reverse.handler [as handler] (/home/me/app/reverse.js:1:2)',
    'file:///home/me/app/main.mjs?1:2:3',
    'new Promise (<anonymous>)',
    'Array.map (<anonymous>)',
    `handle (${OWN}:10:2)`,
    'parse (/home/me/app/node_modules/zod/index.js:1:1)',
    'built (/home/me/.cache/attak/topology.ts-1/0-topology.mjs:1:1)',
    'ModuleJob.run (node:internal/modules/esm/module_job:325:25)',
    'async Promise.all (index 0)',
    'shared (/home/me/shared/x.ts:1:1)',
  ])
  expect(cleanStack(error, '/home/me/app')).toBe(
    [
      'TypeError: nope',
      '    at boom (lib/boom.ts:3:9)',
      '    at async handler (topology.ts:8:39)',
      '    at Reverse.handler (reverse.js:1:2)',
      '    at main.mjs:2:3',
      '    at shared (../shared/x.ts:1:1)',
    ].join('\n'),
  )
})

test('causes follow, with frames that were not printed yet', () => {
  const cause = errorWith('inner', ['read (/app/read.js:1:1)', 'handler (/app/a.js:2:2)'])
  const error = errorWith('outer', ['handler (/app/a.js:2:2)'], { cause })
  expect(cleanStack(error, '/app')).toBe(
    'TypeError: outer\n    at handler (a.js:2:2)\nCaused by: TypeError: inner\n    at read (read.js:1:1)',
  )
})

test('a circular cause ends', () => {
  const error = errorWith('round', [])
  error.cause = error
  expect(cleanStack(error, '/app')!.split('Caused by').length).toBe(3)
})

test('a value that is not an Error, or cannot be read, has no stack', () => {
  const hostile = Object.defineProperty(new Error('x'), 'stack', {
    get() {
      throw new Error('no')
    },
  })
  expect(cleanStack(hostile, '/app')).toBeUndefined()
  expect(cleanStack('just text', '/app')).toBeUndefined()
})

test('a message of several lines stays as it is', () => {
  const stack = 'Error: one\ntwo\n    at a (/app/a.js:1:1)\n    at b (node:fs:1:1)'
  expect(cleanStackText(stack, '/app')).toBe('Error: one\ntwo\n    at a (a.js:1:1)')
})
