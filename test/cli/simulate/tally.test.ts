import { expect, test } from 'vitest'
import { SHOWN_OUTPUTS, tallyOf } from '../../../src/cli/simulate/tally.ts'
import type { EndEntry, StartEntry } from '../../../src/simulator/transcript.ts'

const AT = { at: 0, processor: 'a', message: 'm' } as const
const START: StartEntry = { kind: 'start', ...AT, root: 'r', hop: 1, attempt: 1 }
const END: EndEntry = { kind: 'end', ...AT, outcome: 'ok' }

test('counts what each processor did, also those that did nothing', () => {
  const tally = tallyOf(['a', 'b'])
  tally.add({ kind: 'run', version: 1, topology: 't', stage: 'dev', seed: 's' })
  tally.add(START)
  tally.add({ kind: 'emit', ...AT, id: '1', topic: 't', to: ['b'] })
  tally.add({ kind: 'emit', ...AT, id: '2', topic: 't', to: [] })
  tally.add({ kind: 'log', ...AT, level: 'info', text: '' })
  tally.add({ ...END, outcome: 'retry' })
  tally.add({ ...START, attempt: 2 })
  tally.add({ ...END, at: 1500, tookMs: 2.5 })
  tally.add({ ...END, outcome: 'failed', at: 1000, tookMs: 1 })
  tally.add({ kind: 'summary', handled: {}, emitted: {}, outputs: 0, failed: 0 })
  expect([...tally.processors]).toEqual([
    ['a', { handled: 1, emitted: 2, outputs: 1, retried: 1, failed: 1, tookMs: 3.5, longestMs: 2.5 }],
    ['b', { handled: 0, emitted: 0, outputs: 0, retried: 0, failed: 0, tookMs: 0, longestMs: 0 }],
  ])
  expect(tally.inputs).toBe(1)
  expect(tally.at).toBe(1500)
})

test('keeps only the first outputs', () => {
  const tally = tallyOf(['a'])
  for (let index = 0; index < 1000; index++) {
    tally.add({ kind: 'emit', ...AT, id: `${index}`, topic: 't', data: index, to: [] })
  }
  expect(tally.firstOutputs.map(({ data }) => data)).toEqual(Array.from({ length: SHOWN_OUTPUTS }, (_, index) => index))
})
