import { expect, test } from 'vitest'
import { drawSummary } from '../../../src/cli/simulate/summary.ts'
import { type Tally, tallyOf } from '../../../src/cli/simulate/tally.ts'
import { colorsOf } from '../../../src/view/print.ts'

const OPTIONS = { colors: colorsOf({ color: false }), width: 80, tookMs: 12, notes: [], outputs: true }
const AT = { at: 0, processor: 'reverse', message: 'm' } as const

function handled(tally: Tally, processor: string, times: number): void {
  for (let index = 0; index < times; index++) tally.add({ kind: 'end', ...AT, processor, outcome: 'ok' })
}

test('outputs, counts of each processor, and one line with the verdict', () => {
  const tally = tallyOf(['spout', 'reverse'])
  tally.add({ kind: 'start', ...AT, processor: 'spout', root: 'r', hop: 1, attempt: 1 })
  handled(tally, 'spout', 1)
  handled(tally, 'reverse', 1234)
  tally.add({ kind: 'emit', ...AT, id: '1', topic: 'reversed strings', data: 'olleh', to: [] })
  expect(drawSummary(tally, OPTIONS)).toMatchInlineSnapshot(`
    "Outputs (1)
      reverse ⇒ reversed strings  "olleh"

    processor  handled  emitted  outputs
    spout            1        0        0
    reverse      1,234        1        1

    ✓ 1 input, 1,235 handled, 1 output, nothing failed (12 ms)
    "
  `)
})

test('retries and failures have a column when there are any', () => {
  const tally = tallyOf(['reverse'])
  tally.add({ kind: 'end', ...AT, outcome: 'retry' })
  tally.add({ kind: 'end', ...AT, at: 1000, outcome: 'failed' })
  expect(drawSummary(tally, { ...OPTIONS, notes: ['Long values were cut.'] })).toMatchInlineSnapshot(`
    "processor  handled  emitted  retried  failed
    reverse          0        0        1       1

    ✗ 0 inputs, 0 handled, 0 outputs, 1 failed (12 ms, 1 s of virtual time)
    Long values were cut.
    "
  `)
})

test('a failure after its handler had settled counts', () => {
  const tally = tallyOf(['reverse'])
  tally.add({ kind: 'end', ...AT, outcome: 'ok' })
  expect(drawSummary(tally, { ...OPTIONS, late: 2 })).toContain('1 handled, 0 outputs, 2 failed')
})

test('the first of many outputs are shown', () => {
  const tally = tallyOf(['reverse'])
  for (let id = 0; id < 12; id++) tally.add({ kind: 'emit', ...AT, id: `${id}`, topic: 't', data: id, to: [] })
  expect(drawSummary(tally, OPTIONS)).toContain('Outputs (12, the first 10 of them)\n  reverse ⇒ t  0\n')
})

test.each(['interrupted', 'broke off'] as const)('a run that %s is not a success', (cutShort) => {
  const tally = tallyOf(['reverse'])
  expect(drawSummary(tally, { ...OPTIONS, cutShort })).toContain(`✗ 0 inputs, 0 handled, 0 outputs, ${cutShort} (`)
  tally.add({ kind: 'end', ...AT, outcome: 'failed' })
  expect(drawSummary(tally, { ...OPTIONS, cutShort })).toContain(`1 failed, ${cutShort} (`)
})

test('outputs are not repeated if the story showed them', () => {
  const tally = tallyOf(['reverse'])
  tally.add({ kind: 'emit', ...AT, id: '1', topic: 't', to: [] })
  expect(drawSummary(tally, { ...OPTIONS, outputs: false })).not.toContain('Outputs')
})

test('times are shown if they were measured', () => {
  const tally = tallyOf(['spout', 'reverse'])
  for (const tookMs of [250, 2750]) tally.add({ kind: 'end', ...AT, outcome: 'ok', tookMs })
  expect(drawSummary(tally, OPTIONS)).toMatchInlineSnapshot(`
    "processor  handled  emitted  time   mean  longest
    spout            0        0  0 ms   0 ms     0 ms
    reverse          2        0   3 s  1.5 s    2.8 s

    ✓ 0 inputs, 2 handled, 0 outputs, nothing failed (12 ms)
    "
  `)
})
