import { describe, expect, test } from 'vitest'
import { readEntries, readEntry } from '../../src/view/log-entry.ts'
import { drawEntry } from '../../src/view/log-line.ts'
import { colorsOf } from '../../src/view/print.ts'

const lineOf = (line: string | object) => ({
  ...{ id: '1', timeMs: Date.UTC(2026, 10, 21, 13, 5, 2, 123), processor: 'bill' },
  text: typeof line === 'string' ? line : JSON.stringify(line),
})
const draw = (line: string | object) =>
  drawEntry(readEntry(lineOf(line)), { width: 6, colors: colorsOf({ color: false }) })
const IDS = { message: 'm1', root: 'r1' }

describe('a line of attak', () => {
  test('has its kind, level, ids, and time', () => {
    const time = '2026-11-21T13:05:01.000Z'
    const fields = { attak: 'log', level: 'warn', ...IDS, time, text: 'careful' }
    expect(readEntry(lineOf(fields))).toEqual({
      ...{ timeMs: Date.parse(time), processor: 'bill', kind: 'log', level: 'warn', ...IDS, fields },
    })
  })

  test('without a time or a level has the time of arrival and the level info', () => {
    expect(readEntry(lineOf({ attak: 'end', outcome: 'ok', level: 7, time: 'never', ...IDS }))).toMatchObject({
      ...{ timeMs: lineOf('').timeMs, level: 'info' },
    })
  })

  test('is drawn by its kind', () => {
    expect(draw({ attak: 'log', text: 'one\ntwo', ...IDS })).toBe(
      '13:05:02.123 bill    one\n                   │ two\n',
    )
    expect(draw({ attak: 'output', topic: 'paid', data: { id: 7 }, ...IDS })).toBe(
      '13:05:02.123 bill    → paid {"id":7}\n',
    )
    expect(draw({ attak: 'output', topic: 'paid', ...IDS })).toBe('13:05:02.123 bill    → paid\n')
    expect(draw({ attak: 'end', outcome: 'ok', ...IDS })).toMatch(/handled \(message m1, trace r1\)\n$/)
    expect(draw({ attak: 'end', outcome: 'ok', attempt: 2, ...IDS })).toMatch(/handled, attempt 2 \(/)
    const way = { topic: 'order', from: 'intake', attempt: 2, data: { total: 3 } }
    expect(draw({ attak: 'end', outcome: 'ok', ...way, ...IDS })).toMatch(
      /handled order from intake, attempt 2 \{"total":3\} \(message/,
    )
    expect(draw({ attak: 'end', outcome: 'skipped', topic: 'order', ...IDS })).toMatch(
      /skipped order: it was handled before \(message/,
    )
    expect(draw({ attak: 'end', outcome: 'ok', topic: 'attak.invoke', from: 'order', ...IDS })).toMatch(
      /handled an invoke from order \(message/,
    )
    const error = { name: 'TypeError', message: 'no', stack: 'TypeError: no\n    at bill.js:3:1' }
    expect(draw({ attak: 'end', outcome: 'retry', attempt: 1, error, ...IDS })).toMatch(
      /retry: TypeError: no \(message/,
    )
    expect(draw({ attak: 'error', error, ...IDS })).toMatch(
      /failed for good: TypeError: no \(message m1, trace r1\)\n +│ +at bill\.js:3:1\n$/,
    )
    expect(draw({ attak: 'error', error: 'just text', ...IDS })).toMatch(/failed for good: just text \(/)
  })

  test('has the code of an error of attak, as in a simulation, and each id once', () => {
    const message = '"bill" did not settle within 2 s (message m1)'
    const late = { name: 'AttakError', code: 'TIMEOUT', message, stack: `AttakError: ${message}\n    at bill.js:3:1` }
    expect(draw({ attak: 'end', outcome: 'failed', error: late, ...IDS })).toBe(
      '13:05:02.123 bill    failed: [TIMEOUT] "bill" did not settle within 2 s (message m1) (trace r1)\n',
    )
    expect(draw({ attak: 'error', error: late, ...IDS })).toBe(
      '13:05:02.123 bill    failed for good: [TIMEOUT] "bill" did not settle within 2 s (message m1) (trace r1)\n                   │     at bill.js:3:1\n',
    )
    const refused = { name: 'Error', code: 'ENOENT', message: 'no file', stack: 'Error: no file\n    at bill.js:3:1' }
    expect(draw({ attak: 'error', error: refused, ...IDS })).toMatch(/failed for good: Error: no file \(message m1/)
  })
})

test('lines that arrive together are in the order in which they were written', () => {
  const at = (second: number) =>
    lineOf({ attak: 'log', ...IDS, text: `${second}`, time: `2026-11-21T13:05:0${second}.000Z` })
  const entries = readEntries([at(4), at(1), lineOf('2, by when it came'), at(3)])
  expect(entries.map(({ fields }) => fields.text)).toEqual(['1', '2, by when it came', '3', '4'])
})

describe('any other line', () => {
  test('of the platform is marked so, and is never an error', () => {
    const line = { ...lineOf('REPORT RequestId: 4a Status: error'), isPlatform: true }
    expect(readEntry(line)).toMatchObject({ kind: 'platform', level: 'info' })
  })

  test.each([
    '2026-11-21T13:05:02.123Z 4a Task timed out after 30.03 seconds',
    'RequestId: 4a Error: Runtime exited with error: signal: killed',
  ])('%s is a crash', (text) => {
    expect(readEntry(lineOf(text))).toMatchObject({ kind: 'text', level: 'error', fields: { text } })
    expect(draw(text)).toBe(`13:05:02.123 bill    ${text}\n`)
  })

  test.each([
    { attak: 'end' },
    { attak: 'end', ...IDS },
    { attak: 'end', ...IDS, outcome: 7 },
    { attak: 'end', ...IDS, outcome: 'failed' },
    { attak: 'end', outcome: 'ok' },
    { attak: 'end', outcome: 'ok', message: 1, root: 'r1' },
    { attak: 'error', ...IDS },
    { attak: 'output', ...IDS },
    { attak: 'output', ...IDS, topic: 1 },
    { attak: 'log', ...IDS },
    { attak: 'log', ...IDS, text: {} },
  ])('that looks like one of attak, and lacks what attak writes, is shown as it is: %j', (fields) => {
    expect(readEntry(lineOf(fields)).kind).toBe('text')
    expect(draw(fields)).toBe(`13:05:02.123 bill    ${JSON.stringify(fields)}\n`)
  })

  test('of other JSON is shown as it is', () => {
    expect(draw({ msg: 'from pino' })).toBe('13:05:02.123 bill    {"msg":"from pino"}\n')
    expect(draw('{"broken')).toBe('13:05:02.123 bill    {"broken\n')
    expect(readEntry(lineOf('[1]')).fields).toEqual({ text: '[1]' })
  })
})
