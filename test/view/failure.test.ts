import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type FailureOptions, failureOptionsOf, failuresDrawn } from '../../src/view/failure.ts'
import { colorsOf } from '../../src/view/print.ts'
import { fakeHost } from '../cli/fake-host.ts'

const plain = colorsOf({ color: false })
const options: FailureOptions = {
  colors: plain,
  folder: 'examples/shop/',
  sourceOf: (file) => (file === 'bill.js' ? 'one\ntwo\nthree' : undefined),
}
const stackOf = (...calls: readonly string[]) => ['Error: no', ...calls.map((call) => `    at ${call}`)].join('\n')
const error = (...calls: readonly string[]) => ({ name: 'Error', message: 'no', stack: stackOf(...calls) })

test('a failure is drawn with the failed line, and calls relative to the current folder', () => {
  expect(failuresDrawn(options)(error('bill (bill.js:2:1)', 'async other.js:1:1'))).toBe(`  ✗ Error: no
      1 | one
    > 2 | two
        | ^
      3 | three
    at bill (examples/shop/bill.js:2:1)
    at async examples/shop/other.js:1:1
`)
})

test('an error of attak has its remedy', () => {
  const found = {
    name: 'AttakError',
    code: 'HOP_LIMIT',
    message: 'emit of "again": too far',
    remedy: 'Fix the cycle.',
  }
  expect(failuresDrawn(options)(found)).toBe('  ✗ [HOP_LIMIT] emit of "again": too far. Fix the cycle.\n')
})

test('a line is shown once with four calls of a stack, or with all and without a margin on request', () => {
  const draw = failuresDrawn(options)
  const calls = [1, 2, 3, 4, 5].map((line) => `a (a.js:${line}:1)`)
  draw(error('bill (bill.js:2:1)'))
  expect(draw(error('bill (bill.js:2:1)'))).toBe('  ✗ Error: no\n    at bill (examples/shop/bill.js:2:1)\n')
  expect(draw(error(...calls)).match(/ {4}at a/g)).toHaveLength(4)
  const all = failuresDrawn({ ...options, margin: 0, calls: Number.POSITIVE_INFINITY })(error(...calls))
  expect(all).toMatch(/^✗ Error: no\n( {2}at a \(examples\/shop\/a.js:\d:1\)\n){5}$/)
})

test('the cause of an error is shown, even if either has no calls', () => {
  const stack = 'Error: no\nCaused by: RangeError: none left\n    at stock (stock.js:1:1)\nCaused by: plain text'
  expect(failuresDrawn(options)({ name: 'Error', message: 'no', stack })).toBe(`  ✗ Error: no
    Caused by: RangeError: none left
    at stock (examples/shop/stock.js:1:1)
    Caused by: plain text
`)
})

test('calls in the folder of a deployed function stay as they are', () => {
  const calls = ['bill (/var/task/bill.js:2:1)', '/var/task/a.js:1:1', 'async /var/task/a.js:2:1']
  expect(failuresDrawn(options)(error(...calls))).toBe(
    `  ✗ Error: no\n${calls.map((call) => `    at ${call}\n`).join('')}`,
  )
})

test('no line of a file that has changed since the failure is shown', () => {
  const dir = mkdtempSync(join(tmpdir(), 'attak-failure-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'bill.js'), 'const stock = 0\nthrow new Error()\n')
  utimesSync(join(dir, 'bill.js'), 1000, 1000)
  const drawn = (asOfMs?: number) =>
    failuresDrawn(failureOptionsOf(fakeHost(dir).out, { cwd: dir }, { dir }))(error('bill (bill.js:2:1)'), asOfMs)
  expect(drawn()).toContain('> 2 | throw new Error()')
  expect(drawn(1_000_000)).toContain('> 2 | throw new Error()')
  expect(drawn(999_999)).toBe('  ✗ Error: no\n    at bill (bill.js:2:1)\n')
})
