import { expect, test } from 'vitest'
import { drawBrokerStatus, isWell } from '../../src/cli/broker-status.ts'
import { hintOf } from '../../src/cli/hint.ts'
import type { BrokerStatus, ChannelStatus, WorkerStatus } from '../../src/runtime/broker.ts'
import { colorsOf } from '../../src/view/print.ts'
import { widthOf } from '../../src/view/width.ts'
import { wrapLines } from '../../src/view/wrap.ts'

const NOW_MS = 1_000_000
const [FIRST, SECOND] = ['3fa1b2c4-first', '77ab01d9-second']

const channel = (name: string, owners: readonly (string | undefined)[], more: Partial<ChannelStatus> = {}) => ({
  ...{ name, oldestMs: undefined, delayed: 0, lanes: owners.map((owner) => ({ owner, records: 0 })) },
  ...more,
})
const worker = (id: string, channels: readonly string[], more: Partial<WorkerStatus> = {}): WorkerStatus => ({
  ...{ id, channels, startedMs: NOW_MS - 125_000, version: '0.3.0', host: 'host-a', pid: 123 },
  ...more,
})

const draw = (status: BrokerStatus, processors?: readonly string[]) =>
  drawBrokerStatus({
    ...{ status, processors, nowMs: NOW_MS, colors: colorsOf({ color: false }) },
    ...{ place: 'orders (dev) on redis://localhost:6379', hint: hintOf({ flags: { broker: '' } }) },
  })

const STATUS: BrokerStatus = {
  channels: [
    channel('bill', [FIRST, FIRST, SECOND], {
      lanes: [
        { owner: FIRST, records: 2 },
        { owner: FIRST, records: 0 },
        { owner: SECOND, records: 10_000 },
      ],
      oldestMs: NOW_MS - 2500,
    }),
    channel('mail', [FIRST, FIRST], { delayed: 4 }),
    channel('show', [undefined, 'a worker that vanished']),
  ],
  workers: [worker(FIRST, ['bill', 'mail']), worker(SECOND, ['bill'], { version: '0.4.0', host: 'host-b' })],
  errors: 3,
}

test('channels have a line with what waits and who owns their lanes, and workers one with what they are', () => {
  expect(draw(STATUS)).toMatchInlineSnapshot(`
    "orders (dev) on redis://localhost:6379: 3 channels, 1 without a worker, 3 errors
      ✓ bill  10,002 waiting, the oldest for 2.5 s; 3 lanes: 2 of 3fa1b2c4, 1 of 77ab01d9
      ✓ mail  4 put off for a retry; 2 lanes of 3fa1b2c4
      ✗ show  nothing waits; no worker runs it
    2 workers
      3fa1b2c4  host-a, process 123, attak 0.3.0, for 2 min 5 s: bill, mail
      77ab01d9  host-b, process 123, attak 0.4.0, for 2 min 5 s: bill
    The workers have different versions of attak: 0.3.0 (3fa1b2c4), 0.4.0 (77ab01d9).
    attak run --broker starts a worker.
    attak errors list --broker shows what failed.
    "
  `)
})

test('lanes that nobody owns, and workers of all processors, are said as such', () => {
  const status = {
    channels: [channel('bill', [FIRST, undefined, 'a worker that vanished'])],
    workers: [worker(FIRST, ['bill'])],
    errors: 0,
  }
  expect(draw(status)).toMatchInlineSnapshot(`
    "orders (dev) on redis://localhost:6379: 1 channel, all with workers
      ✓ bill  nothing waits; 3 lanes: 1 of 3fa1b2c4, 2 of nobody yet
    1 worker
      3fa1b2c4  host-a, process 123, attak 0.3.0, for 2 min 5 s: all processors
    "
  `)
})

test('a topology without workers says so', () => {
  const status = { channels: [channel('bill', [undefined])], workers: [], errors: 0 }
  expect(draw(status)).toMatchInlineSnapshot(`
    "orders (dev) on redis://localhost:6379: 1 channel, 1 without a worker
      ✗ bill  nothing waits; no worker runs it
    No worker runs.
    attak run --broker starts a worker.
    "
  `)
})

test('a channel without a worker is a problem, unless it is empty and its processor is gone', () => {
  const status = { ...STATUS, channels: STATUS.channels.slice(0, 2) }
  expect(isWell({ status, processors: undefined })).toBe(true)
  expect(isWell({ status: STATUS, processors: undefined })).toBe(false)
  expect(isWell({ status: STATUS, processors: ['bill', 'mail', 'show'] })).toBe(false)
  expect(isWell({ status: STATUS, processors: ['bill', 'mail'] })).toBe(true)
  const full = { ...STATUS, channels: [channel('show', [], { delayed: 1 })] }
  expect(isWell({ status: full, processors: ['bill'] })).toBe(false)
  expect(draw(STATUS, ['bill', 'mail'])).toContain(
    '! show  nothing waits; no worker runs it, and the topology no longer',
  )
})

test.each([60, 80])('on a terminal of %i columns no line is wider', (columns) => {
  const name = 'take-orders-from-the-shop-of-the-whole-company'
  const long = { ...STATUS, channels: [...STATUS.channels, channel(name, [FIRST], { oldestMs: 0, delayed: 12_345 })] }
  const lines = wrapLines(draw(long), columns).split('\n')
  expect(lines.filter((line) => widthOf(line) > columns)).toEqual([])
})

test('no text of a worker or a channel looks like a line of attak', () => {
  const evil = 'x\n✓ all is well'
  const status = {
    channels: [channel(evil, [evil])],
    workers: [worker(evil, [evil], { version: evil, host: evil }), worker(FIRST, [])],
    errors: 0,
  }
  const lines = draw(status).split('\n')
  expect(lines.filter((line) => line.startsWith('✓'))).toEqual([])
})
