import { expect, test } from 'vitest'
import { drawStatus } from '../../../src/cli/deploy/status.ts'
import { hintOf } from '../../../src/cli/hint.ts'
import type { ResourceStatus } from '../../../src/deploy/cloud.ts'
import { colorsOf } from '../../../src/view/print.ts'

const hint = hintOf({ flags: {} })

const colors = colorsOf({ color: false })
const PLACE = 'hello (dev) in eu-west-1 of account 123456789012'

function statusOf(id: string, status: Partial<ResourceStatus>): ResourceStatus {
  const [kind = '', name = ''] = id.split('/')
  return { id, kind, name, wanted: true, state: 'there', fine: true, details: {}, ...status }
}

test('every resource has a line with its state and details', () => {
  const text = drawStatus(
    PLACE,
    [
      statusOf('queue/_errors', { details: { messages: 0, running: 0, delayed: 0 } }),
      statusOf('queue/bill', { details: { messages: 12_345, running: 2, delayed: 1 } }),
      statusOf('stream/count', { state: 'ACTIVE', details: { shards: 1, retentionHours: 24, mode: 'ON_DEMAND' } }),
      statusOf('mapping/count/count', { state: 'Enabled', details: { batch: 4, lastResult: 'OK' } }),
      statusOf('role/count', { details: { lastUsed: '2026-11-21T13:00:00.000Z' } }),
      statusOf('function/count', {
        state: 'Active',
        details: {
          ...{ runtime: 'nodejs24.x', memoryMb: 1024, codeBytes: 24_001, lastUpdate: 'Successful' },
          lastModified: '2026-11-21T14:47:59.000+0000',
        },
      }),
    ],
    colors,
    hint,
  )
  expect(text).toMatchInlineSnapshot(`
    "hello (dev) in eu-west-1 of account 123456789012: 6 resources, all well
      ✓ queue _errors        there    0 messages waiting
      ✓ queue bill           there    12,345 messages waiting, 2 being handled, 1 delayed
      ✓ stream count         ACTIVE   1 shard, kept 24 h, on-demand
      ✓ mapping count/count  Enabled  batches of 4, ok
      ✓ role count           there
      ✓ function count       Active   nodejs24.x, 1,024 MB, 24 KB of code, changed 2026-11-21 14:47:59
    "
  `)
})

test('resources that are wrong, absent, not ours or left over stand out, with a remedy', () => {
  const text = drawStatus(
    PLACE,
    [
      statusOf('function/a', {
        state: 'Failed',
        fine: false,
        details: { lastUpdate: 'Failed', reason: 'no such role' },
      }),
      statusOf('mapping/a/a', { state: 'absent', fine: false }),
      statusOf('queue/a', { state: 'not ours', fine: false }),
      statusOf('stream/a', { state: 'left over', wanted: false }),
    ],
    colors,
    hint,
  )
  expect(text).toMatchInlineSnapshot(`
    "hello (dev) in eu-west-1 of account 123456789012: 4 resources, 3 with problems, 1 left over
      ✗ function a   Failed     last update: failed, no such role
      ✗ mapping a/a  absent
      ✗ queue a      not ours
      ! stream a     left over
    A resource that is "not ours" has a name that attak deploy needs.
    attak deploy creates what is absent.
    attak deploy removes what is left over; with --allow-data-loss also what holds data.
    "
  `)
})

test('without resources it prints how to deploy', () => {
  const text = drawStatus(PLACE, [statusOf('queue/a', { state: 'absent', fine: false })], colors, hint)
  expect(text).toBe(`${PLACE} is not deployed. Deploy it with attak deploy.\n`)
})

test('messages in the queues of errors and crashes are reported, with how to see them', () => {
  const advice = 'attak errors list'
  for (const id of ['queue/_errors', 'queue/_crashes', 'queue/_crashes.fifo', 'queue/bill']) {
    const drawn = (messages: number) => drawStatus(PLACE, [statusOf(id, { details: { messages } })], colors, hint)
    expect(drawn(0)).not.toContain(advice)
    if (id === 'queue/bill') expect(drawn(1)).not.toContain(advice)
    else expect(drawn(1)).toContain(advice)
  }
})

test('line breaks in answers of the cloud are escaped', () => {
  const text = drawStatus(
    'hello (dev) in eu-west-1 of account 1\n✓ all fine',
    [statusOf('queue/a', { state: 'odd\nstate' }), statusOf('queue/b\nc', { state: 'absent' })],
    colors,
    hint,
  )
  expect(text.split('\n').map((line) => line.trim().slice(0, 7))).toEqual([
    'hello (',
    '✓ queue',
    '✓ queue',
    'attak d',
    '',
  ])
})
