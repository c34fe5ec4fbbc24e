import { expect, test } from 'vitest'
import { describerOf } from '../../../src/hosts/lambda/stack.ts'

const describe = describerOf('file:///var/task/attak.mjs')

function errorAt(frames: readonly string[], options?: ErrorOptions): Error {
  const error = new RangeError('no stock', options)
  error.stack = ['RangeError: no stock', ...frames.map((frame) => `    at ${frame}`)].join('\n')
  return error
}

test("an error of a deployed function shows the user's code and packages, with paths from the topology's folder", () => {
  const error = errorAt([
    'stockOf (/var/task/lib/stock.ts:3:9)',
    'async handler (file:///var/task/processors/bill.ts:8:39)',
    '/var/task/topology.ts:5:1',
    'parse (/var/task/node_modules/zod/index.js:1:1)',
    'shared (/var/shared/x.ts:1:1)',
    'Je (file:///var/task/attak.mjs:8:2443)',
    'load (file:///var/task/index.mjs:2:1)',
    'new Promise (<anonymous>)',
    'ModuleJob.run (node:internal/modules/esm/module_job:325:25)',
    'node:internal/process/task_queues:95:5',
  ])
  expect(describe(error).stack).toBe(
    [
      'RangeError: no stock',
      '    at stockOf (lib/stock.ts:3:9)',
      '    at async handler (processors/bill.ts:8:39)',
      '    at topology.ts:5:1',
      '    at parse (node_modules/zod/index.js:1:1)',
      '    at shared (/var/shared/x.ts:1:1)',
    ].join('\n'),
  )
})

test('a path has no scheme, with any names of files', () => {
  const error = errorAt([
    'bill (/var/task/processors/bill/index.mjs:2:32)',
    'topology (/var/task/index.mjs:7:1)',
    'one (file:///var/task/node_modules/one/index.mjs:1:1)',
    'Object.<anonymous> (/var/task/node_modules/two/two.js:3:9)',
    'new <anonymous> (/var/task/lib/stock.ts:5:3)',
    'Array.map (<anonymous>)',
    'createEntry (file:///var/task/index.mjs:2:1)',
    'Runtime.handleOnceNonStreaming (file:///var/runtime/index.mjs:1173:29)',
  ])
  expect(describe(error).stack).toBe(
    [
      'RangeError: no stock',
      '    at bill (processors/bill/index.mjs:2:32)',
      '    at topology (index.mjs:7:1)',
      '    at one (node_modules/one/index.mjs:1:1)',
      '    at Object.<anonymous> (node_modules/two/two.js:3:9)',
      '    at new <anonymous> (lib/stock.ts:5:3)',
    ].join('\n'),
  )
})

test('a cause is shown the same way, and other lines stay as they are', () => {
  const cause = errorAt(['find (/var/task/lib/stock.ts:1:1)'])
  expect(describe(errorAt(['Je (file:///var/task/attak.mjs:8:2443)'], { cause }))).toEqual({
    name: 'RangeError',
    message: 'no stock',
    stack: 'RangeError: no stock\nCaused by: RangeError: no stock\n    at find (lib/stock.ts:1:1)',
  })
  expect(describe('/var/task/attak.mjs:1')).toEqual({ name: 'Error', message: 'string thrown: /var/task/attak.mjs:1' })
})
