import { expect, test } from 'vitest'
import { hintOf } from '../../../src/cli/hint.ts'
import { factOfEntry, liveSource } from '../../../src/cli/why/live.ts'
import { openStage } from '../../../src/clouds/aws/account.ts'
import { openAws } from '../../../src/clouds/aws/open.ts'
import { readEntry } from '../../../src/view/log-entry.ts'
import { graphOf } from '../../contract/graph.ts'
import { at } from '../../contract/position.ts'
import { startFakeAws } from '../fake-aws.ts'

const graph = graphOf({ name: 'orders', processors: { a: () => {}, b: () => {} }, streams: [['a', 'b', 't']] })

test.each([
  ['payroll-of-others/shard/1', 'b'],
  ['orders--dev--b/shard/1', 'a'],
  ['orders--dev--b/shard/1', 'nobody'],
  ['orders--dev--b/shard/abc', 'b'],
])('a position is read only from a stream that its processor receives: not %s by %s', async (position, processor) => {
  const aws = await startFakeAws()
  const opened = await openAws({ region: 'eu-west-1', endpoint: aws.env.AWS_ENDPOINT_URL! }, Date.now)
  const live = openStage(opened, { topology: 'orders', stage: 'dev' }, graph)
  const source = liveSource({
    live,
    processors: ['a', 'b'],
    fromMs: 0,
    records: [],
    remembered: [],
    hint: hintOf({ flags: {} }),
  })
  const [fact] = await source.details([{ message: 'm', processor, root: 'm', position: at(position) }])
  opened.close()
  expect(fact).toMatchObject({ missing: expect.any(String) })
  expect(aws.calls.map(({ action }) => action)).not.toContain('GetShardIterator')
})

const TIME = '2026-11-21T13:00:00.000Z'
const factOf = (fields: object) => {
  const text = JSON.stringify({ time: TIME, processor: 'bill', message: 'b1', root: 'a1', ...fields })
  return factOfEntry(readEntry({ timeMs: 0, processor: 'bill', text }))
}
const WAY = { parent: 'a1', from: 'intake', topic: 'order', hop: 2, attempt: 1 }

test('the end of an attempt has the origin, position and result of a message', () => {
  const position = 'shop--dev--bill/shard/17'
  const end = { attak: 'end', ...WAY, position, outcome: 'ok' }
  expect(factOf(end)).toEqual({
    ...{ message: 'b1', processor: 'bill', root: 'a1', time: TIME, ...WAY },
    ...{ position: { channel: 'shop--dev--bill', ref: 'shard/17' }, outcome: 'ok' },
  })
  expect(factOf({ ...end, data: { total: 3 } })).toMatchObject({ event: { data: { total: 3 } } })
})

test('a final failure has its stack', () => {
  const error = { name: 'Error', message: 'no', stack: 'Error: no\n    at x' }
  expect(factOf({ attak: 'error', ...WAY, error })).toMatchObject({ outcome: 'failed', error })
})

test('an output is a message that nobody handled', () => {
  expect(factOf({ attak: 'output', id: 'c1', topic: 'bill', data: 7 })).toEqual({
    ...{ message: 'c1', processor: undefined, root: 'a1', parent: 'b1', from: 'bill', topic: 'bill', time: TIME },
    event: { data: 7 },
  })
})

test('lines of handlers and of the platform add nothing to the path', () => {
  expect(factOf({ attak: 'log', text: 'hello' })).toBeUndefined()
  expect(factOfEntry(readEntry({ timeMs: 0, processor: 'bill', text: 'START RequestId: 1' }))).toBeUndefined()
})
